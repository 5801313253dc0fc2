import { AnswerWatch } from '../../src/dispatch/answer-watch.ts';
import { Tally } from '../../src/dispatch/tally.ts';

const OK = 0;
const REFUSED = 8;

function watched(responseTimeoutMs = 10_000) {
  const tally = new Tally();
  const watch = new AnswerWatch({ tally, responseTimeoutMs, now: 0 });
  const answer = (good: number, refused = 0, throttled = 0) => {
    for (let i = 0; i < good; i += 1) tally.response(OK);
    for (let i = 0; i < refused + throttled; i += 1) {
      tally.response(REFUSED);
      tally.refusal(i < throttled);
    }
  };
  const look = (now: number, { bound = 1, inFlight = 0 } = {}) => watch.look({ bound, inFlight, now });
  return { answer, look };
}

test('tells the answers of the last second, each in one sample', () => {
  const { answer, look } = watched();
  answer(5, 3, 2);
  expect(look(1_000).answers).toEqual({ good: 5, refused: 3, throttled: 2, ms: 1_000 });
  answer(1);
  expect(look(1_200).answers.good).toBe(5);
  expect(look(2_000).answers).toEqual({ good: 1, refused: 0, throttled: 0, ms: 1_000 });
  expect(look(3_000).answers.good).toBe(0);
});

test('remembers the best second', () => {
  const { answer, look } = watched();
  answer(400);
  look(2_000);
  expect(look(3_000).best).toBe(200);
});

test('tells for how long no link has been bound', () => {
  const { look } = watched();
  expect(look(700, { bound: 0 }).unboundMs).toBe(700);
  expect(look(1_000).unboundMs).toBe(0);
  expect(look(3_000, { bound: 0 }).unboundMs).toBe(2_000);
});

test('is silent when something waits and nothing was answered for 2.5 s, or a quarter of a longer patience', () => {
  for (const [responseTimeoutMs, silentMs] of [
    [2_000, 2_500],
    [10_000, 2_500],
    [40_000, 10_000],
  ] as const) {
    const { answer, look } = watched(responseTimeoutMs);
    answer(1);
    expect(look(1_000, { inFlight: 9 }).silent).toBe(false);
    expect(look(1_000 + silentMs - 1, { inFlight: 9 }).silent).toBe(false);
    expect(look(1_000 + silentMs, { inFlight: 9 }).silent).toBe(true);
    answer(0, 1);
    expect(look(60_000, { inFlight: 8 }).silent).toBe(false);
    expect(look(120_000).silent).toBe(false);
  }
});
