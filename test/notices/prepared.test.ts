/** R7: the follow-ups are written with the notice, approved with it, and need nobody's approval again while they are the same. */
import { REGIONS } from '../../src/directory/regions.ts';
import type { Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH } from '../templates/samples.ts';
import {
  AUTHOR,
  audienceOf,
  type Changeable,
  EDITOR,
  inputOf,
  MINISTER,
  noticesOver,
  PREFECT_29,
  PREFECT_35,
  refusalOf,
  templates,
} from './samples.ts';

let store: Store;
let close: () => Promise<void>;
let notices: Notices;
let world: Changeable;
beforeEach(async () => {
  ({ store, close } = await testStore());
  ({ notices, world } = noticesOver(store));
});
afterEach(() => close());

const LATER_MS = 40 * 60_000;
const PREFECTS = { 35: PREFECT_35, 29: PREFECT_29 } as const;

async function submitted(changes: Record<string, unknown> = {}): Promise<string> {
  const { id } = await notices.create(inputOf(changes), AUTHOR);
  await notices.submit(id, AUTHOR);
  return id;
}

async function approve(id: string, ...regions: (keyof typeof PREFECTS)[]): Promise<Notice> {
  const preview = await notices.preview(id);
  for (const region of regions) {
    const hash = preview.regions.find((one) => one.region === String(region))?.hash ?? '';
    await notices.decide(id, { region: String(region), decision: 'approve', hash }, PREFECTS[region]);
  }
  return (await notices.get(id)).value;
}

type Kind = 'correction' | 'restored' | 'all-clear';

async function ordered(id: string, kind: Kind, input = {}, by = AUTHOR): Promise<Notice> {
  const draft = await notices.followUp(id, kind, { parameters: {}, ...input }, by);
  return (await notices.submit(draft.id, by)).value;
}

const approvedIn = (notice: Notice) => notice.decisions.map(({ region }) => region).sort();

