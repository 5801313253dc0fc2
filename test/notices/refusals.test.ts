import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Audiences } from '../../src/audience/audiences.ts';
import { Directory } from '../../src/directory/directory.ts';
import { Notices } from '../../src/notices/notices.ts';
import { testStore } from '../support/redis.ts';
import { numberOf } from '../templates/samples.ts';
import {
  AT_MS,
  AUTHOR,
  audienceOf,
  type Changeable,
  inputOf,
  NUMBERS,
  NUMBERS_FOR_ACTUAL,
  noticesOver,
  refusalOf,
  templates,
} from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

const problemsOf = async (changes: Record<string, unknown>) => {
  const { id } = await notices.create(inputOf(changes), AUTHOR);
  const error = await refusalOf(() => notices.submit(id, AUTHOR));
  expect((await notices.get(id)).value.state).toBe('draft');
  expect((await notices.preview(id)).problems).toEqual(error.faults);
  return error;
};

describe('what an author wrote is refused at once', () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ['R12: a notice that has expired', { expires: '2021-06-02T17:05:00+02:00' }, 'expired_notice', '/expires'],
    ['R8: an empty area', { regions: [] }, 'empty_area', '/regions'],
    ['R8: an unknown region', { regions: ['35', '99'] }, 'unknown_region', '/regions/1'],
    ['a territory that is no département', { regions: ['975'] }, 'unknown_region', '/regions/0'],
    ['an unknown service', { services: ['15', '999'] }, 'unknown_service', '/services/1'],
    ['an unknown template', { template: 'none' }, 'unknown_template', '/template'],
    ['an Update that names no earlier message', { msgType: 'Update' }, 'missing_references', '/references'],
    ['a Cancel that names no earlier message', { msgType: 'Cancel' }, 'missing_references', '/references'],
    ['R1: a number in the headline', { headline: 'Appelez le 01 99 00 12 34' }, 'phone_number_in_text', '/headline'],
    ['R1: a number in the description', { description: 'ou +33199001234' }, 'phone_number_in_text', '/description'],
    ['R1: a number as the event', { event: '0199001234' }, 'phone_number_in_text', '/event'],
    [
      'R1: a number in a parameter',
      { parameters: { advice: '01 99 00 12 34' } },
      'phone_number_in_text',
      '/parameters/advice',
    ],
    ['an unknown parameter', { parameters: { colour: 'red' } }, 'unknown_parameter', '/parameters/colour'],
    ['a missing parameter', { template: 'restored-keep-alternative' }, 'missing_parameter', '/parameters/until'],
  ])('%s', async (_, changes, code, at) => {
    expect(await refusalOf(() => notices.create(inputOf(changes), AUTHOR))).toMatchObject({
      kind: 'invalid',
      code,
      faults: [{ code, at, message: expect.any(String) }],
    });
  });

  const FREE_TEXT: [string, (text: string) => Record<string, unknown>][] = [
    ['/headline', (text) => ({ headline: text })],
    ['/description', (text) => ({ description: text })],
    ['/event', (text) => ({ event: text })],
    ['/parameters/advice', (text) => ({ parameters: { advice: text } })],
  ];
  const ODD_FORMS = [
    '01\u00a099\u00a000\u00a012\u00a034',
    '01\u202f99.00-12/34',
    '+33 (0)1 99 00 12 34',
    '０１ ９９ ００ １２ ３４',
    '٠١٩٩٠٠١٢٣٤',
    '01 puis 99 puis 00 puis 12 puis 34',
    'zéro un neuf neuf zéro zéro un deux trois quatre',
    'O1 99 OO 12 34',
  ];
  test.each(FREE_TEXT.flatMap(([at, changes]) => ODD_FORMS.map((number) => [at, number, changes] as const)))(
    'R1: in %s, however it is written: %s',
    async (at, number, changes) => {
      const error = await refusalOf(() => notices.create(inputOf(changes(`Tél. ${number} !`)), AUTHOR));
      expect(error.faults).toMatchObject([
        { code: 'phone_number_in_text', at, message: expect.stringMatching(/at character 6\b/) },
      ]);
    },
  );

  test('with all faults in one answer', async () => {
    const changes = {
      regions: ['99', '98'],
      template: 'none',
      headline: '0199001234',
      expires: '2020-01-01T00:00:00Z',
    };
    const { faults } = await refusalOf(() => notices.create(inputOf(changes), AUTHOR));
    expect(faults.map(({ at }) => at)).toEqual(['/expires', '/regions/0', '/regions/1', '/headline', '/template']);
  });
});

