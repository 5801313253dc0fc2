import { clockOf, noticeClock } from '../../src/notices/clock.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, inputOf, noticeOf, noticesOver, refusalOf } from './samples.ts';

const DETECTED = '2021-06-02T16:45:00+02:00';
const DETECTED_MS = Date.parse(DETECTED);
const CREATED = '2021-06-02T15:00:00Z';
const minutes = (n: number): number => DETECTED_MS + n * 60_000;

describe('R20: the clock of a notice', () => {
  test.each([
    [0, 0, 30],
    [12.34, 12.3, 17.7],
    [30, 30, 0],
    [125, 125, -95],
  ])('%d minutes after detection says %d, and that %d of 30 are left', (after, passed, left) => {
    const notice = noticeOf({ detectedAt: DETECTED });
    expect(noticeClock(notice, minutes(after))).toEqual({
      detectedAt: DETECTED,
      targetAt: '2021-06-02T15:15:00.000Z',
      targetMinutes: 30,
      minutes: passed,
      minutesLeft: left,
      running: true,
    });
  });

  test('runs from the creation where nobody said when it was detected', () => {
    const clock = noticeClock(noticeOf({ createdAt: CREATED }), Date.parse(CREATED) + 60_000);
    expect(clock).toMatchObject({ detectedAt: CREATED, minutes: 1 });
  });

  test.each(['launched', 'cancelled'] as const)('stops when it is %s', (stage) => {
    const notice = noticeOf({ detectedAt: DETECTED, timings: { [stage]: new Date(minutes(9)).toISOString() } });
    expect(noticeClock(notice, minutes(500))).toMatchObject({ minutes: 9, minutesLeft: 21, running: false });
  });

  test('R7: of a follow-up has two minutes, from its order', () => {
    const notice = noticeOf({ followsUp: 'n0', createdAt: CREATED });
    expect(noticeClock(notice, Date.parse(CREATED) + 30_000)).toMatchObject({
      targetMinutes: 2,
      minutes: 0.5,
      minutesLeft: 1.5,
    });
  });

  test('never says minus zero', () => {
    const clock = clockOf({ createdAt: CREATED, followUp: false }, Date.parse(CREATED) - 1);
    expect(Object.is(clock.minutes, 0)).toBe(true);
  });
});

describe('R20: the time of detection', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  test('is refused in the future, when written and when changed', async () => {
    const { notices, world } = noticesOver(store);
    const later = new Date(world.nowMs + 1).toISOString();
    const written = await refusalOf(() => notices.create(inputOf({ detectedAt: later }), AUTHOR));
    expect(written).toMatchObject({ code: 'detected_in_future', faults: [{ at: '/detectedAt' }] });
    const { id } = await notices.create(inputOf(), AUTHOR);
    const changed = await refusalOf(() => notices.change(id, { detectedAt: later }, AUTHOR));
    expect(changed).toMatchObject({ code: 'detected_in_future' });
  });

  test('is the first of the timings of a submitted notice', async () => {
    const { notices } = noticesOver(store);
    const { id } = await notices.create(inputOf({ detectedAt: DETECTED }), AUTHOR);
    const { value } = await notices.submit(id, AUTHOR);
    expect(value.timings).toMatchObject({ detected: DETECTED, created: value.createdAt });
    expect((await notices.preview(id)).clock).toMatchObject({ detectedAt: DETECTED, minutes: 20, minutesLeft: 10 });
  });
});
