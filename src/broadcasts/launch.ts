/**
 * The launch: from here on people's telephones ring. It asks for a typed phrase that names the type, the regions and the
 * count (R6), and writes notice, broadcast and plan in one step or not at all.
 */

import { TocsinError } from '../errors.ts';
import { MAX_BATCHES, MAX_BROADCAST_NO } from '../ledger/address.ts';
import { followUpKindOf } from '../notices/follow-up-kinds.ts';
import type { Notice } from '../notices/notice.ts';
import { approvedRegions, launched } from '../notices/stages.ts';
import { controlChannel } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import { durabilityFaults } from '../store/durability.ts';
import type { Person } from '../store/person.ts';
import { commit, type Records, type Stored } from '../store/records.ts';
import type { Rendering } from '../templates/rendering.ts';
import {
  type Broadcast,
  type BroadcastPlan,
  broadcastId,
  broadcastRecords,
  countBatches,
  planRecords,
} from './broadcast.ts';
import { noticeStopped } from './control.ts';
import { followedBroadcast, lastFollowUps, overtakenBy } from './followed.ts';
import { type AudienceGroup, planLanes } from './plan.ts';
import { type LaneRoutes, type OrderRule, onlyRoutes, routeIds, routesOfRegion } from './route-choice.ts';
import { type Route, routeFor } from './routes.ts';
import { requireCarried, whyNotCarried } from './wire-text.ts';

/** Receipts are waited for this long after the notice's expiry: the SMSC's last word comes after the validity period. */
const RECEIPTS_AFTER_EXPIRY_MS = 3_600_000;
/** Attempts at a launch that other changes overtake. */
const MAX_ROUNDS = 5;

export interface LaunchDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly routes: readonly Route[];
  /** Which routes carry which regions; none: all of a kind, the first of them in use. */
  readonly order?: readonly OrderRule[];
  /** The groups of an audience's snapshot. */
  readonly groupsOf: (audience: string) => Promise<readonly AudienceGroup[]>;
  readonly now: () => number;
}

/**
 * What the operator types, exactly: `EXERCISE 101 REGIONS 100000 RECIPIENTS`. A follow-up's names its kind, so that no
 * all-clear goes out where a correction was meant: `EXERCISE CORRECTION 101 REGIONS 100000 RECIPIENTS`.
 */
