/** What a launch would ask for and take: shown with the texts, before anyone approves them (R21). */
import { type Forecast, forecast, loadsOf } from '../broadcasts/forecast.ts';
import { launchPhrase } from '../broadcasts/launch.ts';
import { type OrderRule, routeIds, routesOfRegion } from '../broadcasts/route-choice.ts';
import type { Route } from '../broadcasts/routes.ts';
import { segmentsOnWire, whyNotCarried } from '../broadcasts/wire-text.ts';
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import type { Preview } from '../notices/preview.ts';

export interface LaunchPreview {
  readonly problems: Preview['problems'];
  readonly launchPhrase: string;
  /** Without a usable route there is no forecast, and a problem says why. */
  readonly forecast?: Forecast;
}

export function launchOf(
  preview: Preview,
  notice: Notice,
  { routes, order = [] }: { routes: readonly Route[]; order?: readonly OrderRule[] | undefined },
  nowMs: number,
): LaunchPreview {
  const { renderings, totals, problems } = preview;
  const phrase = launchPhrase(notice, totals.recipients);
  try {
    const lanes = renderings.map((rendering) => {
      const mayCarry = routesOfRegion(routes, order, notice, rendering.region);
      const those = routeIds(mayCarry).map((id) => routes.find((route) => route.id === id)!);
      // As many as the first of them needs: a route may write all in UCS-2.
      const segments = rendering.recipients * segmentsOnWire(rendering, those[0]!);
      const refusals = those.map((route) => whyNotCarried(rendering, route));
      return { segments, routes: mayCarry, refused: refusals.every((fault) => fault) ? refusals[0] : undefined };
    });
    const refused = lanes.flatMap(({ refused: fault }) => (fault ? [{ code: 'text_not_carried', ...fault }] : []));
    const known = forecast(loadsOf(lanes, routes), nowMs);
    return { problems: [...problems, ...refused], launchPhrase: phrase, forecast: known };
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    const { code, message } = error;
    return { problems: [...problems, { code, at: '/route', message }], launchPhrase: phrase };
  }
}
