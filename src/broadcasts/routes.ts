/**
 * What a route is: one SMSC account, its limits and its habits. What cannot be is refused with the name of its field; a
 * live route never carries an exercise, nor the reverse (R6). Reading the routes file is routes-file.ts.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type Fault, TocsinError } from '../errors.ts';
import { durabilityFaults } from '../store/durability.ts';

const GSM_SENDER = /^[A-Za-z0-9 ]{1,11}$/;
const milliseconds = (byDefault: number, what: string) =>
  z.number().int().min(10).max(600_000).default(byDefault).describe(`${what}, in ms`);

const idRule = z
  .strictObject({
    base: z.enum(['text', 'hexToDecimal', 'decimalToHex']).default('text'),
    stripLeadingZeros: z.boolean().default(false),
    caseFold: z.boolean().default(false),
  })
  .prefault({});

export const routeSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be up to 32 small letters, digits and -'),
    kind: z.enum(['live', 'exercise']).describe('live carries Actual notices, exercise carries Exercise and Test'),
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    systemId: z.string().min(1).max(15),
    password: z.string().max(8, 'SMPP 3.4 §5.2.2 allows 8 characters').optional(),
    passwordFile: z.string().optional().describe('read instead of password, relative to the routes file'),
    systemType: z.string().max(12).default(''),
    interfaceVersion: z.literal([0x33, 0x34, 0x50]).default(0x34),
    links: z.number().int().min(1).max(64).default(4).describe('sessions that each dispatcher process binds'),
    window: z.number().int().min(1).max(10_000).default(500).describe('submissions in flight on a link'),
    segmentsPerSecond: z
      .number()
      .min(1)
      .max(1_000_000)
      .nullable()
      .default(null)
      .describe('rate shared by all processes; null for no limit'),
    regionSegmentsPerSecond: z
      .record(
        z.string().regex(/^(\*|0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-46])$/, 'must be the code of a département, or *'),
        z.number().min(1).max(1_000_000),
      )
      .default({})
      .describe('caps by region, shared by all processes; * is for every region that has none of its own'),
    sender: z
      .strictObject({
        address: z.string(),
        ton: z.number().int().min(0).max(6).default(5),
        npi: z.number().int().min(0).max(18).default(0),
      })
      .describe('up to 11 GSM characters with TON 5, or a short code'),
    destination: z
      .strictObject({
        ton: z.number().int().min(0).max(6).default(1),
        npi: z.number().int().min(0).max(18).default(1),
      })
      .prefault({}),
    concatenation: z.enum(['udh', 'sar', 'payload']).default('udh'),
    receipts: z
      .strictObject({
        /** `each`: a receipt for every segment; `last`: one for the last segment only. */
        segments: z.enum(['each', 'last']).default('each'),
        responseId: idRule,
        receiptId: idRule,
      })
      .prefault({}),
    responseTimeoutMs: milliseconds(10_000, 'a response that takes longer leaves its submission in doubt'),
    enquireLinkMs: milliseconds(15_000, 'silence after which the link is probed'),
    enquireLinkTimeoutMs: milliseconds(10_000, 'a probe unanswered for longer closes the link'),
    bindTimeoutMs: milliseconds(10_000, 'a bind unanswered for longer is given up'),
    reconnectMinMs: milliseconds(250, 'first pause before binding again'),
    reconnectMaxMs: milliseconds(15_000, 'longest pause before binding again'),
    retryDelayMs: milliseconds(1_000, 'first pause after a temporary refusal; doubles each time'),
    maxAttempts: z.number().int().min(1).max(100).default(20).describe('submissions of one text to one recipient'),
    statuses: z
      .record(z.string().regex(/^0x[0-9a-fA-F]{1,8}$/), z.enum(['retry', 'throttle', 'refuse', 'refuseDestination']))
      .default({})
      .describe('what a command_status means at this SMSC, where it differs from the table of retry-table.ts'),
  })
  .superRefine((route, context) => {
    if (route.sender.ton === 5 && !GSM_SENDER.test(route.sender.address)) {
      context.addIssue({
        code: 'custom',
        path: ['sender', 'address'],
        message: 'must be 1 to 11 letters, digits or spaces',
      });
    }
    if (route.sender.ton !== 5 && !/^\d{3,15}$/.test(route.sender.address)) {
      context.addIssue({ code: 'custom', path: ['sender', 'address'], message: 'must be digits, or have ton 5' });
    }
    if (route.reconnectMinMs > route.reconnectMaxMs) {
      context.addIssue({ code: 'custom', path: ['reconnectMinMs'], message: 'is above reconnectMaxMs' });
    }
    if (route.password !== undefined && route.passwordFile !== undefined) {
      context.addIssue({ code: 'custom', path: ['passwordFile'], message: 'is set together with password' });
    }
  });

export type Route = Omit<z.infer<typeof routeSchema>, 'passwordFile'> & { readonly password: string };

/** The route for a notice: the one it names, else the first of the right kind. Throws `wrong_route_kind`, `unknown_route`. */
export function routeFor(
  routes: readonly Route[],
  notice: { readonly status: 'Actual' | 'Exercise' | 'Test'; readonly route?: string | undefined },
): Route {
  const kind = notice.status === 'Actual' ? 'live' : 'exercise';
  const named = notice.route;
  const route = named === undefined ? routes.find((r) => r.kind === kind) : routes.find((r) => r.id === named);
  if (!route) {
    const message = named === undefined ? `There is no ${kind} route` : `There is no route "${named}"`;
    throw new TocsinError('invalid', 'unknown_route', message, { faults: [{ at: '/route', message }] });
  }
  if (route.kind !== kind) {
    const message = `${notice.status} notices go to ${kind} routes only; "${route.id}" is ${route.kind}`;
    throw new TocsinError('invalid', 'wrong_route_kind', message, { faults: [{ at: '/route', message }] });
  }
  return route;
}

/** What Redis lacks for the live routes; none where every route is for exercises. It can change while a process runs. */
export async function liveRouteFaults(redis: Redis, routes: readonly Route[]): Promise<Fault[]> {
  return routes.some(({ kind }) => kind === 'live') ? durabilityFaults(redis) : [];
}

/** Refuses to start with live routes on a Redis that may forget. Throws `unavailable` / `store_not_durable`. */
export async function requireDurableStore(redis: Redis, routes: readonly Route[]): Promise<void> {
  const faults = await liveRouteFaults(redis, routes);
  if (faults.length === 0) return;
  const live = routes.filter(({ kind }) => kind === 'live').map(({ id }) => id);
  const message = `Redis is not durable, so live routes are refused: ${live.join(', ')}`;
  throw new TocsinError('unavailable', 'store_not_durable', message, { faults });
}
