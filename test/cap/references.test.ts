import { fromCap } from '../../src/cap/reader.ts';
import { noticeFinder, remarksOn, whyNoFollowUp } from '../../src/cap/references.ts';
import { identityOf } from '../../src/notices/identity.ts';
import type { Notice } from '../../src/notices/notice.ts';
import type { Stored } from '../../src/store/records.ts';
import { noticeOf } from '../notices/samples.ts';
import { faultsOf } from './faults.ts';
import { CAP_MESSAGE } from './messages.ts';

const SENT = '2021-06-02T15:05:00-00:00';
const FIRST = noticeOf({
  identifier: 'n1',
  sender: 'tocsin.example',
  sent: SENT,
  status: 'Exercise',
  regions: ['35', '29'],
  services: ['15', '18'],
  audience: 'a1',
  route: 'exercise',
  inDoubt: 'hold',
  state: 'launched',
  submitted: { by: 'x', at: '2021-06-02T15:05:00Z' },
  timings: { created: '2021-06-02T15:00:00Z', launched: '2021-06-02T15:10:00Z' },
});
const REFERENCE = `tocsin.example,n1,${SENT}`;

const finderOf = (notices: Record<string, Notice>) =>
  noticeFinder({
    find: async (id): Promise<Stored<Notice> | undefined> => {
      const value = notices[id];
      return value && { id, version: 1, value };
    },
  });
const find = finderOf({ n1: FIRST });

const messageOf = (msgType: string, references: string, info = '') => `<?xml version="1.0"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>COGIC-2</identifier>
<sender>cogic@example.org</sender>
<sent>2021-06-02T18:00:00+02:00</sent>
<status>Exercise</status>
<msgType>${msgType}</msgType>
<scope>Public</scope>
<references>${references}</references>
${info}</alert>`;
const infoOf = (region: string, parameters = '') => `<info><category>Infra</category><event>x</event>
<urgency>Past</urgency><severity>Minor</severity><certainty>Observed</certainty>${parameters}
<area><areaDesc>x</areaDesc><geocode><valueName>INSEE:DEP</valueName><value>${region}</value></geocode></area></info>`;
const TEMPLATES = ['end', 'correction'].map((id) => ({ id, eventCode: 'OET-074' }));
const read = (xml: string, finder = find) => fromCap(xml, { find: finder, templates: TEMPLATES });

describe('a message that refers to a notice of ours', () => {
  test('cancels it without an info: the all-clear goes to whom it went', async () => {
    expect(await read(messageOf('Cancel', REFERENCE))).toMatchObject({
      msgType: 'Cancel',
      template: 'end',
      followsUp: 'n1',
      references: [REFERENCE],
      regions: ['35', '29'],
      services: ['15', '18'],
      audience: 'a1',
      route: 'exercise',
      inDoubt: 'hold',
      expires: FIRST.expires,
      severity: FIRST.severity,
    });
  });

  test('updates it for the regions that it names', async () => {
    expect(await read(messageOf('Update', REFERENCE, infoOf('35')))).toMatchObject({
      template: 'correction',
      followsUp: 'n1',
      regions: ['35'],
      severity: 'Minor',
      urgency: 'Past',
      services: ['15', '18'],
    });
  });

  test('follows the last of several that it can follow', async () => {
    const second = { ...FIRST, identifier: 'n2', sent: '2021-06-02T15:30:00-00:00' };
    const both = finderOf({ n1: FIRST, n2: second });
    const references = `${REFERENCE} tocsin.example,n2,2021-06-02T17:30:00+02:00 other,x,${SENT}`;
    expect((await read(messageOf('Cancel', references), both)).followsUp).toBe('n2');
  });

  test('is refused when it names more than any notice may, and none of them is looked up', async () => {
    let lookedUp = 0;
    const counting: typeof find = async () => {
      lookedUp += 1;
      return undefined;
    };
    const naming = (count: number) => messageOf('Cancel', `other,x,${SENT} `.repeat(count), infoOf('35'));
    expect(await faultsOf(naming(101), { find: counting })).toContainEqual({
      at: 'line 9',
      message: 'references names 101 messages, and may name 100',
    });
    expect(lookedUp).toBe(0);
    expect(JSON.stringify(await faultsOf(naming(100), { find: counting }))).not.toContain('may name');
    expect(lookedUp).toBe(100);
  });

  test('R6: is refused when one is an exercise and the other is not', async () => {
    const actual = finderOf({ n1: { ...FIRST, status: 'Actual' } });
    expect(await faultsOf(messageOf('Cancel', REFERENCE, infoOf('35')), { find: actual })).toContainEqual({
      at: 'line 9',
      message: 'references a notice that is Actual, but is Exercise itself',
    });
  });

  test('is no follow-up where it concerns more regions, or other people', async () => {
    const parameters = ['audience', 'template', 'service'].map(
      (name) => `<parameter><valueName>tocsin:${name}</valueName><value>15</value></parameter>`,
    );
    const xml = withExpiry(messageOf('Update', REFERENCE, infoOf('35', parameters.join(''))));
    expect((await read(xml)).followsUp).toBeUndefined();
    const samePeople = xml.replace('<value>15<', '<value>a1<');
    expect((await read(samePeople)).followsUp).toBe('n1');
    expect((await read(samePeople.replace('<value>35<', '<value>75<'))).followsUp).toBeUndefined();
  });

  test('keeps what it says itself', async () => {
    const message = CAP_MESSAGE.replace(/<references>[^<]*/, `<references>${REFERENCE}`)
      .replaceAll('<value>2A</value>', '<value>29</value>')
      .replace('>exercise<', '>exercise-2<');
    const input = await fromCap(message, { find });
    expect(input).toMatchObject({ followsUp: 'n1', services: ['15', '112'], route: 'exercise-2' });
    expect(input.template).toBe('emergency-numbers-hard-to-reach');
  });

  test('an alert never follows: it only mentions', async () => {
    const message = CAP_MESSAGE.replace(/<references>[^<]*/, `<references>${REFERENCE}`)
      .replace('Update', 'Alert')
      .replaceAll('<value>2A</value>', '<value>29</value>');
    expect((await fromCap(message, { find })).followsUp).toBeUndefined();
  });

  test('a cancel of what nobody here knows needs an info like any other', async () => {
    const none = finderOf({});
    expect(await faultsOf(messageOf('Cancel', REFERENCE), { find: none })).toContainEqual({
      at: 'line 2',
      message: expect.stringMatching(/must have an info/),
    });
  });
});

