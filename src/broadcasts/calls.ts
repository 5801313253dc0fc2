/** Everything the API asks of broadcasts, with what it needs given once. */
import type { Audiences } from '../audience/audiences.ts';
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import type { Records } from '../store/records.ts';
import { auditReading } from './audited-readings.ts';
import { cancel, pause, resume } from './control.ts';
import { halt, lift, readHalt } from './halt.ts';
import { launch } from './launch.ts';
import { ProgressReader } from './progress.ts';
import { ALL_ROUTES, orderReconnect } from './reconnects.ts';
import { repliesTo } from './replies.ts';
import type { OrderRule } from './route-choice.ts';
import { routeHealth } from './route-health.ts';
import type { Route } from './routes.ts';

export function broadcastCalls(deps: {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly routes: readonly Route[];
  readonly order?: readonly OrderRule[];
  readonly audiences: Audiences;
  readonly now?: () => number;
}) {
  const { store, notices, routes, order = [], audiences, now = Date.now } = deps;
  const groupsOf = async (audience: string) => (await audiences.usable(audience)).value.groups;
  const reader = new ProgressReader({ store, now });
  return {
    launch: (noticeId: string, phrase: string, by: Person) =>
      launch({ store, notices, routes, order, groupsOf, now }, noticeId, phrase, by),
    pause: (id: string, by: Person) => pause(store, id, by),
    resume: (id: string, by: Person) => resume(store, id, by),
    cancel: (id: string, by: Person) => cancel(store, id, by, now),
    halt: (by: Person, reason?: string) => halt(store, by, reason, now),
    lift: (by: Person, reason: string) => lift(store, by, reason, now),
    halted: () => readHalt(store),
    /** One route, or all. Throws `not-found` / `unknown_route`. */
    reconnect: async (route: string | undefined, by: Person) => {
      const known = routes.map(({ id }) => id);
      if (route !== undefined && !known.includes(route)) {
        throw new TocsinError('not-found', 'unknown_route', `There is no route "${route}"`);
      }
      const { value } = await orderReconnect(store, route ?? ALL_ROUTES, by, now);
      return { routes: route === undefined ? known : [route], at: value.at, by: value.by };
    },
    progress: (id: string) => reader.read(id),
    replies: async (id: string, by: Person) => {
      await auditReading(store, 'replies', id, by);
      return repliesTo(store, (audience, number) => audiences.locate(audience, number), id);
    },
    routeHealth: async () => {
      const summaries = await routeHealth(
        store,
        routes.map(({ id }) => id),
        now(),
      );
      return Object.fromEntries(summaries.map((summary) => [summary.route, summary]));
    },
  };
}
