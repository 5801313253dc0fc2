import { WindowLearner } from '../../src/dispatch/window-learner.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { STATUS } from '../../src/smpp/constants.ts';

const ROUND_TRIP_MS = 200;

/**
 * An SMSC on one link, and a client that always fills its window: a round trip a step. What is beyond the SMSC's window
 * is refused, and so is what `refuses` says.
 */
function model(widest: number, smsc: { window?: number; refuses?: () => boolean }) {
  const clock = { ms: 0 };
  const limits: number[] = [];
  const flying = { inFlight: 0 };
  const learner = new WindowLearner({
    widest,
    onLimit: (places) => limits.push(places),
    outstanding: () => flying.inFlight,
    now: () => clock.ms,
  });
  const run = (forMs: number) => {
    let accepted = 0;
    let refused = 0;
    for (const end = clock.ms + forMs; clock.ms < end; clock.ms += ROUND_TRIP_MS) {
      const sent = learner.limit;
      const answers = Array.from({ length: sent }, (_, i) => i < (smsc.window ?? sent) && !smsc.refuses?.());
      // The refusals come first: the SMSC does not wait with them.
      for (const [i, isAccepted] of [...answers].sort().entries()) {
        flying.inFlight = sent - i - 1;
        learner.answered(isAccepted ? STATUS.ESME_ROK : STATUS.ESME_RMSGQFUL, flying);
        if (isAccepted) accepted += 1;
        else refused += 1;
      }
    }
    return { accepted, refused, part: refused / (accepted + refused) };
  };
  return { learner, limits, run, smsc };
}

describe('the window of a route', () => {
  test('stays as it is configured while nothing is refused', () => {
    const { limits, run } = model(500, {});
    run(60_000);
    expect(limits).toEqual([]);
  });

  test.each([
    [500, 10],
    [500, 100],
    [500, 300],
    [500, 450],
    [50, 1],
    [50, 3],
    [20, 10],
    [10_000, 50],
  ])('of %i is learned to be %i, within seconds', (widest, window) => {
    const { learner, run } = model(widest, { window });
    run(5_000);
    expect(learner.limit).toBeLessThanOrEqual(Math.ceil(window * 1.1));
    expect(learner.limit).toBeGreaterThanOrEqual(Math.floor(window / 2));
    // From then on little is refused, though the window is tried out now and then.
    expect(run(120_000).part).toBeLessThan(0.08);
    expect(learner.limit).toBeGreaterThanOrEqual(Math.floor(window * 0.7));
  });

  test('widens again when the SMSC takes more, up to what is configured and no further', () => {
    const { learner, run, smsc, limits } = model(100, { window: 20 });
    run(5_000);
    expect(learner.limit).toBeLessThanOrEqual(22);
    smsc.window = 1_000;
    run(30 * 60_000);
    expect(learner.limit).toBe(100);
    expect(Math.max(...limits)).toBe(100);
  });

  test('is never less than one, even where nothing is taken at all', () => {
    const { learner, limits, run } = model(500, { refuses: () => true });
    run(10_000);
    expect(Math.min(...limits)).toBe(1);
    expect(learner.limit).toBe(500);
  });

  test.each([0.01, 0.1, 0.3, 0.9])(
    'quirk 23: is no cause of refusals that come at any window: of %d of all recipients',
    (part) => {
      const random = new SeededRandom(7);
      const { learner, limits, run } = model(500, { refuses: () => random.chance(part) });
      run(55_000);
      expect(learner.limit).toBe(500);
      // One look into it, and then no more for a while.
      expect(limits.length).toBeLessThanOrEqual(5);
      expect(learner.trying).toBe(false);
    },
  );

  test('is learned from ESME_RSUBMITFAIL too, and from no other status', () => {
    for (const [status, narrower] of [
      [STATUS.ESME_RSUBMITFAIL, true],
      [STATUS.ESME_RTHROTTLED, false],
      [STATUS.ESME_RINVDSTADR, false],
      [STATUS.ESME_RSYSERR, false],
    ] as const) {
      const flying = { inFlight: 99 };
      const learner = new WindowLearner({ widest: 100, onLimit: () => {}, outstanding: () => 99, now: () => 0 });
      for (let i = 0; i < 200; i += 1) learner.answered(status, flying);
      expect(learner.limit < 100).toBe(narrower);
    }
  });

  test('is not looked into where one was in flight: that is never too many', () => {
    const learner = new WindowLearner({ widest: 500, onLimit: () => {}, outstanding: () => 0, now: () => 0 });
    for (let i = 0; i < 200; i += 1) learner.answered(STATUS.ESME_RMSGQFUL, { inFlight: 0 });
    expect(learner.trying).toBe(false);
    learner.answered(STATUS.ESME_RMSGQFUL, { inFlight: 1 });
    expect(learner.trying).toBe(true);
  });

  test('is cut by half of what was in flight, not of what might have been', () => {
    const learner = new WindowLearner({ widest: 500, onLimit: () => {}, outstanding: () => 160, now: () => 0 });
    for (let i = 0; i < 220; i += 1) {
      learner.answered(i % 8 === 0 ? STATUS.ESME_RMSGQFUL : STATUS.ESME_ROK, { inFlight: 39 });
    }
    expect(learner.limit).toBe(20);
    expect(learner.trying).toBe(true);
  });
});
