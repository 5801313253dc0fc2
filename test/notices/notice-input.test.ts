import { DecisionInput, NoticePatch, parseNoticeInput } from '../../src/notices/notice-input.ts';
import { rawInput, refusalOf } from './samples.ts';

const faultsOf = async (raw: unknown) => (await refusalOf(() => parseNoticeInput(raw))).faults;

test('a short notice is filled up with defaults', () => {
  expect(parseNoticeInput(rawInput())).toEqual({
    ...rawInput(),
    msgType: 'Alert',
    references: [],
    waivers: [],
    category: 'Infra',
    urgency: 'Immediate',
    certainty: 'Observed',
    parameters: {},
    inDoubt: 'resend',
  });
});

test('nobody guesses the status or the severity', async () => {
  const { status: _, severity: __, ...raw } = rawInput();
  expect((await faultsOf(raw)).map(({ at }) => at)).toEqual(['/status', '/severity']);
});

test.each<[string, Record<string, unknown>, string]>([
  ['a status CAP has and we do not', { status: 'System' }, '/status'],
  ['a time without an offset', { expires: '2021-06-02T23:00:00' }, '/expires'],
  ['a date', { expires: '2021-06-02' }, '/expires'],
  ['a region as a number', { regions: [35] }, '/regions/0'],
  ['a region that is no INSEE code', { regions: ['35', 'Bretagne'] }, '/regions/1'],
  ['a region twice', { regions: ['35', '35'] }, '/regions'],
  ['no service', { services: [] }, '/services'],
  ['a service twice', { services: ['15', '15'] }, '/services'],
  ['a service as a number', { services: [15] }, '/services/0'],
  ['a reference without its three parts', { references: ['a,b'] }, '/references/0'],
  ['a CAP name with a space', { identifier: 'a b' }, '/identifier'],
  ['a headline with a control character', { headline: 'a\u0007' }, '/headline'],
  ['half a character', { headline: 'a\ud800' }, '/headline'],
  ['a description with an override of direction', { description: 'a\u202e' }, '/description'],
  ['a parameter that is no text', { parameters: { advice: 3 } }, '/parameters/advice'],
  ['a parameter whose name needs escaping', { parameters: { 'a/b~c': 3 } }, '/parameters/a~1b~0c'],
  ['a field that is not known', { colour: 'red' }, '/colour'],
])('%s is refused at its place', async (_, changes, at) => {
  expect(await faultsOf(rawInput(changes))).toEqual([{ at, message: expect.any(String) }]);
});

test('all faults come at once', async () => {
  const faults = await faultsOf(rawInput({ status: 'x', expires: 'y', regions: ['z'], extra: 1 }));
  expect(faults.map(({ at }) => at).sort()).toEqual(['/expires', '/extra', '/regions/0', '/status']);
});

test.each([null, undefined, 'text', 3, []])('%j is no notice', async (raw) => {
  expect(await refusalOf(() => parseNoticeInput(raw))).toMatchObject({ kind: 'invalid', code: 'invalid_notice' });
});

test('a change has no defaults that would put back what was set', () => {
  expect(NoticePatch.parse({ severity: 'Minor' })).toEqual({ severity: 'Minor' });
  expect(NoticePatch.parse({})).toEqual({});
});

test('a change is held to the same rules', () => {
  const { error } = NoticePatch.safeParse({ regions: [1], state: 'approved' });
  expect(error?.issues).toHaveLength(2);
});

test('a decision names region, hash and one of two words', () => {
  const good = { region: '35', decision: 'approve', hash: 'a'.repeat(64) };
  expect(DecisionInput.parse(good)).toEqual(good);
  const { error } = DecisionInput.safeParse({ region: 35, decision: 'yes', hash: 'x' });
  expect(error?.issues.map(({ path }) => path.join('/'))).toEqual(['region', 'decision', 'hash']);
});
