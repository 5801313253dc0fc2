import { findRegion } from '../../src/directory/regions.ts';
import { audienceProblems, IMPLAUSIBLE_RATIO } from '../../src/notices/checks.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, audienceOf, type Changeable, inputOf, noticesOver, PREFECT_29, refusalOf } from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

/** Lozère: the fewest inhabitants of all. */
const LOZERE = findRegion('48')!.expectedAudience;
const crowd = (recipients: number) =>
  audienceOf({
    recipients: recipients + 400,
    groups: [
      { region: '48', language: 'fr', recipients },
      { region: '35', language: 'fr', recipients: 400 },
    ],
  });
const REASON = 'the cells of the festival count for the whole of the Causse';

describe('R8: an audience far above the size of a region', () => {
  test.each([
    [LOZERE, false],
    [Math.floor(LOZERE * IMPLAUSIBLE_RATIO), false],
    [Math.floor(LOZERE * IMPLAUSIBLE_RATIO) + 1, true],
    [10_000_000, true],
  ])('%i recipients in a region of 77,000 inhabitants: held %s', (recipients, held) => {
    const problems = audienceProblems({ status: 'Exercise', regions: ['35', '48'] }, crowd(recipients));
    const problem = { code: 'implausible_audience', at: '/regions/1', about: { region: '48' } };
    expect(problems).toMatchObject(held ? [problem] : []);
    expect(problems).toHaveLength(held ? 1 : 0);
  });

  test('is held at the submission, with the region and both figures', async () => {
    world.audience = crowd(1_000_000);
    const { id } = await notices.create(inputOf({ regions: ['35', '48'] }), AUTHOR);
    expect(await refusalOf(() => notices.submit(id, AUTHOR))).toMatchObject({
      kind: 'invalid',
      code: 'implausible_audience',
      faults: [{ at: '/regions/1', message: expect.stringMatching(/1000000 recipients.*77000 inhabitants/) }],
    });
    expect((await notices.get(id)).value.state).toBe('draft');
  });

  test('goes on when somebody confirms it by name, for that region alone; whoever approves sees who', async () => {
    world.audience = crowd(1_000_000);
    const waiver = (region: string) => ({ code: 'implausible_audience' as const, region, reason: REASON });
    const { id } = await notices.create(inputOf({ regions: ['35', '48'], waivers: [waiver('35')] }), AUTHOR);
    expect(await refusalOf(() => notices.submit(id, AUTHOR))).toMatchObject({ code: 'implausible_audience' });
    const before = await notices.change(id, { waivers: [waiver('48')] }, AUTHOR);
    expect((await notices.preview(id)).waived).toMatchObject([{ waiver: { by: AUTHOR.person, reason: REASON } }]);
    const { value } = await notices.submit(id, AUTHOR);
    expect(value.state).toBe('submitted');
    const unconfirmed = { ...value, waivers: [] };
    expect(regionHash(unconfirmed, '48')).not.toBe(regionHash(value, '48'));
    expect(before.value.waivers).toHaveLength(1);
  });

  test('a little more than its inhabitants is a warning: nobody is held up', async () => {
    world.audience = crowd(Math.floor(LOZERE * 1.2));
    const { id } = await notices.create(inputOf({ regions: ['35', '48'] }), AUTHOR);
    expect(await notices.preview(id)).toMatchObject({
      problems: [],
      warnings: [{ code: 'large_audience', at: '/regions/1' }],
    });
    expect((await notices.submit(id, AUTHOR)).value.state).toBe('submitted');
  });
});

describe('R10: an approval names the hash of every rendering, the audience snapshot and the routes', () => {
  test('so that each of them, changed alone, makes it another hash', async () => {
    world.routes = { '29': ['main', 'second'], '35': ['main'] };
    const { id } = await notices.create(inputOf(), AUTHOR);
    const { value } = await notices.submit(id, AUTHOR);
    const hash = regionHash(value, '29');
    const { value: decided } = await notices.decide(id, { region: '29', decision: 'approve', hash }, PREFECT_29);
    expect(decided.decisions).toMatchObject([{ region: '29', hash, by: PREFECT_29.person }]);
    const hashes = new Set([
      hash,
      ...value.renderings!.flatMap((rendering, i) =>
        rendering.region === '29'
          ? [
              regionHash(
                { ...value, renderings: value.renderings!.with(i, { ...rendering, sha256: '0'.repeat(64) }) },
                '29',
              ),
            ]
          : [],
      ),
      regionHash({ ...value, audienceDigest: 'another' }, '29'),
      regionHash({ ...value, routes: { ...value.routes, '29': ['main'] } }, '29'),
    ]);
    expect(hashes.size).toBe(3 + value.renderings!.filter(({ region }) => region === '29').length);
  });
});