describe('a submission is refused', () => {
  test('when the notice expired while it was a draft', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    world.nowMs = AT_MS + 24 * 3_600_000;
    expect(await refusalOf(() => notices.submit(id, AUTHOR))).toMatchObject({ code: 'expired_notice' });
  });

  test('when there is no such audience', async () => {
    expect(await problemsOf({ audience: 'a2' })).toMatchObject({
      kind: 'invalid',
      code: 'unknown_audience',
      faults: [{ at: '/audience' }],
    });
  });

  test('R8: when the audience is empty', async () => {
    world.audience = audienceOf({ recipients: 0, groups: [] });
    expect(await problemsOf({})).toMatchObject({ code: 'empty_audience', faults: [{ at: '/audience' }] });
  });

  test('when a region has no recipients: somebody meant the one, and lists the other', async () => {
    expect(await problemsOf({ regions: ['35', '22', '2A'] })).toMatchObject({
      code: 'region_without_recipients',
      faults: [{ at: '/regions/1' }, { at: '/regions/2' }],
    });
  });

  test('when a number is missing, naming every region and service', async () => {
    world.numbers = NUMBERS.filter(({ region, service }) => region === '29' && service !== '112');
    expect(await problemsOf({})).toMatchObject({
      code: 'missing_number',
      faults: [
        { at: 'region 35, service 15' },
        { at: 'region 35, service 17' },
        { at: 'region 35, service 18' },
        { at: 'region 35, service 112' },
        { at: 'region 29, service 112' },
      ],
    });
  });

  test('when the text has what no telephone shows, naming region and language', async () => {
    expect(await problemsOf({ parameters: { advice: 'Courage 🙂' } })).toMatchObject({
      code: 'text_not_sendable',
      faults: [{ at: 'region 35, language fr' }, { at: 'region 35, language en' }, { at: 'region 29, language fr' }],
    });
  });

  test('with the faults of audience and directory in one answer', async () => {
    world.numbers = [];
    world.audience = audienceOf({ fictional: 1 });
    const { faults } = await problemsOf({ status: 'Actual', regions: ['22'], services: ['15'] });
    expect(faults.map(({ at }) => at)).toEqual(['/regions/0', '/audience', 'region 22, service 15']);
  });
});

describe('R22: numbers that are nobody’s', () => {
  const withAlternative = (display: string) => [
    ...NUMBERS_FOR_ACTUAL.filter(({ region, service }) => region !== '35' || service !== '15'),
    numberOf('35', '15', display),
  ];

  test.each<[string, string, Partial<Changeable['audience']>, string, string | undefined]>([
    ['fictional recipients', 'Actual', { fictional: 3 }, '01 00 00 00 10', 'fictional_recipient_in_actual'],
    ['fictional recipients', 'Test', { fictional: 3 }, '01 00 00 00 10', undefined],
    ['fictional recipients', 'Exercise', { fictional: 3 }, '01 00 00 00 10', undefined],
    ['+999 recipients', 'Actual', { unassigned: 3 }, '01 00 00 00 10', 'unassigned_number_outside_exercise'],
    ['+999 recipients', 'Test', { unassigned: 3 }, '01 00 00 00 10', 'unassigned_number_outside_exercise'],
    ['+999 recipients', 'Exercise', { unassigned: 3 }, '01 00 00 00 10', undefined],
    ['a fictional alternative', 'Actual', {}, '02 61 91 00 35', 'fictional_number_in_actual'],
    ['a fictional alternative', 'Test', {}, '02 61 91 00 35', undefined],
    ['a fictional alternative', 'Exercise', {}, '02 61 91 00 35', undefined],
    ['a +999 alternative', 'Actual', {}, '+999 1234567', 'unassigned_number_outside_exercise'],
    ['a +999 alternative', 'Test', {}, '+999 1234567', 'unassigned_number_outside_exercise'],
    ['a +999 alternative', 'Exercise', {}, '+999 1234567', undefined],
    ['ordinary numbers', 'Actual', {}, '01 00 00 00 10', undefined],
  ])('%s in status %s', async (_, status, audience, display, code) => {
    world.audience = audienceOf(audience);
    world.numbers = withAlternative(display);
    const { id } = await notices.create(inputOf({ status }), AUTHOR);
    if (code === undefined) {
      expect((await notices.submit(id, AUTHOR)).value.state).toBe('submitted');
      return;
    }
    const at = code.includes('recipient') || 'unassigned' in audience ? '/audience' : 'region 35, service 15';
    const error = await refusalOf(() => notices.submit(id, AUTHOR));
    expect(error).toMatchObject({ code, faults: [{ code, at }] });
    expect(JSON.stringify(error.faults)).not.toMatch(/0261910035|1234567/);
  });
});

