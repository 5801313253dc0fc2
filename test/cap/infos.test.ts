import { fromCap } from '../../src/cap/reader.ts';
import { faultsOf } from './faults.ts';
import { CAP_MESSAGE } from './messages.ts';

const TEMPLATES = [
  { id: 'emergency-numbers-hard-to-reach', eventCode: 'OET-074' },
  { id: 'correction', eventCode: 'OET-074' },
  { id: 'end', eventCode: 'OET-074' },
  { id: 'restored-keep-alternative', eventCode: 'OET-074' },
  { id: 'network-down', eventCode: 'OET-045' },
];
const WITHOUT_TEMPLATE = CAP_MESSAGE.replace(/<parameter><valueName>tocsin:template.*\n/, '').replace(
  /<parameter><valueName>tocsin:parameter.*\n/,
  '',
);
const disruption = (xml: string) => xml.replaceAll('OET-074', 'OET-045');

describe('several info blocks', () => {
  test('unite their areas: each may be about another part of the regions', async () => {
    const xml = CAP_MESSAGE.replace('<value>35</value>', '<value>56</value>');
    expect((await fromCap(xml)).regions).toEqual(['56', '2A', '35']);
  });

  test('are led by the French one, in any French and any case', async () => {
    for (const tag of ['fr', 'FR', 'fr-CA']) {
      expect((await fromCap(CAP_MESSAGE.replace('fr-FR', tag))).headline).toBe("Numéros d'urgence & secours");
    }
    // Frisian is no French.
    expect((await fromCap(CAP_MESSAGE.replace('fr-FR', 'fry'))).headline).toBe('Emergency numbers');
  });

  test('of one language are one: a later one may add what an earlier one left out', async () => {
    const xml = CAP_MESSAGE.replace('en-GB', 'fr-FR')
      .replace('Emergency numbers hard to reach', "Numéros d'urgence difficiles à joindre")
      .replace('<headline>Emergency numbers</headline>\n', '');
    expect(await fromCap(xml)).toMatchObject({
      headline: "Numéros d'urgence & secours",
      description: 'Panne nationale.',
    });
  });

  test('may all give the parameters of ours, as long as they say the same', async () => {
    const [parameters] = /(<parameter>.*<\/parameter>\n)+/.exec(CAP_MESSAGE) ?? [''];
    const xml = CAP_MESSAGE.replace('<area><areaDesc>Brittany', `${parameters}<area><areaDesc>Brittany`);
    expect(await fromCap(xml)).toEqual(await fromCap(CAP_MESSAGE));
  });
});

describe('an area', () => {
  test.each([
    ['ISO 3166-2', 'FR-35'],
    ['ISO3166-2', 'FR-35'],
    ['iso_3166-2', 'FR-35'],
  ])('may name its département by %s', async (name, value) => {
    const iso = `<valueName>${name}</valueName><value>${value}</value>`;
    const xml = CAP_MESSAGE.replaceAll('<valueName>INSEE:DEP</valueName><value>35</value>', iso);
    expect((await fromCap(xml)).regions).toEqual(['35', '2A']);
  });

  test.each(['FR-BRE', 'FR', 'DE-BE', 'FR-971', '35'])('%s names none', async (value) => {
    const iso = `<valueName>ISO 3166-2</valueName><value>${value}</value>`;
    const xml = CAP_MESSAGE.replaceAll('<valueName>INSEE:DEP</valueName><value>35</value>', iso);
    expect(await faultsOf(xml)).toContainEqual({ at: 'line 43', message: expect.stringMatching(/INSEE:DEP/) });
  });
});

describe('an alert that names no template', () => {
  const templateOf = async (xml: string) => (await fromCap(xml, { templates: TEMPLATES })).template;

  test('gets that of its event code', async () => {
    const alert = WITHOUT_TEMPLATE.replace('Update', 'Alert');
    expect(await templateOf(alert)).toBe('emergency-numbers-hard-to-reach');
    expect(await templateOf(alert.replaceAll('OET:v1.2', 'OET:v1.0'))).toBe('emergency-numbers-hard-to-reach');
    expect(await templateOf(disruption(alert))).toBe('network-down');
  });

  test('gets the all-clear when it cancels', async () => {
    expect(await templateOf(WITHOUT_TEMPLATE.replace('Update', 'Cancel'))).toBe('end');
  });

  test('is told when no template, or more than one, has its code', async () => {
    const fault = { at: 'line 23', message: expect.stringMatching(/^template: is missing/) };
    const alert = disruption(WITHOUT_TEMPLATE);
    expect(await faultsOf(alert, { templates: TEMPLATES.slice(0, 4) })).toContainEqual(fault);
    const two = [...TEMPLATES, { id: 'sms-down', eventCode: 'OET-045' }];
    expect(await faultsOf(alert, { templates: two })).toContainEqual(fault);
  });

  test('is told when its code is of another list', async () => {
    const alert = WITHOUT_TEMPLATE.replaceAll('OET:v1.2', 'SAME');
    expect(await faultsOf(alert, { templates: TEMPLATES })).toContainEqual({
      at: 'line 23',
      message: expect.stringMatching(/^template: is missing/),
    });
  });
});

test('a template that tells of another event than the code is refused', async () => {
  expect(await faultsOf(disruption(CAP_MESSAGE), { templates: TEMPLATES })).toContainEqual({
    at: 'line 36',
    message: 'template emergency-numbers-hard-to-reach tells of OET-074, but eventCode is OET-045',
  });
});

test('elements that others leave empty say nothing', async () => {
  const xml = CAP_MESSAGE.replace('<description>Panne nationale.</description>', '<description/>')
    .replace('<scope>Public</scope>', '<scope>Public</scope><restriction/><addresses/>')
    .replace('</headline>\n<area>', '</headline><instruction/><web/><contact/>\n<area>');
  expect(await fromCap(xml)).toEqual({ ...(await fromCap(CAP_MESSAGE)), description: undefined });
});
