import { Directory } from '../../src/directory/directory.ts';
import { compose } from '../../src/notices/compose.ts';
import { Notices } from '../../src/notices/notices.ts';
import { numberWarnings } from '../../src/notices/verified-numbers.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH } from '../templates/samples.ts';
import { AT_MS, AUTHOR, audienceOf, inputOf, noticeOf, refusalOf, templates } from './samples.ts';

const CELL = { actor: 'key:cell', person: 'cell' };
const TESTER = { actor: 'key:tester', person: 'tester' };
const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(AT_MS - days * DAY).toISOString();

describe('R2: what is submitted prints tested numbers only', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  /** Days since the test call by region; a number without one has none. */
  async function world(tested: Record<string, number | undefined>, staleDays?: number) {
    const directory = new Directory({ store, now: () => AT_MS, ...(staleDays ? { staleDays } : {}) });
    for (const [i, [region, days]] of Object.entries(tested).entries()) {
      await directory.put({ region, service: '15', number: `01 00 00 00 ${20 + i}`, owner: `SAMU ${region}` }, CELL);
      if (days !== undefined)
        await directory.recordVerification(region, '15', { by: 'tester', at: daysAgo(days) }, TESTER);
    }
    const snapshot = async () => audienceOf();
    const notices = new Notices({ store, templates, directory, snapshot, now: () => AT_MS });
    const draft = async (changes: Record<string, unknown> = {}) =>
      (await notices.create(inputOf({ services: ['15'], ...changes }), AUTHOR)).id;
    /** The faults of a submission, none when it goes through. */
    const faultsOf = async (id: string) => {
      const { problems } = await notices.preview(id);
      if (problems.length === 0) await notices.submit(id, AUTHOR);
      else expect((await refusalOf(() => notices.submit(id, AUTHOR))).faults).toEqual(problems);
      return problems.map(({ code, at }) => `${code} ${at}`);
    };
    return { directory, notices, draft, faultsOf };
  }

  test.each(['Exercise', 'Test'])(
    'R2: in status %s, by region and service, with how long ago it was',
    async (status) => {
      const { notices, draft, faultsOf } = await world({ '29': 90, '35': 91 });
      const id = await draft({ status });
      expect(await faultsOf(id)).toEqual(['stale_verification region 35, service 15']);
      const [problem] = (await notices.preview(id)).problems;
      expect(problem).toMatchObject({ about: { region: '35', service: '15' } });
      expect(problem?.message).toContain(daysAgo(91));
    },
  );

  test('R2: in status Actual', async () => {
    const { draft, faultsOf } = await world({ '29': 1, '35': 91 });
    const faults = await faultsOf(await draft({ status: 'Actual' }));
    expect(faults).toContain('stale_verification region 35, service 15');
    expect(faults).not.toContain('stale_verification region 29, service 15');
  });

  test('R2: a number that nobody tested is as stale', async () => {
    const { draft, faultsOf, notices } = await world({ '29': 1, '35': undefined });
    const id = await draft();
    expect(await faultsOf(id)).toEqual(['stale_verification region 35, service 15']);
    expect((await notices.preview(id)).problems[0]?.message).toContain('ever');
  });

  test('R2: the days are those configured', async () => {
    const { draft, faultsOf } = await world({ '29': 9, '35': 11 }, 10);
    expect(await faultsOf(await draft())).toEqual(['stale_verification region 35, service 15']);
  });

  test('R2: the number of a wider place counts for each region that prints it', async () => {
    const { draft, faultsOf, notices } = await world({ R53: 100 });
    const id = await draft();
    expect(await faultsOf(id)).toEqual([
      'stale_verification region 35, service 15',
      'stale_verification region 29, service 15',
    ]);
    const { problems, renderings } = await notices.preview(id);
    expect(problems[0]?.message).toContain('(for Bretagne)');
    expect(renderings[0]?.numbers).toMatchObject([{ from: 'region', region: 'R53', verifiedAt: daysAgo(100) }]);
  });

  test('R2: it passes where somebody waived it by name with a reason, for that region and service only', async () => {
    const { notices, draft, faultsOf } = await world({ '29': 91, '35': 91 });
    const reason = 'Called by hand on 1 June, the record is late';
    const waiver = { code: 'stale_verification', region: '35', service: '15', reason };
    const id = await draft({ waivers: [waiver] });
    expect(await faultsOf(id)).toEqual(['stale_verification region 29, service 15']);
    const { waived } = await notices.preview(id);
    expect(waived).toMatchObject([{ code: 'stale_verification', waiver: { by: AUTHOR.person, reason } }]);
    const both = await draft({ waivers: [waiver, { ...waiver, region: '29' }] });
    expect(await faultsOf(both)).toEqual([]);
    expect((await notices.get(both)).value.state).toBe('submitted');
  });

  test('R2: a number that failed its last test call is refused, waived or not', async () => {
    const { directory, draft, faultsOf } = await world({ '29': 1, '35': 2 });
    await directory.recordVerification('35', '15', { by: 'tester', at: daysAgo(1), answered: false }, TESTER);
    const waivers = [{ code: 'stale_verification', reason: 'It will surely work on the day' }];
    expect(await faultsOf(await draft({ waivers }))).toEqual(['failed_verification region 35, service 15']);
    await directory.put({ region: '35', service: '15', number: '01 00 00 00 99', owner: 'SAMU 35' }, CELL);
    await directory.recordVerification('35', '15', { by: 'tester', at: daysAgo(0) }, TESTER);
    expect(await faultsOf(await draft())).toEqual([]);
  });

  describe('R2: a number that ends before the text does', () => {
    const ending = async (validUntil: string) => {
      const { directory, ...rest } = await world({ '29': 1, '35': 1 });
      await directory.put(
        { region: '35', service: '15', number: '01 00 00 00 21', owner: 'SAMU 35', validUntil },
        CELL,
      );
      await directory.recordVerification('35', '15', { by: 'tester', at: daysAgo(0) }, TESTER);
      return rest;
    };

    test('is refused with its place and both times; one that ends with the notice is not', async () => {
      const { notices, draft, faultsOf } = await ending('2021-06-02T20:59:59Z');
      const id = await draft({ expires: '2021-06-02T23:00:00+02:00' });
      expect(await faultsOf(id)).toEqual(['number_ends region 35, service 15']);
      const [problem] = (await notices.preview(id)).problems;
      expect(problem).toMatchObject({ about: { region: '35', service: '15' } });
      expect(problem?.message).toBe(
        'the number of SAMU 35 ends at 2021-06-02T20:59:59Z, and the text holds until 2021-06-02T23:00:00+02:00',
      );
      expect(await faultsOf(await draft({ expires: '2021-06-02T22:59:59+02:00' }))).toEqual([]);
    });

    test('is one before the "until" of the prepared "restored", should that be later', async () => {
      const { draft, faultsOf } = await ending('2021-06-03T06:00:00Z');
      const until = (moment: string) => ({ followUps: { restored: { until: moment } } });
      expect(await faultsOf(await draft(until('2021-06-03T09:00:00+02:00')))).toEqual([
        'number_ends restored: region 35, service 15',
      ]);
      expect(await faultsOf(await draft(until('2021-06-03T08:00:00+02:00')))).toEqual([]);
    });

    test('passes where somebody waived it by name', async () => {
      const { notices, draft, faultsOf } = await ending('2021-06-02T18:00:00Z');
      const reason = 'The same people answer at the next number';
      const id = await draft({ waivers: [{ code: 'number_ends', region: '35', service: '15', reason }] });
      const { waived } = await notices.preview(id);
      expect(waived.map(({ code, waiver }) => [code, waiver.reason])).toEqual([['number_ends', reason]]);
      expect(await faultsOf(id)).toEqual([]);
    });
  });

  test('R2: a number whose end is drawn nearer after the submission is a warning, unless that was waived', async () => {
    const { directory, notices, draft } = await world({ '29': 1, '35': 1 });
    const reason = 'The same people answer at the next number';
    const ids = [await draft(), await draft({ waivers: [{ code: 'number_ends', reason }] })];
    for (const id of ids) await notices.submit(id, AUTHOR);
    const warnings = () =>
      Promise.all(ids.map(async (id) => numberWarnings(directory, (await notices.get(id)).value, AT_MS)));
    expect(await warnings()).toEqual([[], []]);
    const validUntil = new Date(AT_MS + 60_000).toISOString();
    const number = { region: '35', service: '15', number: '01 00 00 00 21', owner: 'SAMU 35' };
    await directory.put({ ...number, validUntil }, CELL);
    const problem = { code: 'number_ends', at: 'region 35, service 15', message: expect.stringContaining(validUntil) };
    expect(await warnings()).toEqual([[expect.objectContaining(problem)], []]);
  });

  test('R2: a text that prints no numbers needs no test call of any', async () => {
    const { directory } = await world({ '29': undefined, '35': undefined });
    const problemsIn = async (template: string) =>
      (await compose(directory, templates.get(template), noticeOf({ services: ['15'] }), audienceOf(), AT_MS)).problems;
    expect(await problemsIn('end')).toEqual([]);
    expect(await problemsIn(HARD_TO_REACH)).toHaveLength(2);
  });
});
