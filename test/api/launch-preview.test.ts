import { launchOf } from '../../src/api/launch-preview.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import type { Preview } from '../../src/notices/preview.ts';
import { aNotice, aRendering, aRoute, NOW } from '../broadcasts/builders.ts';

const TEXT = 'Le 15 est rétabli. '.repeat(8).trim();
const rendering = { ...aRendering('35', 'fr', { text: TEXT, units: TEXT.length }), recipients: 1_000 };
const preview: Preview = {
  frozen: true,
  renderings: [rendering],
  regions: [],
  totals: { recipients: 1_000, segments: 1_000 },
  problems: [],
  waived: [],
  warnings: [],
};
const seen = (...routes: Route[]) => launchOf(preview, aNotice(), { routes }, NOW);

describe('the preview of a launch', () => {
  test('quirk 25: names a text that no route can carry, before anybody approves it', () => {
    const plain = aRoute({ alphabet: 'ascii' });
    expect(seen(plain).problems).toEqual([
      {
        code: 'text_not_carried',
        at: '/renderings/35/fr',
        message: expect.stringMatching(/"drill" has ascii.*U\+00E9/),
      },
    ]);
    expect(seen(plain, aRoute({ id: 'other' })).problems).toEqual([]);
    expect(seen(aRoute({ alphabet: 'latin1' })).problems).toEqual([]);
  });

  test('forecasts the segments that the route takes, which may be more than were approved', () => {
    const rate = { segmentsPerSecond: 100 };
    expect(TEXT.length).toBeGreaterThan(2 * 67);
    expect(seen(aRoute(rate)).forecast).toMatchObject({ segments: 1_000, seconds: 10 });
    expect(seen(aRoute({ ...rate, alphabet: 'ucs2' })).forecast).toMatchObject({ segments: 3_000, seconds: 30 });
  });
});
