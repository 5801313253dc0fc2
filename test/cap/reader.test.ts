import { fromCap } from '../../src/cap/reader.ts';
import { refusalOf } from '../notices/samples.ts';
import { CAP_MESSAGE, edxl } from './messages.ts';

const faultsOf = async (xml: Uint8Array | string) => {
  const error = await refusalOf(() => fromCap(xml));
  expect(error).toMatchObject({ kind: 'invalid', code: 'invalid_cap' });
  return error.faults;
};

const NOTICE = {
  identifier: 'COGIC-2021-0602-1',
  sender: 'cogic@example.org',
  sent: '2021-06-02T17:00:00+02:00',
  status: 'Exercise',
  msgType: 'Update',
  references: [
    'cogic@example.org,COGIC-2021-0602-0,2021-06-02T16:30:00+02:00',
    'cogic@example.org,COGIC-2021-0601-9,2021-06-01T16:30:00+02:00',
  ],
  event: "Numéros d'urgence difficiles à joindre",
  category: 'Infra',
  urgency: 'Immediate',
  severity: 'Severe',
  certainty: 'Observed',
  expires: '2021-06-02T23:00:00+02:00',
  headline: "Numéros d'urgence & secours",
  description: 'Panne nationale.',
  template: 'emergency-numbers-hard-to-reach',
  parameters: { advice: 'Restez calmes.' },
  services: ['15', '112'],
  regions: ['35', '2A'],
  audience: 'a1',
  route: 'exercise',
  inDoubt: 'hold',
  waivers: [],
};

describe('a CAP message', () => {
  test('becomes a notice, by its French info; numbers and parameters of others stay outside', () => {
    expect(fromCap(CAP_MESSAGE)).toEqual(NOTICE);
  });

  test('is read from octets of any encoding that XML declares', () => {
    const latin = Buffer.from(CAP_MESSAGE.replace('UTF-8', 'ISO-8859-1'), 'latin1');
    expect(fromCap(latin)).toEqual(NOTICE);
    expect(fromCap(Buffer.from(`\ufeff${CAP_MESSAGE.replace('UTF-8', 'UTF-16')}`, 'utf16le'))).toEqual(NOTICE);
    expect(fromCap(Buffer.from(`\ufeff${CAP_MESSAGE}`))).toEqual(NOTICE);
    // A string is decoded already, whatever its declaration says.
    expect(fromCap(CAP_MESSAGE.replace('UTF-8', 'ISO-8859-1'))).toEqual(NOTICE);
  });

  test('may use a prefix, comments and CDATA', () => {
    const prefixed = CAP_MESSAGE.replaceAll(/<(\/?)(\w)/g, '<$1cap:$2')
      .replace('xmlns=', 'xmlns:cap=')
      .replace('Panne nationale.', '<!-- x --><![CDATA[Panne nationale.]]>');
    expect(fromCap(prefixed)).toEqual(NOTICE);
  });

  test('may carry a signature at its end', () => {
    const signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature></alert>';
    expect(fromCap(CAP_MESSAGE.replace('</alert>', signature))).toEqual(NOTICE);
  });

  test('without a French info is taken from its first', () => {
    const english = CAP_MESSAGE.replace('fr-FR', 'de-DE').replace('<language>en-GB</language>\n', '');
    const own = '<parameter><valueName>tocsin:service</valueName><value>17</value></parameter>';
    const named = ['template', 'audience'].map(
      (name) => `<parameter><valueName>tocsin:${name}</valueName><value>x</value></parameter>`,
    );
    const input = fromCap(english.replace('<area><areaDesc>Brit', `${own}${named.join('')}<area><areaDesc>Brit`));
    expect(input).toMatchObject({ headline: 'Emergency numbers', services: ['17'], regions: ['35', '2A'] });
  });

  test('is unwrapped from EDXL', () => {
    expect(fromCap(edxl(1))).toEqual(NOTICE);
  });
});

