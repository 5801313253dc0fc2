/** Routes and their health. Never their accounts: what is shown is listed here, not what is hidden. */
import { z } from 'zod';
import type { RouteHealthSummary } from '../../broadcasts/route-health.ts';
import type { Route } from '../../broadcasts/routes.ts';
import { reconnection, route } from '../broadcast-schemas.ts';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';

const shownRoute = (
  { id, kind, sender, links, window, segmentsPerSecond }: Route,
  health: RouteHealthSummary | undefined,
) => ({
  id,
  kind,
  sender: sender.address,
  links,
  window,
  segmentsPerSecond,
  health,
});

export const routeCalls: readonly Call[] = [
  defineCall({
    right: 'routes.list',
    method: 'get',
    path: '/v1/routes',
    tag: 'routes',
    summary: 'List routes and their health',
    reply: { status: 200, description: 'All routes', schema: z.object({ items: z.array(route) }) },
    handle: async (_input, { routes, broadcasts }) => {
      const health = await broadcasts.routeHealth();
      return json({ items: routes.map((each) => shownRoute(each, health[each.id])) });
    },
  }),
  defineCall({
    right: 'routes.reconnectAll',
    method: 'post',
    path: '/v1/routes/reconnect',
    tag: 'routes',
    summary: 'Make every link of every route bind anew, in every process',
    description: 'Each reads what is outstanding, unbinds, and comes back after a random pause: nothing is lost.',
    reply: { status: 202, description: 'Told to all', schema: reconnection },
    handle: async ({ caller }, { broadcasts }) => json(await broadcasts.reconnect(undefined, caller)),
  }),
  defineCall({
    right: 'routes.reconnect',
    method: 'post',
    path: '/v1/routes/:id/reconnect',
    tag: 'routes',
    summary: 'Make every link of one route bind anew, in every process',
    params: { id: z.string() },
    reply: { status: 202, description: 'Told to all', schema: reconnection },
    handle: async ({ params: { id }, caller }, { broadcasts }) => json(await broadcasts.reconnect(id, caller)),
  }),
];
