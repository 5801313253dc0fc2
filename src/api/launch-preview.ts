/** What a launch would ask for and take: shown with the texts, before anyone approves them (R21). */
import { type Forecast, forecast, loadsOf } from '../broadcasts/forecast.ts';
import { launchPhrase } from '../broadcasts/launch.ts';
import { type OrderRule, routesOfRegion } from '../broadcasts/route-choice.ts';
import type { Route } from '../broadcasts/routes.ts';
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
    const lanes = renderings.map(({ region, recipients, segments }) => {
      return { segments: recipients * segments, routes: routesOfRegion(routes, order, notice, region) };
    });
    return { problems, launchPhrase: phrase, forecast: forecast(loadsOf(lanes, routes), nowMs) };
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    const { code, message } = error;
    return { problems: [...problems, { code, at: '/route', message }], launchPhrase: phrase };
  }
}
