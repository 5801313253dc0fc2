/**
 * Puts an approved notice and its audience into a store, as import and approvals would have left them: the measured
 * part begins with the launch.
 */
import { BlockStore, type NewBlock } from '../src/audience/block-store.ts';
import { BLOCK_SIZE, packBlock } from '../src/audience/blocks.ts';
import type { AudienceGroup, AudienceSnapshot } from '../src/audience/snapshot.ts';
import type { Broadcast } from '../src/broadcasts/broadcast.ts';
import { launch, launchPhrase } from '../src/broadcasts/launch.ts';
import type { Route } from '../src/broadcasts/routes.ts';
import { REGIONS } from '../src/directory/regions.ts';
import type { Notice } from '../src/notices/notice.ts';
import type { Store } from '../src/store/connection.ts';
import { Records, type Stored } from '../src/store/records.ts';
import { approvedNotice } from './approved-notice.ts';

/** +999 is unassigned: no telephone rings, whatever happens to these numbers. */
export const FIRST_NUMBER = 999_100_000_000;
const BLOCKS_AT_ONCE = 500;
const ACT = { actor: 'bench', action: 'bench.seed', subject: 'bench' } as const;

export interface Seed {
  readonly store: Store;
  readonly route: Route;
  /** Spread over all regions where no groups are given. */
  readonly recipients: number;
  readonly text: string;
  readonly onProgress?: (blocks: number, of: number) => void;
}

export interface SeedGroups {
  readonly store: Store;
  readonly route: Route;
  readonly groups: readonly AudienceGroup[];
  readonly textOf: (group: AudienceGroup) => string;
  readonly severity?: Notice['severity'];
  /** Tells notices of one store apart: digits and small letters. */
  readonly name?: string;
  readonly firstNumber?: number;
  /** Until the notice expires. */
  readonly expiresInMs?: number;
  readonly onProgress?: (blocks: number, of: number) => void;
}

export interface Seeded {
  readonly groups: readonly AudienceGroup[];
  /** Launches; resolves once the launch is durable. */
  launch(): Promise<Stored<Broadcast>>;
}

export const seed = ({ recipients, text, ...rest }: Seed): Promise<Seeded> =>
  seedGroups({ ...rest, groups: spreadOver(recipients, Math.min(REGIONS.length, recipients)), textOf: () => text });

export async function seedGroups(options: SeedGroups): Promise<Seeded> {
  const { store, groups, textOf, route, severity = 'Severe', name = 'bench', firstNumber = FIRST_NUMBER } = options;
  const recipients = groups.reduce((sum, group) => sum + group.recipients, 0);
  const audience = `${name}audience`;
  await writeBlocks(store, audience, groups, firstNumber, options.onProgress);
  const now = Date.now();
  const snapshot: AudienceSnapshot = {
    name,
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
  const { expiresInMs } = options;
  const notice = approvedNotice({ identifier: name, groups, textOf, audience, severity, expiresInMs }, now);
  await notices.create(name, notice, ACT);
  const deps = { store, notices, routes: [route], groupsOf: async () => groups, now: Date.now };
  const by = { actor: 'bench', person: 'bench' };
  return { groups, launch: () => launch(deps, name, launchPhrase(notice, recipients), by) };
}

/** As even as can be, the remainder one each to the first. */
export function spreadOver(recipients: number, regions: number): AudienceGroup[] {
  return REGIONS.slice(0, regions).map(({ code }, i) =>
    groupOf(code, 'fr', Math.floor(recipients / regions) + (i < recipients % regions ? 1 : 0)),
  );
}

export const groupOf = (region: string, language: string, recipients: number): AudienceGroup => ({
  region,
  language,
  recipients,
  blocks: Math.ceil(recipients / BLOCK_SIZE),
});

async function writeBlocks(
  store: Store,
  audience: string,
  groups: readonly AudienceGroup[],
  firstNumber: number,
  onProgress: Seed['onProgress'],
): Promise<void> {
  const blocks = new BlockStore(store);
  const total = groups.reduce((sum, group) => sum + group.blocks, 0);
  let written = 0;
  let next = firstNumber;
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
