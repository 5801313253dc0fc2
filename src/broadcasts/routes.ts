/**
 * What a route is: one SMSC account, its limits and its habits. What cannot be is refused with the name of its field; a
 * live route never carries an exercise, nor the reverse (R6). Reading the routes file is routes-file.ts.
 */
import { z } from 'zod';
import { type Fault, TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { durabilityFaults } from '../store/durability.ts';
import { contradictions } from './route-contradictions.ts';
import { type RouteTls, tlsSchema } from './route-tls.ts';

/**
 * What a command_status means. `retry`: this recipient again, with growing delay, until the notice expires. `retryFew`:
 * the same, `maxAttempts` times at most. `throttle`: the account is too fast, so the route slows down. `queueFull`: this
 * recipient again; the route slows down only where it meets many recipients. `refuse`: final. `refuseDestination`: final,
 * the number itself is at fault.
 */
export const STATUS_ACTIONS = ['retry', 'retryFew', 'throttle', 'queueFull', 'refuse', 'refuseDestination'] as const;

export type StatusAction = (typeof STATUS_ACTIONS)[number];

const milliseconds = (byDefault: number, what: string) =>
  z.number().int().min(10).max(600_000).default(byDefault).describe(`${what}, in ms`);

const MAX_RATE = 1_000_000;
const rate = z.number().min(1).max(MAX_RATE);
const MAX_LINKS = 64;
const links = z.number().int().min(1).max(MAX_LINKS);
/** More in flight on one link than this is no window any more: a lost link would put all of it in doubt. */
const MAX_WINDOW = 10_000;
const window = z.number().int().min(1).max(MAX_WINDOW);
const ton = z.number().int().min(0).max(6);
/** SMPP 3.4 §5.2.6. */
const npi = z.literal([0, 1, 3, 4, 6, 8, 9, 10, 14, 18]);

const idRule = z
  .strictObject({
    base: z
      .enum(['text', 'hexToDecimal', 'decimalToHex'])
      .default('text')
      .describe('`text` leaves the id; the others convert it, whatever its length'),
    stripLeadingZeros: z.boolean().default(false).describe('take zeros off the front'),
    caseFold: z.boolean().default(false).describe('make letters small'),
  })
  .prefault({});

const receipts = z
  .strictObject({
    segments: z
      .enum(['each', 'last', 'first'])
      .default('each')
      .describe('which segments of a text get a receipt: its slot waits for all of them, or for the one'),
    otherSegments: z
      .enum(['failures', 'none'])
      .default('failures')
      .describe('what is asked for the other segments under `last` and `first`: a receipt of failure only, or none'),
    responseId: idRule.describe('what is done to ids of submit_sm_resp before ids are compared'),
    receiptId: idRule.describe('what is done to ids of receipts before ids are compared'),
  })
  .prefault({});

export const routeSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be up to 32 small letters, digits and -')
      .describe('name of the route: in notices, metrics and the ledger'),
    kind: z.enum(['live', 'exercise']).describe('`live` carries Actual notices, `exercise` carries Exercise and Test'),
    host: z.string().min(1).describe('address of the SMSC'),
    port: z.number().int().min(1).max(65_535).describe('its port'),
    tls: tlsSchema.optional().describe('speak TLS with the SMSC (smpps), and nothing else'),
    systemId: z.string().min(1).max(15).describe('system_id of the account'),
    password: z.string().max(8, 'SMPP 3.4 §5.2.2 allows 8 characters').optional().describe('its password'),
    passwordFile: z.string().optional().describe('file that holds the password, from the folder of the routes file'),
    systemType: z.string().max(12).default('').describe('system_type of the bind'),
    interfaceVersion: z
      .literal([0x33, 0x34, 0x50])
      .default(0x34)
      .describe('interface_version of the bind: 51 is SMPP 3.3, 52 is 3.4, 80 is 5.0'),
    links: links.default(4).describe('sessions that each dispatcher process binds'),
    window: window.default(500).describe('submissions in flight on a link'),
    segmentsPerSecond: rate
      .nullable()
      .default(null)
      .describe('rate shared by all processes, in segments a second; null for no limit'),
    regionSegmentsPerSecond: z
      .record(
        z.string().regex(/^(\*|0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-46])$/, 'must be the code of a département, or *'),
        rate,
      )
      .default({})
      .describe('caps by region, shared by all processes; `*` is for every region that has none of its own'),
    contract: z
      .strictObject({
        links: links.optional().describe('most sessions of the account'),
        window: window.optional().describe('most submissions in flight on a session'),
        segmentsPerSecond: rate.optional().describe('most segments a second'),
      })
      .prefault({})
      .describe('what the operator grants; a route that would take more is refused'),
    sender: z
      .strictObject({
        address: z.string().describe('up to 11 letters, digits and spaces; or a number, in digits'),
        ton: ton.default(5).describe('type of number: 5 for letters, 1 international, 3 for a short code'),
        npi: npi.default(0).describe('numbering plan: 0 or 1 with letters'),
      })
      .describe('who the text comes from'),
    destination: z
      .strictObject({
        ton: ton.default(1).describe('type of number of the recipients, which are written as E.164'),
        npi: npi.default(1).describe('their numbering plan'),
      })
      .prefault({})
      .describe('how recipients are addressed'),
    alphabet: z
      .enum(['gsm7', 'latin1', 'ascii', 'ucs2'])
      .default('gsm7')
      .describe("how texts in GSM 7-bit's characters are written; others go as UCS-2 on every route"),
    dataCoding: z
      .number()
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe("data_coding of those texts; without it 0, the SMSC's default alphabet, and 8 for `ucs2`"),
    concatenation: z
      .enum(['udh', 'sar', 'payload'])
      .default('udh')
      .describe('texts of several segments: user data header, sar_* TLVs, or whole in message_payload'),
    receipts: receipts.describe('which receipts come, and how their ids are written'),
    cancelSm: z
      .boolean()
      .default(false)
      .describe('a cancel sends cancel_sm for what the SMSC may still hold (R12); needs its ids as they are'),
    responseTimeoutMs: milliseconds(10_000, 'a response that takes longer leaves its submission in doubt'),
    enquireLinkMs: milliseconds(15_000, 'silence after which the link is probed'),
    enquireLinkTimeoutMs: milliseconds(10_000, 'a probe unanswered for longer closes the link'),
    bindTimeoutMs: milliseconds(10_000, 'a bind unanswered for longer is given up'),
    reconnectMinMs: milliseconds(250, 'first pause before binding again'),
    reconnectMaxMs: milliseconds(15_000, 'longest pause before binding again'),
    retryDelayMs: milliseconds(1_000, 'first pause after a temporary refusal; doubles each time, to a minute'),
    maxAttempts: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe('submissions of one text to one recipient where the refusal is a code that nobody explains'),
    statuses: z
      .record(
        z.string().regex(/^0x[0-9a-fA-F]{1,8}$/, 'must be a command_status in hex, such as 0x14'),
        z.enum(STATUS_ACTIONS),
      )
      .default({})
      .describe('what a command_status means at this SMSC, where it differs from the usual'),
  })
  .superRefine((route, context) => {
    for (const { path, message } of contradictions(route)) context.addIssue({ code: 'custom', path, message });
  });

export type Route = Omit<z.infer<typeof routeSchema>, 'passwordFile' | 'tls'> & {
  readonly password: string;
  readonly tls?: RouteTls;
};

/** The cap of a region on a route, in segments a second; undefined for none. */
export const capOf = ({ regionSegmentsPerSecond: caps }: Pick<Route, 'regionSegmentsPerSecond'>, region: string) =>
  caps[region] ?? caps['*'];

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
export async function liveRouteFaults(store: Store, routes: readonly Route[]): Promise<Fault[]> {
  return routes.some(({ kind }) => kind === 'live') ? durabilityFaults(store) : [];
}

/** Refuses to start with live routes on a Redis that may forget. Throws `unavailable` / `store_not_durable`. */
export async function requireDurableStore(store: Store, routes: readonly Route[]): Promise<void> {
  const faults = await liveRouteFaults(store, routes);
  if (faults.length === 0) return;
  const live = routes.filter(({ kind }) => kind === 'live').map(({ id }) => id);
  const message = `Redis is not durable, so live routes are refused: ${live.join(', ')}`;
  throw new TocsinError('unavailable', 'store_not_durable', message, { faults });
}
