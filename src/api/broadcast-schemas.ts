/** The shapes of broadcasts and routes that leave the API, for its document. */
import { z } from 'zod';
import { clock } from './follow-up-schemas.ts';
import { count, counts, rendering, time, version } from './schemas.ts';

const slotCounts = counts.meta({ description: 'Recipients by slot state: pending, sending, accepted, delivered, …' });

const broadcastState = z.enum(['running', 'paused', 'cancelled', 'closed']);

export const lane = z
  .object({
    no: count,
    region: z.string(),
    language: z.string(),
    rendering,
    recipients: count,
    firstBatch: count,
    batches: count,
    parts: count.meta({ description: 'Receipts that each recipient waits for' }),
    routes: z
      .object({ share: z.array(z.object({ route: z.string(), weight: count })), standBy: z.array(z.string()) })
      .meta({ description: 'Routes that share its batches by weight, and those that stand by, in their order' }),
    released: z.boolean().meta({ description: 'Whether its region has approved, so that it may be sent' }),
  })
  .meta({ id: 'Lane' });

export const broadcast = z
  .object({
    id: z.string(),
    version,
    no: count,
    notice: z.string(),
    status: z.enum(['Actual', 'Exercise', 'Test']),
    severity: z.string(),
    routes: z.array(z.string()).meta({ description: 'All that may carry it' }),
    audience: z.string(),
    inDoubt: z.enum(['resend', 'hold']),
    expires: time,
    receiptDeadline: time,
    recipients: count,
    follows: count.optional().meta({ description: 'Number of the broadcast that it follows up' }),
    detectedAt: time.optional(),
    launchedAt: time,
    launchedBy: z.string(),
    state: broadcastState,
    released: z.array(z.string()),
    cancelledAt: time.optional(),
    closedAt: time.optional(),
  })
  .meta({ id: 'Broadcast' });

const haltFields = { at: time.optional(), by: z.string().optional(), reason: z.string().optional() };

export const halt = z
  .object({ halted: z.boolean(), ...haltFields })
  .meta({ id: 'Halt', description: 'Since when it is so, by whom and why; none of it where nobody ever halted' });

export const progress = z
  .object({
    broadcast: z.string(),
    notice: z.string(),
    state: broadcastState,
    recipients: count,
    counts: slotCounts,
    inDoubt: count,
    submitted: count.meta({ description: 'Recipients whose submission the SMSC answered' }),
    final: count,
    unaccounted: count.meta({ description: 'Recipients in no final state yet; 0 when closed' }),
    messagesPerSecond: z.number(),
    segmentsPerSecond: z.number(),
    launchedAt: time,
    clock,
    firstSubmitAt: time.optional(),
    lastSubmitAt: time.optional(),
    firstReceiptAt: time.optional(),
    lastReceiptAt: time.optional(),
    finishAt: time.optional(),
    closedAt: time.optional(),
    halt: z.object(haltFields).optional().meta({ description: 'While a global halt keeps it from going on' }),
    lanes: z.array(
      z.object({
        region: z.string(),
        language: z.string(),
        recipients: count,
        segments: count,
        released: z.boolean(),
        counts: slotCounts,
        inDoubt: count,
      }),
    ),
    regions: z.array(
      z.object({ region: z.string(), recipients: count, submitted: count, delivered: count, final: count }),
    ),
    routes: z
      .array(z.object({ route: z.string(), segments: count }))
      .meta({ description: 'Segments that each route carried, about a second ago' }),
  })
  .meta({ id: 'Progress' });

export const recipientState = z
  .object({
    region: z.string(),
    language: z.string(),
    state: z.string().meta({ description: 'State of the slot' }),
    inDoubt: z.boolean().meta({ description: 'The text may have been sent twice' }),
    text: z.string(),
  })
  .meta({ id: 'RecipientState' });

export const reply = z
  .object({
    at: z.string().meta({ description: 'When it came' }),
    msisdn: z.string(),
    text: z.string(),
  })
  .meta({ id: 'Reply', description: 'What a recipient sent back after the launch' });

export const routeHealth = z
  .object({
    route: z.string(),
    state: z.enum(['up', 'degraded', 'down', 'unknown']),
    dispatchers: count.meta({ description: 'Dispatcher processes that told of it lately' }),
    links: count,
    linksBound: count,
    inFlight: count.meta({ description: 'Submissions without a response' }),
    limit: z.number().meta({ description: 'Segments a second in force; 0 for none' }),
    window: count
      .optional()
      .meta({ description: 'Most submissions in flight on a link, where the SMSC takes fewer than configured' }),
    refused: z.string().optional().meta({ description: 'Why the SMSC refuses the account' }),
    breaker: z
      .object({
        state: z.enum(['closed', 'half-open', 'open']),
        since: time.optional(),
        reason: z.enum(['down', 'refusing', 'crawling', 'silent']).optional(),
      })
      .meta({ description: 'closed: in use; open: other routes carry for it; half-open: tried with a few batches' }),
  })
  .meta({ id: 'RouteHealth', description: 'As the dispatchers last told it; unknown when none has' });

export const route = z
  .object({
    id: z.string(),
    kind: z.enum(['live', 'exercise']),
    sender: z.string(),
    links: count.meta({ description: 'Sessions that each dispatcher binds' }),
    window: count,
    segmentsPerSecond: z.number().nullable(),
    health: routeHealth,
  })
  .meta({ id: 'Route' });

export const reconnection = z
  .object({
    routes: z.array(z.string()).meta({ description: 'Whose links are told to bind anew' }),
    at: time,
    by: z.string(),
  })
  .meta({ id: 'Reconnection' });