const withExpiry = (xml: string) =>
  xml.replace('</certainty>', '</certainty><expires>2021-06-02T23:00:00+02:00</expires>');

describe('a reference', () => {
  test('names a notice written here, the time in any zone', async () => {
    expect((await find(REFERENCE))?.id).toBe('n1');
    expect((await find('tocsin.example,n1,2021-06-02T17:05:00+02:00'))?.id).toBe('n1');
  });

  test('names a message that came in as CAP', async () => {
    const foreign = { ...FIRST, identifier: 'COGIC-1', sender: 'cogic@example.org', sent: '2021-06-02T17:00:00+02:00' };
    const { id } = identityOf(foreign, '', 0);
    expect(id).toMatch(/^cap-/);
    const finder = finderOf({ [id]: foreign });
    const found = await finder('cogic@example.org,COGIC-1,2021-06-02T17:00:00+02:00');
    expect(found?.value).toBe(foreign);
  });

  test.each([
    ['another sender', `other.example,n1,${SENT}`],
    ['another time', 'tocsin.example,n1,2021-06-02T15:06:00-00:00'],
    ['no time', 'tocsin.example,n1,tonight'],
    ['another identifier', `tocsin.example,n2,${SENT}`],
  ])('with %s names none of ours', async (_, reference) => {
    expect(await find(reference)).toBeUndefined();
  });
});

test.each<[string, Partial<Notice>, RegExp | undefined]>([
  ['launched', {}, undefined],
  ['submitted', { state: 'submitted', timings: {} }, undefined],
  ['stopped after its launch', { state: 'cancelled' }, undefined],
  ['a draft', { state: 'draft', submitted: undefined as never }, /not submitted/],
  ['given up', { state: 'cancelled', timings: {} }, /given up/],
  ['for other people', { audience: 'a2' }, /another audience/],
  ['for other regions', { regions: ['29'] }, /does not concern 35/],
])('a notice that is %s', (_, changes, why) => {
  const told = whyNoFollowUp({ ...FIRST, ...changes }, { status: 'Exercise', regions: ['35'], audience: 'a1' });
  expect(told ?? '').toMatch(why ?? /^$/);
});

test('what references could not be made out to be is told', async () => {
  const notice = noticeOf({ references: [REFERENCE, 'other,x,2021-06-02T15:05:00-00:00'], audience: 'a2' });
  expect(await remarksOn(notice, find)).toEqual([
    `${REFERENCE}: notice "n1" goes to another audience, so this one goes to the whole audience`,
    'other,x,2021-06-02T15:05:00-00:00: there is no such notice here',
  ]);
  expect(await remarksOn({ ...notice, followsUp: 'n1' }, find)).toHaveLength(1);
});
