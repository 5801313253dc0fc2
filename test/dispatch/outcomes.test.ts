/** What a response leads to, with a recorder that a test holds in its hands. */
import type { Route } from '../../src/broadcasts/routes.ts';
import type { BatchRun } from '../../src/dispatch/batch-run.ts';
import { BroadcastIndex, type Known } from '../../src/dispatch/broadcast-index.ts';
import { type OutcomeDeps, Outcomes } from '../../src/dispatch/outcomes.ts';
import { Tally } from '../../src/dispatch/tally.ts';
import { slotOf } from '../../src/ledger/address.ts';
import type { Batch } from '../../src/ledger/keys.ts';
import type { SlotEvent } from '../../src/ledger/states.ts';
import { STATUS } from '../../src/smpp/constants.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute } from '../broadcasts/builders.ts';
import { aBroadcast, aLane, aRun, pending } from './builders.ts';
import { LONG_TEXT, SHORT_TEXT } from './harness.ts';

interface Given {
  readonly nowMs?: number;
  readonly route?: Partial<Route>;
  readonly inDoubt?: 'hold';
  readonly refused?: number;
  readonly windowTried?: boolean;
  /** What is known of broadcasts: nothing by default. */
  readonly index?: Pick<BroadcastIndex, 'peek' | 'batch'>;
}

const NOTHING_KNOWN = new BroadcastIndex({ store: { prefix: 't:' } as Store });

/** A run of eight slots, all submitted; `durable` says of the oldest event that it is. */
function submitted(text: string, given: Given = {}) {
  const broadcast = aBroadcast(given.inDoubt ? { inDoubt: given.inDoubt } : {});
  const run = aRun(pending(8), { text, broadcast, refused: given.refused });
  run.take(8, 0);
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const recorder = {
    event: (_batch: Batch, slot: number, event: SlotEvent, done: () => void) => {
      events.push(`${event} ${slot}`);
      waiting.push(done);
    },
    accepted: (_batch: Batch, address: number, id: string, event: SlotEvent | undefined, done: () => void) => {
      events.push(`${event ?? 'part'} ${slotOf(address)} as ${id}`);
      waiting.push(done);
    },
  };
  const clock = { nowMs: given.nowMs ?? 0 };
  const told = { throttled: 0, freed: 0 };
  const tally = new Tally();
  const outcomes = new Outcomes({
    route: aRoute(given.route),
    recorder: recorder as unknown as OutcomeDeps['recorder'],
    index: (given.index ?? NOTHING_KNOWN) as BroadcastIndex,
    tally,
    now: () => clock.nowMs,
    onThrottled: () => {
      told.throttled += 1;
    },
    windowTried: () => given.windowTried ?? false,
    onWork: () => {},
  });
  outcomes.add(run);
  const free = () => {
    told.freed += 1;
  };
  const answer = (slot: number, status: number, id = '', part = 0) =>
    outcomes.response(run.addresses[part]![slot]!, status, id, free);
  return { run, outcomes, events, clock, told, tally, answer, waiting, durable: () => waiting.shift()!() };
}

/** How the run ended, or `undefined` while it has not. */
const endOf = (run: BatchRun): Promise<unknown> => Promise.race([run.ended, Promise.resolve(undefined)]);

const LATER_MS = 60_000;

describe('a submission that is refused for now', () => {
  test('rule 2: frees its place, and may be claimed again, when it is durably pending and not before', () => {
    const { run, outcomes, events, durable } = submitted(SHORT_TEXT);
    let freed = 0;
    outcomes.response(run.addresses[0]![3]!, STATUS.ESME_RTHROTTLED, '', () => {
      freed += 1;
    });
    expect([events, freed, run.take(1, LATER_MS)]).toEqual([['release 3'], 0, undefined]);
    durable();
    expect([freed, run.take(1, LATER_MS)]).toEqual([1, { kind: 'claim', first: 3, last: 3 }]);
  });

  test('rule 7: lapses where its next try would come after the expiry', () => {
    const expires = Date.parse(aRun(pending(1)).broadcast.expires);
    const { run, outcomes, events, durable } = submitted(SHORT_TEXT, { nowMs: expires - 1 });
    outcomes.response(run.addresses[0]![3]!, STATUS.ESME_RTHROTTLED, '', () => {});
    expect(events).toEqual(['runOut 3']);
    durable();
    expect(run.take(1, expires + LATER_MS)).toBeUndefined();
  });
});

