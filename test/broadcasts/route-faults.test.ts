import { viewOf } from '../../src/broadcasts/route-faults.ts';
import type { Answers, HealthReport } from '../../src/broadcasts/route-health.ts';

type Given = Partial<Omit<HealthReport, 'answers'>> & { answers?: Partial<Answers> };

const report = ({ answers, ...given }: Given = {}): HealthReport => ({
  ...{ route: 'a', links: 2, bound: 2, inFlight: 0, batches: 1, limit: 1_000, configured: 1_000, best: 900 },
  ...{ unboundMs: 0, silent: false },
  answers: { good: 0, refused: 0, throttled: 0, ms: 1_000, ...answers },
  ...given,
});
const faultOf = (...given: Given[]) => viewOf(given.map(report))?.fault;
const UNBOUND = { bound: 0, unboundMs: 2_000 };

test('nobody told: nothing is known', () => {
  expect(viewOf([])).toBeUndefined();
});

test('a route is down when no process has had a link for two seconds', () => {
  expect(faultOf(UNBOUND, UNBOUND)).toBe('down');
  expect(viewOf([report(UNBOUND)])).toEqual({ bound: false, answering: false, fault: 'down' });
  expect(faultOf(UNBOUND, {})).toBeUndefined();
  expect(faultOf(UNBOUND, { bound: 0, unboundMs: 1_900 })).toBeUndefined();
});

test('it refuses when every answer of a second does, in all processes, and they are no accident', () => {
  expect(faultOf({ answers: { refused: 10 } })).toBe('refusing');
  expect(faultOf({ answers: { refused: 4 } }, { answers: { throttled: 6 } })).toBe('refusing');
  expect(faultOf({ answers: { refused: 9 } })).toBeUndefined();
  expect(faultOf({ answers: { refused: 500 } }, { answers: { good: 1 } })).toBeUndefined();
});

test('it crawls when most answers throttle and next to nothing of its rate gets through', () => {
  expect(faultOf({ answers: { throttled: 60, good: 49 } })).toBe('crawling');
  expect(faultOf({ answers: { throttled: 60, good: 50 } })).toBeUndefined();
  expect(faultOf({ answers: { throttled: 40, good: 49 } })).toBeUndefined();
  expect(faultOf({ answers: { throttled: 60, good: 30 } }, { answers: { good: 30 } })).toBeUndefined();
});

test('it crawls when what is left of its limit is next to nothing', () => {
  expect(faultOf({ limit: 49, answers: { good: 49 } })).toBe('crawling');
  expect(faultOf({ limit: 50, answers: { good: 49 } })).toBeUndefined();
  expect(faultOf({ limit: 49, batches: 0 })).toBeUndefined();
});

test('of a route without a limit, the usual rate is the best that was seen', () => {
  const free = { configured: 0, limit: 0, best: 2_000 };
  expect(faultOf({ ...free, answers: { throttled: 500, good: 150 } }, free)).toBe('crawling');
  expect(faultOf({ ...free, answers: { throttled: 500, good: 250 } }, free)).toBeUndefined();
  expect(faultOf({ ...free, limit: 99 }, { ...free, limit: 0, batches: 0 })).toBe('crawling');
  expect(faultOf({ ...free, best: 2, answers: { throttled: 20, good: 2 } })).toBeUndefined();
});

test('it is silent when all processes wait for answers and none comes', () => {
  const waits = { inFlight: 5, silent: true };
  expect(faultOf(waits, {})).toBe('silent');
  expect(faultOf(waits, { inFlight: 5, answers: { good: 5 } })).toBeUndefined();
  expect(faultOf({ inFlight: 0, silent: true })).toBeUndefined();
});

test('an answer that is no refusal for now is a good one', () => {
  expect(viewOf([report({ answers: { good: 1 } })])).toEqual({ bound: true, answering: true });
  expect(viewOf([report()])).toEqual({ bound: true, answering: false });
});
