/**
 * Orders to bind links anew: counters in one record, so that a process which missed the message obeys at its next look,
 * and one that obeyed already does not do it again.
 */
import { TocsinError } from '../errors.ts';
import { tellControl } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { Records, type Stored } from '../store/records.ts';

export interface ReconnectOrders {
  /** How often all routes were told to. */
  readonly all: number;
  /** How often one route was told to, by its id. */
  readonly routes: Readonly<Record<string, number>>;
  /** RFC 3339: of the last order. */
  readonly at: string;
  readonly by: string;
}

/** All routes, in an order. */
export const ALL_ROUTES = '*';

const ID = 'all';
const MAX_ROUNDS = 20;

const orderRecords = (store: Store) => new Records<ReconnectOrders>(store, 'reconnects');

export const readReconnects = async (store: Store): Promise<ReconnectOrders | undefined> =>
  (await orderRecords(store).find(ID))?.value;

/** Grows with every order that concerns the route. */
export const ordersFor = (orders: ReconnectOrders | undefined, route: string): number =>
  (orders?.all ?? 0) + (orders?.routes[route] ?? 0);

/** Tells every link of a route, or of all, in every process to bind anew. The caller knows that the route exists. */
export async function orderReconnect(
  store: Store,
  route: string,
  by: Person,
  now: () => number,
): Promise<Stored<ReconnectOrders>> {
  const records = orderRecords(store);
  const act = { actor: by.actor, action: 'routes.reconnect', subject: `route/${route}` };
  for (let round = 1; ; round += 1) {
    const current = await records.find(ID);
    const { all = 0, routes = {} } = current?.value ?? {};
    const told = { at: new Date(now()).toISOString(), by: by.person };
    const value: ReconnectOrders =
      route === ALL_ROUTES
        ? { all: all + 1, routes, ...told }
        : { all, routes: { ...routes, [route]: (routes[route] ?? 0) + 1 }, ...told };
    try {
      const written = await records.update(current ?? { id: ID, version: 0 }, value, act);
      await tellControl(store, { reconnect: route });
      return written;
    } catch (error) {
      const raced = error instanceof TocsinError && error.code === 'version_conflict';
      if (!raced || round === MAX_ROUNDS) throw error;
    }
  }
}
