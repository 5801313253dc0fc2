/** Which routes a launch gives to whom. */
import { planRecords } from '../../src/broadcasts/broadcast.ts';
import { aRendering, aRoute, onRoutes } from './builders.ts';
import { LIVE, launchFixture, PHRASE } from './launching.ts';

describe('a launch', () => {
  const { here, given, launchIt, expectNothingDone } = launchFixture();

  describe('with several routes', () => {
    const routes = [aRoute({ id: 'a' }), aRoute({ id: 'b' }), aRoute({ id: 'c' })];
    const lanes = async () => (await planRecords(here.store).get('b1')).value.lanes;

    test('gives each lane those of its region, by the order in force', async () => {
      await given();
      const share = [
        { route: 'b', weight: 2 },
        { route: 'c', weight: 1 },
      ];
      const order = [{ regions: ['35'], share, standBy: ['a'] }];
      expect((await launchIt(PHRASE, { routes, order })).value.routes).toEqual(['a', 'b', 'c']);
      expect((await lanes()).map(({ region, routes: of }) => [region, of])).toEqual([
        ['2A', onRoutes('a', 'b', 'c')],
        ['35', { share, standBy: ['a'] }],
        ['35', { share, standBy: ['a'] }],
      ]);
    });

    test('R10: uses those only that the approval names', async () => {
      await given({ routes: { '2A': ['a', 'b'], '35': ['c', 'gone'] } });
      await launchIt(PHRASE, { routes });
      expect((await lanes()).map(({ routes: of }) => of)).toEqual([onRoutes('a', 'b'), onRoutes('c'), onRoutes('c')]);
    });

    test('R10: is refused where none of those approved is left', async () => {
      const { value } = await given({ routes: { '2A': ['a'], '35': ['gone'] } });
      await expect(launchIt(PHRASE, { routes })).rejects.toMatchObject({
        kind: 'conflict',
        code: 'routes_not_approved',
        faults: [{ at: '/routes/35' }],
      });
      await expectNothingDone(value);
    });

    test('R10: leaves out a route whose alphabet lacks a character of the text', async () => {
      const text = 'EXERCICE Le 15 ne répond pas.';
      await given({ renderings: [aRendering('2A', 'fr', { text }), aRendering('35', 'en'), aRendering('35', 'fr')] });
      const poor = aRoute({ id: 'a', alphabet: 'ascii' });
      await launchIt(PHRASE, { routes: [poor, aRoute({ id: 'b' })] });
      const [accented, ...plain] = (await lanes()).map(({ routes: of }) => of);
      expect(accented).toEqual(onRoutes('b'));
      expect(plain).toEqual([onRoutes('a', 'b'), onRoutes('a', 'b')]);
    });

    test('R10: is refused where no route has the alphabet of a text', async () => {
      const text = 'EXERCICE Le 15 ne répond pas.';
      const renderings = [aRendering('2A', 'fr', { text }), aRendering('35', 'en'), aRendering('35', 'fr')];
      const { value } = await given({ renderings });
      const launched = launchIt(PHRASE, { routes: [aRoute({ alphabet: 'ascii' })] });
      await expect(launched).rejects.toMatchObject({ kind: 'invalid', code: 'text_not_carried' });
      await expectNothingDone(value);
    });

    test('waits for as many receipts as any of them gives', async () => {
      await given({ renderings: [aRendering('2A', 'fr', { segments: 3 }), aRendering('35', 'fr')] });
      const last = aRoute({ id: 'a', receipts: { segments: 'last' } });
      await launchIt('EXERCISE 2 REGIONS 2503 RECIPIENTS', { routes: [last, aRoute({ id: 'b' })] });
      expect((await lanes()).map(({ parts }) => parts)).toEqual([3, 1]);
    });
  });

  describe('R6: exercises and the real thing never meet', () => {
    test.each([
      ['Exercise', 'main'],
      ['Test', 'main'],
      ['Actual', 'drill'],
    ] as const)('%s never goes to the route "%s", even when it is named', async (status, route) => {
      const { value } = await given({ status, route });
      const phrase = `${status.toUpperCase()} 2 REGIONS 3503 RECIPIENTS`;
      await expect(launchIt(phrase)).rejects.toMatchObject({ kind: 'invalid', code: 'wrong_route_kind' });
      await expectNothingDone(value);
    });

    test('a notice that names no route takes the first of its kind', async () => {
      await given({ status: 'Actual' });
      const { value } = await launchIt('ACTUAL 2 REGIONS 3503 RECIPIENTS');
      expect(value).toMatchObject({ routes: ['main'], status: 'Actual' });
    });

    test('the others of its kind stand by, and none of the other kind does', async () => {
      await given();
      const routes = [LIVE, aRoute(), aRoute({ id: 'drill-2' }), aRoute({ id: 'main-2', kind: 'live' })];
      expect((await launchIt(PHRASE, { routes })).value.routes).toEqual(['drill', 'drill-2']);
    });

    test('without a route of its kind there is no launch', async () => {
      await given({ status: 'Actual' });
      const launched = launchIt('ACTUAL 2 REGIONS 3503 RECIPIENTS', { routes: [aRoute()] });
      await expect(launched).rejects.toMatchObject({ code: 'unknown_route' });
    });
  });
});
