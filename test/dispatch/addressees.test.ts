/** Whom a follow-up addresses, by what became of the first text; one slot for each way that can go. */
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { FollowUps } from '../../src/dispatch/follow-ups.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { type SlotEvent, stateOf } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRendering, batchesOf, happen, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';

const SENT: readonly SlotEvent[][] = [
  ['claim'],
  ['claim', 'accept'],
  ['claim', 'accept', 'receiptEnroute'],
  ['claim', 'accept', 'receiptDelivered'],
  ['claim', 'accept', 'receiptUndeliverable'],
  ['claim', 'accept', 'receiptExpired'],
  ['claim', 'accept', 'receiptDeleted'],
  ['claim', 'accept', 'receiptRejected'],
  ['claim', 'accept', 'receiptUnknown'],
  ['claim', 'accept', 'giveUp'],
  ['claim', 'acceptUntraceable'],
  ['claim', 'giveUpInDoubt'],
  ['claim', 'hold'],
  // In doubt once, and never sent again.
  ['claim', 'doubt', 'cancel'],
  ['claim', 'doubt', 'lapse'],
  ['claim', 'doubt', 'claim', 'refuse'],
];
const NEVER_SENT: readonly SlotEvent[][] = [
  ['cancel'],
  ['lapse'],
  ['claim', 'release', 'cancel'],
  ['claim', 'runOut'],
  ['claim', 'refuse'],
  ['claim', 'refuseDestination'],
  ['exclude'],
];
const PEOPLE = SENT.length + NEVER_SENT.length;

describe('a follow-up', () => {
  let store: Store;
  let close: () => Promise<void>;
  let nowMs: number;
  beforeEach(async () => {
    nowMs = Date.now() + 60_000;
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const ADDED = { region: '974', language: 'fr', recipients: 5 };
  const GROUPS = [
    { region: '2A', language: 'fr', recipients: 3 },
    { region: '35', language: 'en', recipients: PEOPLE },
    { region: '35', language: 'fr', recipients: PEOPLE },
  ];
  const renderings = [...GROUPS, ADDED].map(({ region, language }) => aRendering(region, language));

  /** A broadcast and one that follows it, which has a lane more. `happened`: to each slot of a lane of the first. */
  async function followed(happened: Readonly<Record<string, readonly SlotEvent[][]>>) {
    const first = await storeBroadcast(store, { no: 1, groups: GROUPS });
    const notice = { renderings };
    const groups = [...GROUPS, ADDED];
    const second = await storeBroadcast(store, { no: 2, groups, notice, changes: { follows: 1 } });
    for (const lane of first.plan.lanes) {
      const [batch] = batchesOf(store, first.broadcast, lane);
      for (const [slot, events] of (happened[`${lane.region} ${lane.language}`] ?? []).entries()) {
        await happen(store, batch!, slot, slot, ...events);
      }
    }
    const index = new BroadcastIndex({ store });
    await index.load(2);
    const slots = new Slots({ store });
    const followUps = new FollowUps({ index, slots, now: () => nowMs });
    const laneOf = (name: string) =>
      second.plan.lanes.find(({ region, language }) => `${region} ${language}` === name)!;
    return {
      launchedMs: Date.parse(second.broadcast.launchedAt),
      address: (name: string) => followUps.address(second.broadcast, laneOf(name), laneOf(name).firstBatch),
      states: async (name: string) => {
        const [held] = await slots.read(batchesOf(store, second.broadcast, laneOf(name)));
        return [...held!].map(stateOf);
      },
      first: async (name: string, ...events: SlotEvent[]) => {
        const lane = first.plan.lanes.find(({ region, language }) => `${region} ${language}` === name)!;
        await happen(store, batchesOf(store, first.broadcast, lane)[0]!, 0, lane.recipients - 1, ...events);
      },
    };
  }
  const all = (count: number, state: string) => new Array(count).fill(state);

  test('addresses whoever was sent the first text or may have it, and excludes everybody else', async () => {
    const { address, states } = await followed({ '35 fr': [...SENT, ...NEVER_SENT] });
    expect(await address('35 fr')).toBe(true);
    expect(await states('35 fr')).toEqual([...all(SENT.length, 'pending'), ...all(NEVER_SENT.length, 'excluded')]);
    // Also when it is asked for once more.
    expect(await address('35 fr')).toBe(true);
    expect(await states('35 fr')).toEqual([...all(SENT.length, 'pending'), ...all(NEVER_SENT.length, 'excluded')]);
  });

  test('goes by the lane of the same region and the same language', async () => {
    const delivered: SlotEvent[] = ['claim', 'accept', 'receiptDelivered'];
    const { address, states } = await followed({
      '2A fr': all(3, '').map(() => delivered),
      '35 en': all(PEOPLE, '').map((): SlotEvent[] => ['cancel']),
      '35 fr': all(PEOPLE, '').map(() => delivered),
    });
    for (const name of ['2A fr', '35 en', '35 fr']) expect(await address(name)).toBe(true);
    expect(await states('2A fr')).toEqual(all(3, 'pending'));
    expect(await states('35 en')).toEqual(all(PEOPLE, 'excluded'));
    expect(await states('35 fr')).toEqual(all(PEOPLE, 'pending'));
  });

  test('excludes everybody of a lane that the first one did not have', async () => {
    const { address, states } = await followed({});
    expect(await address('974 fr')).toBe(true);
    expect(await states('974 fr')).toEqual(all(5, 'excluded'));
  });

  test('waits while the first text may still be sent to somebody, and decides on nobody until then', async () => {
    const { address, states, first } = await followed({ '2A fr': [['cancel'], ['cancel']] });
    expect(await address('2A fr')).toBe(false);
    expect(await states('2A fr')).toEqual(all(3, 'pending'));
    await first('2A fr', 'cancel');
    expect(await address('2A fr')).toBe(true);
    expect(await states('2A fr')).toEqual(all(3, 'excluded'));
  });

  test('waits a moment for claims that were never written to be given back, and no longer', async () => {
    const { address, states, first, launchedMs } = await followed({ '2A fr': [['claim'], ['claim'], ['claim']] });
    nowMs = launchedMs + 1_999;
    expect(await address('2A fr')).toBe(false);
    await first('2A fr', 'release', 'cancel');
    expect(await address('2A fr')).toBe(true);
    expect(await states('2A fr')).toEqual(all(3, 'excluded'));
  });

  test.each([2_000, -1])('takes who is being submitted for in doubt %i ms after the launch', async (ms) => {
    const { address, states, launchedMs } = await followed({ '2A fr': [['claim'], ['cancel'], ['claim']] });
    nowMs = launchedMs + ms;
    expect(await address('2A fr')).toBe(true);
    expect(await states('2A fr')).toEqual(['pending', 'excluded', 'pending']);
  });
});