describe('R22: every range that ARCEP keeps for fiction', () => {
  const RANGES = ['01 99 00', '02 61 91', '03 53 01', '04 65 71', '05 36 49', '06 39 98'];

  test.each(RANGES)('R22: %s is refused as the alternative number of an Actual notice', async (range) => {
    for (const last of ['00 00', '99 99']) {
      world.numbers = [
        ...NUMBERS_FOR_ACTUAL.filter(({ region, service }) => region !== '35' || service !== '15'),
        numberOf('35', '15', `${range} ${last}`),
      ];
      expect(await problemsOf({ status: 'Actual' })).toMatchObject({
        faults: [{ code: 'fictional_number_in_actual', at: 'region 35, service 15' }],
      });
    }
  });

  test.each(RANGES)('R22: %s is refused as the recipient of an Actual notice', async (range) => {
    const workFolder = mkdtempSync(join(tmpdir(), 'tocsin-r22-'));
    const audiences = new Audiences({ store, workFolder });
    const csv = `msisdn,region,language\n${range} 00 00,35,fr\n+33 ${range.slice(1)} 99 99,35,fr\n`;
    const { snapshot } = await audiences.import(Readable.from([csv]), { name: range }, AUTHOR.actor);
    rmSync(workFolder, { recursive: true });
    expect([snapshot.value.recipients, snapshot.value.fictional]).toEqual([2, 2]);
    world.audience = snapshot.value;
    world.numbers = NUMBERS_FOR_ACTUAL;
    expect(await problemsOf({ status: 'Actual', regions: ['35'] })).toMatchObject({
      faults: [{ code: 'fictional_recipient_in_actual', at: '/audience' }],
    });
  });
});

describe('with the directory in earnest', () => {
  test('R1: the numbers of the text are those in force, by region, else national; expired ones are missing', async () => {
    const directory = new Directory({ store, now: () => AT_MS });
    const tester = { actor: 'key:tester', person: 'tester' };
    const enter = async (region: string, service: string, number: string, validUntil?: string) => {
      await directory.put(
        { region, service, number, owner: 'SAMU', ...(validUntil ? { validUntil } : {}) },
        { actor: 'key:admin', person: 'admin' },
      );
      await directory.recordVerification(region, service, { by: 'tester', at: '2021-06-01T09:00:00Z' }, tester);
    };
    await enter('35', '15', '02 61 91 00 35');
    await enter('FR', '15', '01 99 00 00 15');
    await enter('29', '17', '02 61 91 00 29', '2021-06-01T00:00:00Z');
    await enter('35', '17', '02 61 91 00 36');
    const over = new Notices({ store, templates, directory, snapshot: async () => audienceOf(), now: () => AT_MS });
    const { id } = await over.create(inputOf({ services: ['15', '17'] }), AUTHOR);
    const { problems, renderings } = await over.preview(id);
    expect(problems.map(({ at }) => at)).toEqual(['region 29, service 17']);
    expect(renderings.find(({ language }) => language === 'fr')?.text).toContain('15:0261910035 17:0261910036');

    const medical = await over.create(inputOf({ services: ['15'] }), AUTHOR);
    const { value } = await over.submit(medical.id, AUTHOR);
    expect(value.renderings?.map(({ region, numbers }) => [region, numbers[0]?.region])).toEqual([
      ['29', 'FR'],
      ['35', '35'],
      ['35', '35'],
    ]);
  });
});
