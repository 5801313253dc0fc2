/**
 * What Tocsin counts and measures, for Prometheus. Labels are routes, states and calls, never a recipient, a text or a
 * notice: their number is bounded.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const FLUSH_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const RECEIPT_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 86_400];

/** A registry of its own for each process (and each test): prom-client's global one would be shared. */
export function createMetrics({ processMetrics = false }: { processMetrics?: boolean } = {}) {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry, prefix: 'tocsin_' });
  return {
    registry,

    httpRequestSeconds: new Histogram({
      name: 'tocsin_http_request_duration_seconds',
      help: 'Time from request to the end of the reply',
      labelNames: ['method', 'call', 'status'],
      buckets: HTTP_SECONDS,
      registers,
    }),
    httpStreams: new Gauge({ name: 'tocsin_http_event_streams', help: 'Open event streams', registers }),

    submissions: new Counter({
      name: 'tocsin_submissions_total',
      help: 'Responses to submit_sm by route and command_status',
      labelNames: ['route', 'status'],
      registers,
    }),
    segments: new Counter({
      name: 'tocsin_segments_total',
      help: 'Segments submitted',
      labelNames: ['route'],
      registers,
    }),
    receipts: new Counter({
      name: 'tocsin_receipts_total',
      help: 'Delivery receipts by route and the state they name',
      labelNames: ['route', 'state'],
      registers,
    }),
    receiptsUnmatched: new Counter({
      name: 'tocsin_receipts_unmatched_total',
      help: 'Receipts whose message id is not known',
      labelNames: ['route'],
      registers,
    }),
    receiptsOrphaned: new Gauge({
      name: 'tocsin_receipts_orphaned',
      help: 'Receipts kept for an id that no response has named: nobody asked for them, or the response is under way',
      labelNames: ['route'],
      registers,
    }),
    receiptErrors: new Counter({
      name: 'tocsin_receipt_errors_total',
      help: 'Receipts of failure by the err that they name, as it came; rare ones as "other"',
      labelNames: ['route', 'err'],
      registers,
    }),
    receiptDelaySeconds: new Histogram({
      name: 'tocsin_receipt_delay_seconds',
      help: 'Time from submission to receipt',
      labelNames: ['route'],
      buckets: RECEIPT_SECONDS,
      registers,
    }),
    retries: new Counter({
      name: 'tocsin_retries_total',
      help: 'Submissions tried again by route and reason',
      labelNames: ['route', 'reason'],
      registers,
    }),
    windowInFlight: new Gauge({
      name: 'tocsin_window_in_flight',
      help: 'Submissions without a response',
      labelNames: ['route', 'link'],
      registers,
    }),
    windowLimit: new Gauge({
      name: 'tocsin_window_limit',
      help: 'Most submissions in flight on a link, as configured or as learned from the SMSC',
      labelNames: ['route'],
      registers,
    }),
    linksBound: new Gauge({
      name: 'tocsin_links_bound',
      help: 'Links that are bound',
      labelNames: ['route'],
      registers,
    }),
    linkReconnects: new Counter({
      name: 'tocsin_link_reconnects_total',
      help: 'Links that had to be bound again',
      labelNames: ['route', 'reason'],
      registers,
    }),
    routeState: new Gauge({
      name: 'tocsin_route_state',
      help: 'Circuit breaker of a route: 1 for the state it is in',
      labelNames: ['route', 'state'],
      registers,
    }),
    routeChanges: new Counter({
      name: 'tocsin_route_changes_total',
      help: 'Changes of circuit breakers that this process decided on',
      labelNames: ['route', 'from', 'to', 'reason'],
      registers,
    }),
    pacerTokens: new Gauge({
      name: 'tocsin_pacer_tokens',
      help: 'Segments that may leave now',
      labelNames: ['route'],
      registers,
    }),
    pacerRate: new Gauge({
      name: 'tocsin_pacer_segments_per_second',
      help: 'Rate the pacer allows now',
      labelNames: ['route'],
      registers,
    }),
    throttled: new Counter({
      name: 'tocsin_throttled_total',
      help: 'Responses that asked to slow down',
      labelNames: ['route'],
      registers,
    }),
    storeFaults: new Counter({
      name: 'tocsin_store_faults_total',
      help: 'Writes and reads that the store refused or did not answer, and that are tried again, by reason',
      labelNames: ['route', 'reason'],
      registers,
    }),
    flushSeconds: new Histogram({
      name: 'tocsin_flush_duration_seconds',
      help: 'Time of one durable flush to the ledger',
      labelNames: ['kind'],
      buckets: FLUSH_SECONDS,
      registers,
    }),
    flushSlots: new Counter({
      name: 'tocsin_flushed_slots_total',
      help: 'Slots changed by flushes',
      labelNames: ['kind'],
      registers,
    }),
    inDoubt: new Gauge({
      name: 'tocsin_slots_in_doubt',
      help: 'Slots written to a link without a recorded response',
      labelNames: ['route'],
      registers,
    }),
    halted: new Gauge({
      name: 'tocsin_halted',
      help: '1 while a global halt keeps everything from being submitted',
      registers,
    }),
    jobs: new Counter({
      name: 'tocsin_jobs_total',
      help: 'Batch jobs by outcome',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