describe('a submission that is accepted', () => {
  test('rule 2: frees its place when slot and id are durable, and not before', async () => {
    const { run, events, told, answer, durable } = submitted(SHORT_TEXT);
    for (let slot = 0; slot < 8; slot += 1) answer(slot, STATUS.ESME_ROK, `id${slot}`);
    expect(events).toEqual(Array.from({ length: 8 }, (_, slot) => `accept ${slot} as id${slot}`));
    expect([told.freed, await endOf(run)]).toEqual([0, undefined]);
    for (let slot = 0; slot < 8; slot += 1) durable();
    expect([told.freed, await endOf(run)]).toEqual([8, 'done']);
  });

  test('quirk 20: without an id is sent for good, and no id is kept', async () => {
    const { run, events, told, answer, durable } = submitted(SHORT_TEXT);
    for (let slot = 0; slot < 8; slot += 1) answer(slot, STATUS.ESME_ROK);
    expect(events[3]).toBe('acceptUntraceable 3');
    expect(told.freed).toBe(0);
    while (events.splice(0, 1).length > 0) durable();
    expect([told.freed, await endOf(run)]).toEqual([8, 'done']);
  });

  test('of a batch that this process does not run has its outcome recorded all the same', () => {
    const { run, outcomes, events, told, answer, durable } = submitted(SHORT_TEXT, {
      index: { peek: () => undefined, batch: () => aRun(pending(8)).batch },
    });
    outcomes.remove(run);
    answer(3, STATUS.ESME_ROK, 'id3');
    expect(events).toEqual(['accept 3 as id3']);
    durable();
    expect(told.freed).toBe(1);
    answer(4, STATUS.ESME_RTHROTTLED);
    outcomes.inDoubt([run.addresses[0]![5]!]);
    expect([events.length, told.freed]).toEqual([1, 2]);
  });

  test('of a broadcast that nobody knows any more frees its place', () => {
    const { run, outcomes, events, told, answer } = submitted(SHORT_TEXT);
    outcomes.remove(run);
    answer(3, STATUS.ESME_ROK, 'id3');
    expect([events, told.freed]).toEqual([[], 1]);
  });

  test('belongs to the run that has the batch now, though an earlier one is over only afterwards', () => {
    const { run, outcomes } = submitted(SHORT_TEXT);
    const next = aRun(pending(8));
    outcomes.add(next);
    outcomes.remove(run);
    expect(outcomes.runOf(run.batch.batchNo)).toBe(next);
    outcomes.remove(next);
    expect(outcomes.runOf(run.batch.batchNo)).toBeUndefined();
  });
});

describe('a submission that is refused for good', () => {
  test.each([
    ['ESME_RX_P_APPN', 'refuse'],
    ['ESME_RINVSRCADR', 'refuse'],
    ['ESME_RINVDSTADR', 'refuseDestination'],
  ] as const)('rule 7: %s is final at once, and its place is free when that is durable', async (status, event) => {
    const { run, events, told, answer, durable } = submitted(SHORT_TEXT);
    for (let slot = 0; slot < 8; slot += 1) answer(slot, STATUS[status]);
    expect([events[3], told.freed]).toEqual([`${event} 3`, 0]);
    while (events.splice(0, 1).length > 0) durable();
    expect([told.freed, await endOf(run)]).toEqual([8, 'done']);
  });
});

