import { forecast, loadsOf, UNLIMITED_SEGMENTS_PER_SECOND } from '../../src/broadcasts/forecast.ts';
import { at, NOW, onRoutes } from './builders.ts';

describe('R21: the forecast of a broadcast', () => {
  test('goes by the limit of the route, in segments', () => {
    expect(forecast([{ segments: 60_000, segmentsPerSecond: 1_000 }], NOW)).toEqual({
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
      expect(forecast([{ segments: UNLIMITED_SEGMENTS_PER_SECOND * 10, segmentsPerSecond }], NOW)).toMatchObject({
        segmentsPerSecond: UNLIMITED_SEGMENTS_PER_SECOND,
        limitedBy: 'machine',
        seconds: 10,
        finishAt: at(10_000),
      });
    },
  );

  test('waits for the slowest of several routes, each with its share; those that stand by do not count', () => {
    const shared = {
      share: [
        { route: 'a', weight: 3 },
        { route: 'b', weight: 1 },
      ],
      standBy: ['c'],
    };
    const lanes = [
      { segments: 8_000, routes: shared },
      { segments: 1_000, routes: onRoutes('b', 'a') },
    ];
    const routes = [
      { id: 'a', segmentsPerSecond: 1_000 },
      { id: 'b', segmentsPerSecond: 100 },
      { id: 'c', segmentsPerSecond: 1 },
    ];
    const loads = loadsOf(lanes, routes);
    expect(loads.map(({ segments }) => segments)).toEqual([6_000, 3_000]);
    expect(forecast(loads, NOW)).toMatchObject({
      segments: 9_000,
      segmentsPerSecond: 300,
      limitedBy: 'route',
      seconds: 30,
    });
  });

  test('of nothing ends at once', () => {
    expect(forecast([{ segments: 0, segmentsPerSecond: 1 }], NOW)).toMatchObject({ seconds: 0, finishAt: at(0) });
  });
});
