/**
 * Puts an approved notice and its audience into a store, as import and approvals would have left them: the measured
 * part begins with the launch.
 */
import { createHash } from 'node:crypto';
import { BlockStore, type NewBlock } from '../src/audience/block-store.ts';
import { BLOCK_SIZE, packBlock } from '../src/audience/blocks.ts';
import type { AudienceGroup, AudienceSnapshot } from '../src/audience/snapshot.ts';
import type { Broadcast } from '../src/broadcasts/broadcast.ts';
import { launch, launchPhrase } from '../src/broadcasts/launch.ts';
import type { Route } from '../src/broadcasts/routes.ts';
import { REGIONS } from '../src/directory/regions.ts';
import type { Notice } from '../src/notices/notice.ts';
import { segment } from '../src/sms/segments.ts';
import type { Store } from '../src/store/connection.ts';
import { Records, type Stored } from '../src/store/records.ts';

/** +999 is unassigned: no telephone rings, whatever happens to these numbers. */
export const FIRST_NUMBER = 999_100_000_000;
const NOTICE = 'bench';
const BLOCKS_AT_ONCE = 500;
const EXPIRES_IN_MS = 3 * 3_600_000;
const ACT = { actor: 'bench', action: 'bench.seed', subject: 'bench' } as const;

export interface Seed {
  readonly store: Store;
  readonly recipients: number;
  readonly text: string;
  readonly route: Route;
  /** Regions to spread over; all 101 unless given. */
  readonly regions?: number;
  readonly onProgress?: (blocks: number, of: number) => void;
}

export interface Seeded {
  readonly groups: readonly AudienceGroup[];
  /** Launches; resolves once the launch is durable. */
  launch(): Promise<Stored<Broadcast>>;
}

export async function seed(options: Seed): Promise<Seeded> {
  const { store, recipients, text, route, regions = REGIONS.length } = options;
  const groups = spreadOver(recipients, Math.min(regions, recipients));
  const audience = 'benchaudience';
  await writeBlocks(store, audience, groups, options.onProgress);
  const now = Date.now();
  const snapshot: AudienceSnapshot = {
    name: 'bench',
    createdAt: new Date(now).toISOString(),
    createdBy: 'bench',
    recipients,
    groups,
    fictional: 0,
    unassigned: recipients,
    lines: recipients,
    duplicates: 0,
    rejected: 0,
    rejectedByReason: {},
    digest: 'bench',
  };
  await new Records<AudienceSnapshot>(store, 'audience').create(audience, snapshot, ACT);
  const notices = new Records<Notice>(store, 'notice');
  const notice = approvedNotice(groups, text, audience, now);
  await notices.create(NOTICE, notice, ACT);
  const deps = { store, notices, routes: [route], groupsOf: async () => groups, now: Date.now };
  const by = { actor: 'bench', person: 'bench' };
  return { groups, launch: () => launch(deps, NOTICE, launchPhrase(notice, recipients), by) };
}

/** As even as can be, the remainder one each to the first. */
export function spreadOver(recipients: number, regions: number): AudienceGroup[] {
  return REGIONS.slice(0, regions).map(({ code }, i) => {
    const size = Math.floor(recipients / regions) + (i < recipients % regions ? 1 : 0);
    return { region: code, language: 'fr', recipients: size, blocks: Math.ceil(size / BLOCK_SIZE) };
  });
}

async function writeBlocks(
  store: Store,
  audience: string,
  groups: readonly AudienceGroup[],
  onProgress: Seed['onProgress'],
): Promise<void> {
  const blocks = new BlockStore(store);
  const total = groups.reduce((sum, group) => sum + group.blocks, 0);
  let written = 0;
  let next = FIRST_NUMBER;
  let waiting: NewBlock[] = [];
  const flush = async () => {
    await blocks.write(audience, waiting);
    written += waiting.length;
    onProgress?.(written, total);
    waiting = [];
  };
  for (const { region, language, recipients, blocks: count } of groups) {
    const firsts: number[] = [];
    for (let block = 0; block < count; block += 1) {
      const size = Math.min(BLOCK_SIZE, recipients - block * BLOCK_SIZE);
      const first = next;
      firsts.push(first);
      next += size;
      waiting.push({ region, language, block, bytes: packBlock(Array.from({ length: size }, (_, i) => first + i)) });
      if (waiting.length >= BLOCKS_AT_ONCE) await flush();
    }
    await blocks.writeIndex(audience, region, language, packBlock(firsts));
  }
  await flush();
  await blocks.forget(audience);
}

function approvedNotice(groups: readonly AudienceGroup[], text: string, audience: string, now: number): Notice {
  const { encoding, units, segments } = segment(text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const at = new Date(now).toISOString();
  const renderings = groups.map(({ region, language }) => ({
    region,
    language,
    wording: 'fr',
    text,
    encoding,
    units,
    segments: segments.length,
    sha256,
    numbers: [],
    transliterated: [],
  }));
  return {
    identifier: NOTICE,
    sender: 'bench@tocsin',
    sent: at,
    status: 'Exercise',
    msgType: 'Alert',
    scope: 'Public',
    references: [],
    event: 'benchmark',
    category: 'Infra',
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    expires: new Date(now + EXPIRES_IN_MS).toISOString(),
    template: 'emergency-numbers-hard-to-reach',
    parameters: {},
    services: ['15'],
    regions: groups.map(({ region }) => region),
    audience,
    inDoubt: 'resend',
    state: 'approved',
    author: 'bench',
    editors: [],
    createdAt: at,
    renderings,
    decisions: groups.map(({ region }) => ({
      region,
      authority: 'ministry',
      by: 'bench-approver',
      at,
      decision: 'approved',
      hash: sha256,
    })),
    timings: {},
  };
}