describe('how often a refused submission is tried', () => {
  /** Refuses slot 3 so many times, each time when it is due; returns the events. */
  function refused(status: number, times: number, given: Given = {}) {
    const one = submitted(SHORT_TEXT, given);
    for (let n = 0; n < times; n += 1) {
      one.answer(3, status);
      one.durable();
      one.clock.nowMs += LATER_MS * 2;
      if (n < times - 1) one.run.take(1, one.clock.nowMs);
    }
    return one;
  }

  test.each(['ESME_RSYSERR', 'ESME_RTHROTTLED', 'ESME_RMSGQFUL'] as const)(
    'rule 7: as long as the notice lasts where the refusal is a temporary one: %s',
    (status) => {
      const { events } = refused(STATUS[status], 20, { route: { maxAttempts: 3 } });
      expect(events).toEqual(new Array(20).fill('release 3'));
    },
  );

  test('quirk 24: no more than maxAttempts times where nobody explains the status', () => {
    const { events } = refused(0x4_01, 3, { route: { maxAttempts: 3 } });
    expect(events).toEqual(['release 3', 'release 3', 'refuse 3']);
  });

  test('quirk 24: with the refusals of earlier runs', () => {
    const { events } = refused(0x4_01, 1, { route: { maxAttempts: 3 }, refused: 2 });
    expect(events).toEqual(['refuse 3']);
  });

  test.each([
    ['ESME_RSYSERR', 1, [750, 1_250]],
    ['ESME_RSYSERR', 2, [1_500, 2_500]],
    ['ESME_RSYSERR', 5, [12_000, 20_000]],
    ['ESME_RSYSERR', 20, [45_000, 75_000]],
    ['ESME_RTHROTTLED', 5, [750, 1_250]],
  ] as const)(
    'after a pause that grows, but where the account is paced already: %s, time %d',
    (status, times, pause) => {
      const one = refused(STATUS[status], times, { route: { retryDelayMs: 1_000 } });
      const since = one.clock.nowMs - LATER_MS * 2;
      expect(one.run.take(1, since + pause[0] - 1)).toBeUndefined();
      expect(one.run.take(1, since + pause[1])).toEqual({ kind: 'claim', first: 3, last: 3 });
    },
  );
});

describe('refusals that slow the route down', () => {
  /** All eight slots are refused, four times each. */
  function refusedAll(status: number, given: Given = {}) {
    const one = submitted(SHORT_TEXT, given);
    for (let n = 0; n < 32; n += 1) one.answer(n % 8, status);
    return { throttled: one.told.throttled, tally: one.tally };
  }

  test('quirk 22: RTHROTTLED concerns the account, every time', () => {
    const { throttled, tally } = refusedAll(STATUS.ESME_RTHROTTLED);
    expect([throttled, tally.refusedForNow, tally.throttled]).toEqual([32, 32, 32]);
  });

  test('quirk 23: RMSGQFUL does where it is many answers, and not while the window may be the reason', () => {
    const { throttled, tally } = refusedAll(STATUS.ESME_RMSGQFUL);
    expect([throttled, tally.refusedForNow, tally.throttled]).toEqual([13, 32, 13]);
    expect(refusedAll(STATUS.ESME_RMSGQFUL, { windowTried: true }).throttled).toBe(0);
  });

  test('other temporary ones do not, and permanent ones count as no refusals for now', () => {
    const { throttled, tally } = refusedAll(STATUS.ESME_RSYSERR);
    expect([throttled, tally.refusedForNow, tally.throttled]).toEqual([0, 32, 0]);
    expect(refusedAll(STATUS.ESME_RINVDSTADR)).toMatchObject({ throttled: 0, tally: { refusedForNow: 0 } });
  });
});

describe('a submission that is never answered', () => {
  test('rule 5: is held where the notice says so, and its run does not wait for it', async () => {
    const { run, outcomes, events, tally, durable } = submitted(SHORT_TEXT, { inDoubt: 'hold' });
    outcomes.inDoubt([...run.addresses[0]!]);
    expect(events[3]).toBe('hold 3');
    expect(tally.inDoubt).toBe(8);
    while (events.splice(0, 1).length > 0) durable();
    expect(await endOf(run)).toBe('done');
  });
});

