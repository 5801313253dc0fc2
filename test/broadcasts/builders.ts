/** Notices, routes and broadcasts as they are after the stages before the one under test. */
import { createHash } from 'node:crypto';
import { packBlock } from '../../src/audience/blocks.ts';
import {
  BATCH_SIZE,
  type Broadcast,
  type BroadcastPlan,
  broadcastId,
  broadcastRecords,
  type Lane,
  ledgerBatches,
  planRecords,
} from '../../src/broadcasts/broadcast.ts';
import { type AudienceGroup, planLanes } from '../../src/broadcasts/plan.ts';
import type { LaneRoutes } from '../../src/broadcasts/route-choice.ts';
import { type Route, routeSchema } from '../../src/broadcasts/routes.ts';
import type { Batch } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { Slots } from '../../src/ledger/slots.ts';
import type { SlotEvent } from '../../src/ledger/states.ts';
import type { Decision, Notice } from '../../src/notices/notice.ts';
import type { Store } from '../../src/store/connection.ts';
import { Records } from '../../src/store/records.ts';
import type { Rendering } from '../../src/templates/rendering.ts';

export const NOW = Date.UTC(2026, 0, 15, 12);
export const at = (ms: number): string => new Date(NOW + ms).toISOString();
export const HOUR_MS = 3_600_000;
export const OPERATOR = { actor: 'key:k1', person: 'Op' };

export function aRendering(region: string, language: string, changes: Partial<Rendering> = {}): Rendering {
  const text = `EXERCICE Region ${region} ${language}: le 15 ne repond pas. Appelez le 02 61 91 00 35.`;
  return {
    region,
    language,
    wording: language,
    text,
    encoding: 'gsm7',
    units: text.length,
    segments: 1,
    sha256: createHash('sha256').update(text).digest('hex'),
    numbers: [{ service: '15', number: '33261910035', display: '02 61 91 00 35', region, from: 'departement' }],
    transliterated: [],
    ...changes,
  };
}

export const approval = (region: string): Decision => ({
  region,
  authority: `prefecture-${region}`,
  by: `Prefect ${region}`,
  at: at(-60_000),
  decision: 'approved',
  hash: '0'.repeat(64),
});

/** Approved by both of its regions, submitted by someone else. */
export function aNotice(changes: Partial<Notice> = {}): Notice {
  return {
    identifier: 'n-1',
    sender: 'tocsin.invalid',
    sent: '2026-01-15T12:30:00+01:00',
    status: 'Exercise',
    msgType: 'Alert',
    scope: 'Public',
    references: [],
    event: 'Emergency telephone outage',
    category: 'Infra',
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    expires: at(6 * HOUR_MS),
    template: 'emergency-numbers-hard-to-reach',
    parameters: {},
    services: ['15'],
    waivers: [],
    regions: ['2A', '35'],
    audience: 'aud1',
    inDoubt: 'resend',
    state: 'approved',
    author: 'Author',
    editors: [],
    createdAt: at(-HOUR_MS),
    submitted: { by: 'Author', at: at(-HOUR_MS / 2) },
    renderings: [aRendering('2A', 'fr'), aRendering('35', 'en'), aRendering('35', 'fr')],
    renderingsHash: '1'.repeat(64),
    audienceDigest: '2'.repeat(64),
    decisions: [approval('2A'), approval('35')],
    timings: { created: at(-HOUR_MS), submitted: at(-HOUR_MS / 2), approved: at(-60_000) },
    ...changes,
  };
}

export const GROUPS: readonly AudienceGroup[] = [
  { region: '2A', language: 'fr', recipients: 3 },
  { region: '35', language: 'en', recipients: 1_000 },
  { region: '35', language: 'fr', recipients: 2_500 },
];

export function aRoute(changes: Partial<Record<keyof Route, unknown>> = {}): Route {
  const {
    passwordFile: _,
    tls: _files,
    ...route
  } = routeSchema.parse({
    id: 'drill',
    kind: 'exercise',
    host: '127.0.0.1',
    port: 2775,
    systemId: 'tocsin',
    sender: { address: 'Tocsin' },
    ...changes,
  });
  return { ...route, password: 'secret' };
}

/** The routes of a lane: the first in use, the others stand by. */
export const onRoutes = (first: string, ...standBy: string[]): LaneRoutes => ({
  share: [{ route: first, weight: 1 }],
  standBy,
});

export const noticeRecords = (store: Store) => new Records<Notice>(store, 'notice');

export const storeNotice = (store: Store, id: string, notice: Notice) =>
  noticeRecords(store).create(id, notice, { actor: 'key:k0', action: 'notice.create', subject: `notice/${id}` });

/** A launched broadcast of `aNotice` with its records, written past the launch. */
export async function storeBroadcast(
  store: Store,
  given: {
    no: number;
    groups?: readonly AudienceGroup[];
    notice?: Partial<Notice>;
    changes?: Partial<Broadcast>;
    routes?: LaneRoutes;
  },
): Promise<{ id: string; broadcast: Broadcast; plan: BroadcastPlan }> {
  const { no, groups = GROUPS } = given;
  const id = broadcastId(no);
  const notice = aNotice({ state: 'launched', broadcast: id, ...given.notice });
  const route = aRoute();
  const plan = planLanes(notice.renderings ?? [], groups, () => given.routes ?? onRoutes(route.id), [route]);
  const broadcast: Broadcast = {
    no,
    notice: `n${no}`,
    status: notice.status,
    severity: notice.severity,
    routes: ['drill'],
    audience: notice.audience,
    inDoubt: notice.inDoubt,
    expires: notice.expires,
    receiptDeadline: at(7 * HOUR_MS),
    recipients: plan.lanes.reduce((sum, lane) => sum + lane.recipients, 0),
    launchedAt: at(0),
    launchedBy: 'Op',
    state: 'running',
    released: ['2A', '35'],
    ...given.changes,
  };
  const act = { actor: 'key:k1', action: 'notice.launch', subject: `broadcast/${id}` };
  await storeNotice(store, `n${no}`, notice);
  await broadcastRecords(store).create(id, broadcast, act);
  await planRecords(store).create(id, plan, act);
  return { id, broadcast, plan };
}

export const batchesOf = (store: Store, broadcast: Broadcast, lane: Lane): Batch[] => [
  ...ledgerBatches(store, broadcast.no, lane),
];

/** The same events for a run of slots, in their order. */
export async function happen(store: Store, batch: Batch, first: number, last: number, ...events: SlotEvent[]) {
  const changes = new SlotChanges();
  for (const event of events) changes.addRun(batch, first, last, event);
  await new Slots({ store }).apply(changes);
}

/** The n-th recipient of a lane: fictional numbers, ascending, other ones for each lane. */
export const recipientOf = (lane: Pick<Lane, 'no'>, n: number): number => 33_639_980_000 + lane.no * 100_000 + n;

/** Blocks of an audience that was never imported. */
export function blocksOf(plan: BroadcastPlan) {
  return async (_audience: string, region: string, language: string, block: number): Promise<Buffer> => {
    const lane = plan.lanes.find((each) => each.region === region && each.language === language);
    if (!lane) throw new Error(`no lane ${region} ${language}`);
    const size = Math.min(BATCH_SIZE, lane.recipients - block * BATCH_SIZE);
    return packBlock(Array.from({ length: size }, (_, i) => recipientOf(lane, block * BATCH_SIZE + i)));
  };
}