describe('is refused with the line of the fault', () => {
  const change = (from: string | RegExp, to: string) => CAP_MESSAGE.replace(from, to);
  /** In the French info, which is the last. */
  const inLast = (from: string, to: string) => {
    const at = CAP_MESSAGE.lastIndexOf(from);
    return CAP_MESSAGE.slice(0, at) + to + CAP_MESSAGE.slice(at + from.length);
  };

  test.each<[string, string, string, RegExp]>([
    ['another namespace', change('cap:1.2', 'cap:1.1'), 'line 2', /cap:1\.2/],
    ['no namespace', change(/ xmlns="[^"]*"/, ''), 'line 2', /namespace/],
    ['another root', '<a xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', 'line 1', /must be alert/],
    ['no sender', change('<sender>cogic@example.org</sender>\n', ''), 'line 2', /must have sender/],
    ['two senders', change('<status>', '<sender>x</sender><status>'), 'line 6', /before/],
    ['an element CAP does not have', change('<scope>', '<colour>red</colour><scope>'), 'line 8', /colour/],
    ['an element of another namespace', change('<scope>', '<x xmlns="urn:y"/><scope>'), 'line 8', /no child/],
    [
      'children in another order',
      inLast(
        '<urgency>Immediate</urgency>\n<severity>Severe</severity>',
        '<severity>Severe</severity>\n<urgency>Immediate</urgency>',
      ),
      'line 28',
      /urgency must come before severity/,
    ],
    ['an info without certainty', inLast('<certainty>Observed</certainty>', ''), 'line 23', /must have certainty/],
    ['an area without areaDesc', inLast('<areaDesc>Corse-du-Sud</areaDesc>', ''), 'line 44', /must have areaDesc/],
    ['a geocode without a value', inLast('<value>2A</value>', ''), 'line 44', /must have value/],
    ['no info', CAP_MESSAGE.replace(/<info>[\s\S]*<\/info>\n/, ''), 'line 2', /info/],
    ['a time in Z', change('2021-06-02T17:00:00+02:00</sent>', '2021-06-02T15:00:00Z</sent>'), 'line 5', /never Z/],
    ['a time with parts of a second', change('17:00:00+02:00</sent>', '17:00:00.5+02:00</sent>'), 'line 5', /sent/],
    ['an expiry that is no time', inLast('2021-06-02T23:00:00+02:00', 'tonight'), 'line 31', /expires/],
    ['no expiry', CAP_MESSAGE.replaceAll('<expires>2021-06-02T23:00:00+02:00</expires>', ''), 'line 23', /expires/],
    ['a private scope', change('Public', 'Private'), 'line 8', /scope/],
    ['a status of systems', change('Exercise', 'System'), 'line 6', /status/],
    ['a message that is no alert', change('Update', 'Ack'), 'line 7', /msgType/],
    ['a severity nobody knows', inLast('Severe', 'Awful'), 'line 28', /severity/],
    ['references that are none', change(/<references>[^<]*/, '<references>x'), 'line 9', /references/],
    ['another category', CAP_MESSAGE.replaceAll('>Infra<', '>Met<'), 'line 11', /Infra/],
    [
      'categories that differ',
      inLast('<category>Infra</category>', '<category>Infra</category><category>Safety</category>'),
      'line 23',
      /category differs/,
    ],
    ['event codes that differ', inLast('OET-074', 'OET-045'), 'line 23', /eventCode differs/],
    ['areas that differ', inLast('2A', '29'), 'line 23', /area differs/],
    ['expiries that differ', inLast('23:00:00', '22:00:00'), 'line 23', /expires differs/],
    ['R8: an area without a département', CAP_MESSAGE.replaceAll('INSEE:DEP', 'ISO'), 'line 43', /INSEE:DEP/],
    ['a région in the place of a département', CAP_MESSAGE.replaceAll('>35<', '>Bretagne<'), 'line 43', /INSEE/],
    ['no service', CAP_MESSAGE.replace(/<parameter><valueName>tocsin:service.*\n/g, ''), 'line 23', /services/],
    ['no template', change(/<parameter><valueName>tocsin:template.*\n/, ''), 'line 23', /template/],
    ['a parameter of ours that does not exist', change('tocsin:inDoubt', 'tocsin:doubt'), 'line 40', /tocsin:doubt/],
    ['a parameter of ours twice', change('tocsin:route', 'tocsin:audience'), 'line 39', /once/],
    ['a doubt policy nobody knows', change('>hold<', '>guess<'), 'line 40', /inDoubt/],
    ['XML that is cut', CAP_MESSAGE.slice(0, 400), 'line 10', /./],
    ['no XML', '{"status": "Actual"}', 'line 1', /./],
    ['nothing', '', 'line 1', /./],
    ['EDXL without an alert', edxl(0), 'line 2', /holds 0/],
    ['EDXL with two alerts', edxl(2), 'line 2', /holds 2/],
    ['EDXL that calls an exercise Actual', edxl(1, 'Actual'), 'line 4', /distributionStatus/],
  ])('%s', async (_, xml, at, message) => {
    expect(await faultsOf(xml)).toContainEqual({ at, message: expect.stringMatching(message) });
  });

  test('all faults at once', async () => {
    const xml = change('Public', 'Private').replace('Exercise', 'System').replace('>hold<', '>guess<');
    expect((await faultsOf(xml)).map(({ at }) => at).sort()).toEqual(['line 40', 'line 6', 'line 8']);
  });
});

describe('hostile XML', () => {
  const withDoctype = (doctype: string, text: string) =>
    CAP_MESSAGE.replace('\n<alert', `\n${doctype}\n<alert`).replace('Panne nationale.', text);

  test('an external entity is never read', async () => {
    const xml = withDoctype('<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '&x;');
    const faults = await faultsOf(xml);
    expect(faults).toEqual([{ at: 'line 1', message: expect.stringContaining('DOCTYPE') }]);
    expect(JSON.stringify(faults)).not.toContain('root:');
  });

  test('an entity bomb is refused at once', async () => {
    const levels = 'abcdefghij'.split('').map((name, i, all) => {
      const inner = i === 0 ? 'boom boom ' : `&${all[i - 1]};`.repeat(10);
      return `<!ENTITY ${name} "${inner}">`;
    });
    const start = performance.now();
    await faultsOf(withDoctype(`<!DOCTYPE alert [${levels.join('')}]>`, '&j;'));
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('a DOCTYPE is refused even if it is harmless', async () => {
    expect(await faultsOf(withDoctype('<!DOCTYPE alert>', 'x'))).toHaveLength(1);
  });

  test('octets that are not in the declared encoding are refused with the line', async () => {
    const [fault] = await faultsOf(Buffer.from(CAP_MESSAGE, 'latin1'));
    expect(fault).toEqual({ at: 'line 26', message: expect.stringMatching(/encoding/) });
  });

  test('an encoding that nobody knows is refused', async () => {
    expect(await faultsOf(Buffer.from(CAP_MESSAGE.replace('UTF-8', 'klingon')))).toContainEqual({
      at: 'line 1',
      message: expect.stringMatching(/klingon/),
    });
  });

  test('elements nested without end are refused', async () => {
    expect((await faultsOf(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}`)).length).toBeGreaterThan(0);
    expect((await faultsOf('<a>'.repeat(100_000))).length).toBeGreaterThan(0);
  });

  test('a message of more than a megabyte is refused unread', async () => {
    const error = await refusalOf(() => fromCap(`<a>${'x'.repeat(1_000_001)}</a>`));
    expect(error).toMatchObject({ kind: 'too-large', code: 'cap_too_large' });
  });
});

test('memory of the parser is given back', async () => {
  const { XmlDocument, diag } = await import('libxml2-wasm');
  expect(XmlDocument).toBeDefined();
  diag.configure({ enabled: true });
  for (const xml of [CAP_MESSAGE, edxl(2), CAP_MESSAGE.replace('Public', 'Private'), '<a', '<!DOCTYPE a><a/>']) {
    try {
      fromCap(xml);
    } catch {
      // Refusals must give it back as well.
    }
  }
  expect(diag.report()).toEqual({});
  diag.configure({ enabled: false });
});