describe('a response that comes late', () => {
  const known = (text: string): Given => ({
    index: {
      peek: () => ({ plan: { lanes: [aLane(text)] } }) as unknown as Known,
      batch: () => aRun(pending(8), { text }).batch,
    },
  });

  test('quirk 29: keeps its text from going out again, with an id or without', () => {
    const { run, outcomes, events } = submitted(SHORT_TEXT, known(SHORT_TEXT));
    outcomes.remove(run);
    outcomes.lateResponse(run.addresses[0]![3]!, STATUS.ESME_ROK, 'id3');
    outcomes.lateResponse(run.addresses[0]![4]!, STATUS.ESME_ROK, '');
    expect(events).toEqual(['accept 3 as id3', 'acceptUntraceable 4']);
  });

  test('quirk 29: of one part of several says nothing of the text, but its receipt is joined', () => {
    const { run, outcomes, events } = submitted(LONG_TEXT, known(LONG_TEXT));
    outcomes.lateResponse(run.addresses[1]![3]!, STATUS.ESME_ROK, 'id3');
    outcomes.lateResponse(run.addresses[1]![4]!, STATUS.ESME_ROK, '');
    expect(events).toEqual(['part 3 as id3']);
  });

  test('and refuses changes nothing; nor does one of a broadcast that nobody knows any more', () => {
    const { run, outcomes, events } = submitted(SHORT_TEXT, known(SHORT_TEXT));
    outcomes.lateResponse(run.addresses[0]![3]!, STATUS.ESME_RINVDSTADR, '');
    const forgotten = submitted(SHORT_TEXT);
    forgotten.outcomes.lateResponse(run.addresses[0]![3]!, STATUS.ESME_ROK, 'id3');
    expect([events, forgotten.events]).toEqual([[], []]);
  });
});

describe('a text of several parts', () => {
  test('rule 5: is in doubt once, however many of its parts are not answered', () => {
    const { run, outcomes, events, durable } = submitted(LONG_TEXT);
    outcomes.inDoubt([run.addresses[0]![3]!, run.addresses[1]![3]!, run.addresses[1]![5]!]);
    expect(events).toEqual(['doubt 3', 'doubt 5']);
    durable();
    expect(run.take(8, 0)).toEqual({ kind: 'claim', first: 3, last: 3 });
    expect(run.take(8, 0)).toBeUndefined();
  });

  test('is refused once, whichever of its parts is refused first', () => {
    const { run, outcomes, events } = submitted(LONG_TEXT);
    for (const part of run.addresses) outcomes.response(part[3]!, STATUS.ESME_RINVDSTADR, '', () => {});
    expect(events).toEqual(['refuseDestination 3']);
  });

  test('is accepted with its last part, and not over before', async () => {
    const { run, events, told, answer, durable } = submitted(LONG_TEXT);
    for (let slot = 0; slot < 8; slot += 1) answer(slot, STATUS.ESME_ROK, `a${slot}`, 0);
    for (let slot = 0; slot < 8; slot += 1) durable();
    expect([events[3], told.freed, await endOf(run)]).toEqual(['part 3 as a3', 8, undefined]);
    for (let slot = 0; slot < 8; slot += 1) answer(slot, STATUS.ESME_ROK, `b${slot}`, 1);
    for (let slot = 0; slot < 8; slot += 1) durable();
    expect([events[11], await endOf(run)]).toEqual(['accept 3 as b3', 'done']);
  });

  test('quirk 20: is sent for good with its last part, whichever of them has an id', () => {
    const { events, told, answer } = submitted(LONG_TEXT);
    answer(3, STATUS.ESME_ROK, '', 0);
    expect([events, told.freed]).toEqual([[], 1]);
    answer(3, STATUS.ESME_ROK, '', 1);
    expect(events).toEqual(['acceptUntraceable 3']);
  });

  test('stays claimed while one of its parts is tried again, until no part may leave any more: then it is in doubt', () => {
    const { run, events, told, answer } = submitted(LONG_TEXT);
    answer(3, STATUS.ESME_RSYSERR, '', 1);
    expect([events, told.freed]).toEqual([[], 1]);
    expect(run.take(8, LATER_MS * 2)).toEqual({ kind: 'part', slot: 3, part: 1 });
    run.stop('stopped');
    run.giveUpParts();
    answer(3, STATUS.ESME_RSYSERR, '', 1);
    expect([events, told.freed]).toEqual([['doubt 3'], 2]);
  });
});