export function launchPhrase(
  notice: Pick<Notice, 'status' | 'regions'> & Partial<Pick<Notice, 'template' | 'followsUp'>>,
  recipients: number,
): string {
  const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 'S'}`;
  const kind = followUpKindOf(notice)?.toUpperCase();
  const parts = [notice.status.toUpperCase(), ...(kind === undefined ? [] : [kind])];
  return [...parts, plural(notice.regions.length, 'REGION'), plural(recipients, 'RECIPIENT')].join(' ');
}

/**
 * Launches a notice for the regions approved so far; the others start as their approval comes.
 * Throws `wrong_state` (a second launch too), `expired_notice`, `not_approved`, `wrong_phrase`, `wrong_route_kind`,
 * `routes_not_approved`, `text_not_carried`, `store_not_durable` (live routes), `not_launched` (a follow-up of a notice that
 * was not), `would_stop_others`. A follow-up stops the broadcast that it follows, and what followed that before.
 */
export async function launch(
  deps: LaunchDeps,
  noticeId: string,
  phrase: string,
  by: Person,
): Promise<Stored<Broadcast>> {
  for (let round = 1; ; round += 1) {
    try {
      return await launchAsItIs(deps, noticeId, phrase, by);
    } catch (error) {
      // An approval came in between, or the keeper changed the broadcast that is followed: all is judged anew.
      const overtaken = error instanceof TocsinError && error.code === 'version_conflict';
      if (!overtaken || round === MAX_ROUNDS) throw error;
    }
  }
}

async function launchAsItIs(
  deps: LaunchDeps,
  noticeId: string,
  phrase: string,
  by: Person,
): Promise<Stored<Broadcast>> {
  const { store, notices, routes, now } = deps;
  const current = await notices.get(noticeId);
  const notice = current.value;
  const at = new Date(now()).toISOString();
  // Refuses what may not be launched; the broadcast has its number only when nothing else can refuse.
  const ready = launched(notice, '', at);
  const released = approvedRegions(notice);
  const { kind } = routeFor(routes, notice);
  await requireDurability(store, kind);
  const plan = planLanes(
    notice.renderings ?? [],
    await deps.groupsOf(notice.audience),
    (rendering) => routesFor(deps, notice, rendering),
    routes,
  );
  const followed = await followedBroadcast(store, notices, notice);
  const recipients = plan.lanes.reduce((sum, lane) => sum + lane.recipients, 0);
  requirePhrase(phrase, launchPhrase(notice, recipients));
  requireRoom(plan);
  // Read before the follow-ups themselves: one that comes in between makes the write below stale.
  const last = followed && ((await lastFollowUps(store).find(followed.id)) ?? { id: followed.id, version: 0 });
  const overtaken = followed ? await overtakenBy(store, followed, notice.regions) : [];

  const no = await nextNo(store);
  const id = broadcastId(no);
  const broadcast: Broadcast = {
    no,
    notice: noticeId,
    status: notice.status,
    severity: notice.severity,
    routes: routesOf(plan),
    audience: notice.audience,
    inDoubt: notice.inDoubt,
    expires: notice.expires,
    receiptDeadline: new Date(Date.parse(notice.expires) + RECEIPTS_AFTER_EXPIRY_MS).toISOString(),
    recipients,
    ...(followed ? { follows: followed.value.no } : {}),
    detectedAt: notice.detectedAt ?? notice.createdAt,
    launchedAt: at,
    launchedBy: by.person,
    state: 'running',
    released,
  };
  const act = {
    actor: by.actor,
    action: 'notice.launch',
    subject: `notice/${noticeId}`,
    detail: {
      broadcast: id,
      routes: broadcast.routes,
      recipients,
      regions: released.length,
      ...(followed ? { follows: followed.id } : {}),
    },
  };
  await commit(store, act, [
    notices.put(current, { ...ready, broadcast: id }),
    broadcastRecords(store).put({ id, version: 0 }, broadcast),
    planRecords(store).put({ id, version: 0 }, plan),
    ...(last ? [lastFollowUps(store).put(last, { broadcast: id })] : []),
    ...overtaken.map((one) => broadcastRecords(store).put(one, { ...one.value, state: 'cancelled', cancelledAt: at })),
    ...(await Promise.all(overtaken.map(({ value }) => noticeStopped(store, value, at)))).flat(),
  ]);
  // Only hastens what the keeper would find by itself.
  await store.redis.publish(controlChannel(store.prefix), JSON.stringify({ broadcast: no }));
  return { id, version: 1, value: broadcast };
}

/**
 * The routes of a lane as the file says today: those that the approval names, and that can carry its text as approved.
 * Fewer may carry than were approved.
 */
function routesFor({ routes, order = [] }: LaunchDeps, notice: Notice, rendering: Rendering): LaneRoutes {
  const { region } = rendering;
  const today = routesOfRegion(routes, order, notice, region);
  const approved = notice.routes?.[region];
  const allowed = approved ? onlyRoutes(today, (route) => approved.includes(route)) : today;
  if (!allowed) {
    throw new TocsinError('conflict', 'routes_not_approved', `No route of region ${region} is one that was approved`, {
      faults: [{ at: `/routes/${region}`, message: `names ${approved?.join(', ')}, none of which may carry it today` }],
    });
  }
  const refused = routes.filter((route) => whyNotCarried(rendering, route)).map(({ id }) => id);
  const able = onlyRoutes(allowed, (route) => !refused.includes(route));
  if (able) return able;
  for (const id of routeIds(allowed)) requireCarried([rendering], routes.find((route) => route.id === id)!);
  return allowed;
}

function routesOf({ lanes }: BroadcastPlan): string[] {
  return [...new Set(lanes.flatMap(({ routes }) => routeIds(routes)))];
}

async function requireDurability(store: Store, kind: Route['kind']): Promise<void> {
  if (kind !== 'live') return;
  const faults = await durabilityFaults(store);
  if (faults.length > 0) {
    throw new TocsinError('unavailable', 'store_not_durable', 'Redis is not durable, so nothing goes live', { faults });
  }
}

function requirePhrase(typed: string, expected: string): void {
  if (typed.trim() === expected) return;
  throw new TocsinError('invalid', 'wrong_phrase', `To launch, type exactly: ${expected}`, {
    faults: [{ at: '/phrase', message: `is not "${expected}"` }],
  });
}

function requireRoom(plan: BroadcastPlan): void {
  if (plan.lanes.length === 0) {
    throw new TocsinError('invalid', 'empty_audience', 'No region of the notice has a recipient', {
      faults: [{ at: '/audience', message: 'has no recipient in the regions of the notice' }],
    });
  }
  if (countBatches(plan) > MAX_BATCHES) {
    throw new TocsinError('too-large', 'audience_too_large', `A broadcast has at most ${MAX_BATCHES} batches`);
  }
}

async function nextNo(store: Store): Promise<number> {
  const no = await store.redis.incr(`${store.prefix}{rec}:broadcast-no`);
  if (no <= MAX_BROADCAST_NO) return no;
  throw new TocsinError('unavailable', 'ledger_full', `The ledger holds ${MAX_BROADCAST_NO} broadcasts at most`);
}
