/** What a response leads to, with a recorder that a test holds in its hands. */
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { type OutcomeDeps, Outcomes } from '../../src/dispatch/outcomes.ts';
import { Tally } from '../../src/dispatch/tally.ts';
import type { Batch } from '../../src/ledger/keys.ts';
import type { SlotEvent } from '../../src/ledger/states.ts';
import { STATUS } from '../../src/smpp/constants.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute } from '../broadcasts/builders.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT, SHORT_TEXT } from './harness.ts';

/** A run of eight slots, all submitted; `durable` says of the oldest event that it is. */
function submitted(text: string, nowMs = 0) {
  const run = aRun(pending(8), { text });
  run.take(8, 0);
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const recorder = {
    event: (_batch: Batch, slot: number, event: SlotEvent, done: () => void) => {
      events.push(`${event} ${slot}`);
      waiting.push(done);
    },
  };
  const outcomes = new Outcomes({
    route: aRoute(),
    recorder: recorder as unknown as OutcomeDeps['recorder'],
    index: new BroadcastIndex({ store: { prefix: 't:' } as Store }),
    tally: new Tally(),
    now: () => nowMs,
    onThrottled: () => {},
    windowTried: () => false,
    onWork: () => {},
  });
  outcomes.add(run);
  return { run, outcomes, events, durable: () => waiting.shift()!() };
}

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
    const { run, outcomes, events, durable } = submitted(SHORT_TEXT, expires - 1);
    outcomes.response(run.addresses[0]![3]!, STATUS.ESME_RTHROTTLED, '', () => {});
    expect(events).toEqual(['runOut 3']);
    durable();
    expect(run.take(1, expires + LATER_MS)).toBeUndefined();
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
});
