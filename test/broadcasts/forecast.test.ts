import { forecast, UNLIMITED_SEGMENTS_PER_SECOND } from '../../src/broadcasts/forecast.ts';
import { at, NOW } from './builders.ts';

describe('R21: the forecast of a broadcast', () => {
  test('goes by the limit of the route, in segments', () => {
    expect(forecast(60_000, { segmentsPerSecond: 1_000 }, NOW)).toEqual({
      segments: 60_000,
      segmentsPerSecond: 1_000,
      limitedBy: 'route',
      seconds: 60,
      finishAt: at(60_000),
    });
  });

  test.each([null, UNLIMITED_SEGMENTS_PER_SECOND, 1_000_000])(
    'goes by the machine where the route allows %p a second',
    (segmentsPerSecond) => {
      expect(forecast(UNLIMITED_SEGMENTS_PER_SECOND * 10, { segmentsPerSecond }, NOW)).toMatchObject({
        segmentsPerSecond: UNLIMITED_SEGMENTS_PER_SECOND,
        limitedBy: 'machine',
        seconds: 10,
        finishAt: at(10_000),
      });
    },
  );

  test('of nothing ends at once', () => {
    expect(forecast(0, { segmentsPerSecond: 1 }, NOW)).toMatchObject({ seconds: 0, finishAt: at(0) });
  });
});