describe('R7: the follow-ups of a notice', () => {
  test('are written with it, for every region and language, and name the time of its SMS', async () => {
    const { followUps, renderings } = await notices.preview(await submitted());
    expect(followUps.map(({ kind }) => kind)).toEqual(['correction', 'restored', 'all-clear']);
    const places = renderings.map(({ region, language, recipients }) => [region, language, recipients]);
    for (const { renderings: texts } of followUps) {
      expect(texts.map(({ region, language, recipients }) => [region, language, recipients])).toEqual(places);
    }
    for (const { renderings: texts } of followUps) {
      for (const { text, language } of texts) {
        expect(text).toContain(language === 'en' ? 'SMS of 02/06 17:05' : 'SMS du 02/06 17h05');
      }
    }
  });

  test('show in the preview of the draft already', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const { followUps, frozen } = await notices.preview(id);
    expect([frozen, followUps.length]).toEqual([false, 3]);
  });

  test('are the same bytes when they are ordered later', async () => {
    const id = await submitted();
    const { followUps } = await notices.preview(id);
    world.nowMs += LATER_MS;
    for (const { kind, renderings } of followUps) {
      const { renderings: texts = [] } = await ordered(id, kind);
      expect(texts.map(({ text }) => text)).toEqual(renderings.map(({ text }) => text));
    }
  });

  test.each(['correction', 'restored', 'all-clear'] as const)('are approved with it: %s', async (kind) => {
    const id = await submitted();
    const first = await approve(id, 35, 29);
    world.nowMs += LATER_MS;
    const followUp = await ordered(id, kind);
    expect(followUp.state).toBe('approved');
    const at = new Date(world.nowMs).toISOString();
    expect(followUp.timings).toMatchObject({ submitted: at, firstApproval: at, approved: at });
    const decision = followUp.decisions.find(({ region }) => region === '35');
    const original = first.decisions.find(({ region }) => region === '35');
    expect(decision).toMatchObject({
      by: PREFECT_35.person,
      authority: 'prefecture-35',
      at,
      basis: { kind: 'prepared', notice: id, hash: original?.hash, at: original?.at },
    });
  });

  test('are ready only where the notice was approved', async () => {
    const id = await submitted();
    await approve(id, 35);
    const followUp = await ordered(id, 'correction');
    expect([followUp.state, approvedIn(followUp)]).toEqual(['submitted', ['35']]);
  });

  test('need a new approval where a number was corrected meanwhile, and only there', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    world.numbers = world.numbers.map((one) =>
      one.region === '35' && one.service === '15' ? { ...one, number: '33261910099', display: '02 61 91 00 99' } : one,
    );
    const followUp = await ordered(id, 'correction');
    expect([followUp.state, approvedIn(followUp)]).toEqual(['submitted', ['29']]);
    const draft = await notices.followUp(id, 'correction', { parameters: {} }, AUTHOR);
    const { beforehand } = await notices.preview(draft.id);
    expect(beforehand.map(({ region, prepared }) => [region, prepared?.holds])).toEqual([
      ['35', false],
      ['29', true],
    ]);
    expect(beforehand[0]?.prepared?.why).toContain('a number');
  });

  test('need a new approval when another end is given, or another audience digest', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    const longer = await ordered(id, 'restored', { parameters: { until: '2021-06-04T08:00:00+02:00' } });
    expect(longer.decisions).toEqual([]);
    world.audience = audienceOf({ digest: 'd2' });
    expect((await ordered(id, 'restored')).decisions).toEqual([]);
  });

  test('need a new approval for a route that was not approved; fewer are fine', async () => {
    world.routes = { 35: ['a', 'b'], 29: ['a'] };
    const id = await submitted();
    await approve(id, 35, 29);
    world.routes = { 35: ['a'], 29: ['a', 'c'] };
    expect(approvedIn(await ordered(id, 'correction'))).toEqual(['35']);
  });

  test('need a new approval when something is waived that was not', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    const waivers = [{ code: 'stale_verification', region: '29', reason: 'rung up just now' }];
    expect(approvedIn(await ordered(id, 'correction', { waivers }))).toEqual(['35']);
  });

  test('take over what was waived for the notice, in the name of who answered for it', async () => {
    const waivers = [{ code: 'unreviewed_wording', reason: 'no native reader can be had' }];
    const id = await submitted({ waivers });
    await approve(id, 35, 29);
    const followUp = await ordered(id, 'correction', {}, EDITOR);
    expect(followUp.waivers).toMatchObject([{ code: 'unreviewed_wording', by: AUTHOR.person }]);
    expect(approvedIn(followUp)).toEqual(['29', '35']);
  });

  test.each([
    ['a headline', { headline: 'Appelez votre mairie' }, 'the words of its headline'],
    ['a description', { description: 'Appelez votre mairie.' }, 'the words of its description'],
    ['another event', { event: 'Panne, appelez votre mairie' }, 'the words of its event'],
    ['a headline and a description', { headline: 'A', description: 'B' }, 'the words of its headline and description'],
  ])('need a new approval for %s, which nobody approved and CAP carries', async (_what, change, why) => {
    const id = await submitted({ regions: ['35'] });
    await approve(id, 35);
    const draft = await notices.followUp(id, 'all-clear', { parameters: {} }, AUTHOR);
    expect((await notices.preview(draft.id)).beforehand[0]?.prepared).toMatchObject({ holds: true });
    await notices.change(draft.id, change, AUTHOR);
    expect((await notices.preview(draft.id)).beforehand[0]?.prepared).toMatchObject({
      holds: false,
      why: expect.stringContaining(why),
    });
    expect((await notices.submit(draft.id, AUTHOR)).value.decisions).toEqual([]);
  });

  test('need a new approval for a parameter that no text of the region prints, since CAP carries it', async () => {
    const end = templates.get('end');
    const advice = { ...templates.get(HARD_TO_REACH).parameters[0]!, name: 'advice' };
    const find = (id: string) => (id === 'end' ? { ...end, parameters: [advice] } : templates.find(id));
    ({ notices, world } = noticesOver(store, { templates: { find } }));
    const id = await submitted({ regions: ['35'] });
    await approve(id, 35);
    const followUp = await ordered(id, 'all-clear', { parameters: { advice: 'Appelez la mairie.' } });
    expect(followUp.decisions).toEqual([]);
    expect((await notices.preview(followUp.identifier)).beforehand[0]?.prepared?.why).toBe('a parameter is another');
  });

  test('are not approved by who orders them', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    expect(approvedIn(await ordered(id, 'correction', {}, PREFECT_35))).toEqual(['29']);
  });

  test('of a follow-up are no longer what somebody looked at', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    const draft = await notices.followUp(id, 'correction', { parameters: {} }, AUTHOR);
    await notices.submit(draft.id, AUTHOR);
    expect((await ordered(draft.id, 'all-clear')).decisions).toEqual([]);
  });

  test('are covered by the hash that a region approves', async () => {
    const one = await notices.preview(await submitted());
    const until = '2021-06-02T21:00:00+02:00';
    const { id } = await notices.create(inputOf({ followUps: { restored: { until } } }), AUTHOR);
    const before = await notices.preview(id);
    await notices.change(id, { followUps: {} }, AUTHOR);
    const after = await notices.preview(id);
    expect(one.followUps[1]?.parameters).toEqual({ until: '2021-06-02T23:00:00+02:00' });
    expect(before.followUps[1]?.parameters).toEqual({ until });
    expect(after.renderings).toEqual(before.renderings);
    expect(after.regions[0]?.hash).not.toBe(before.regions[0]?.hash);
  });

  test('keep the approval by a region that thought again out of the follow-up', async () => {
    const id = await submitted();
    await approve(id, 35, 29);
    const { regions } = await notices.preview(id);
    const decision = {
      region: '35',
      decision: 'return',
      hash: regions[0]?.hash ?? '',
      reasons: 'the number is wrong',
    } as const;
    await notices.decide(id, decision, PREFECT_35);
    expect(approvedIn(await ordered(id, 'correction'))).toEqual(['29']);
  });

  test('refuse the notice when one of them cannot be written, with its kind named', async () => {
    const { id } = await notices.create(inputOf({ followUps: { restored: { until: 'tomorrow' } } }), AUTHOR);
    const refusal = await refusalOf(() => notices.submit(id, AUTHOR));
    expect(refusal).toMatchObject({ code: 'invalid_parameter' });
    expect(refusal.faults.map(({ at }) => at)).toEqual(['/followUps/restored/until']);
  });

  test('tell a number that is missing once, not for each text', async () => {
    world.numbers = world.numbers.filter(({ region, service }) => region !== '35' || service !== '17');
    const { id } = await notices.create(inputOf(), AUTHOR);
    const { problems } = await notices.preview(id);
    expect(problems.filter(({ code }) => code === 'missing_number')).toHaveLength(1);
  });

  test('are none for a notice that ends the matter', async () => {
    const id = await submitted();
    const end = await notices.followUp(id, 'all-clear', { parameters: {} }, AUTHOR);
    await notices.submit(end.id, AUTHOR);
    expect((await notices.preview(end.id)).followUps).toEqual([]);
  });

  test('may still be approved anew by whoever decides', async () => {
    const id = await submitted();
    const draft = await notices.followUp(id, 'correction', { parameters: {} }, AUTHOR);
    await notices.submit(draft.id, AUTHOR);
    const { regions } = await notices.preview(draft.id);
    for (const { region, hash } of regions)
      await notices.decide(draft.id, { region, decision: 'approve', hash }, MINISTER);
    expect((await notices.get(draft.id)).value.state).toBe('approved');
  });
});

test('while the texts of a country are written others get their turn', async () => {
  const { id } = await notices.create(inputOf({ regions: REGIONS.map(({ code }) => code) }), AUTHOR);
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  const { renderings } = await notices.preview(id);
  done = true;
  expect(renderings.length).toBeGreaterThanOrEqual(REGIONS.length);
  expect(turns).toBeGreaterThan(4 * REGIONS.length);
});
