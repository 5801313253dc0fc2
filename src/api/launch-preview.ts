/** What a launch would ask for and take: shown with the texts, before anyone approves them (R21). */
import { type Forecast, forecast } from '../broadcasts/forecast.ts';
import { launchPhrase } from '../broadcasts/launch.ts';
import { type Route, routeFor } from '../broadcasts/routes.ts';
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import type { Preview } from '../notices/preview.ts';

export interface LaunchPreview {
  readonly problems: Preview['problems'];
  readonly launchPhrase: string;
  /** Without a usable route there is no forecast, and a problem says why. */
  readonly route?: string;
  readonly forecast?: Forecast;
}

export function launchOf(preview: Preview, notice: Notice, routes: readonly Route[], nowMs: number): LaunchPreview {
  const { totals, problems } = preview;
  const phrase = launchPhrase(notice, totals.recipients);
  try {
    const route = routeFor(routes, notice);
    return { problems, launchPhrase: phrase, route: route.id, forecast: forecast(totals.segments, route, nowMs) };
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    const { code, message } = error;
    return { problems: [...problems, { code, at: '/route', message }], launchPhrase: phrase };
  }
}
