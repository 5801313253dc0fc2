/** A closed broadcast of an imported audience, with a store, folders and a clock of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { archiveCalls } from '../../src/archive/calls.ts';
import { Purge } from '../../src/archive/purge.ts';
import type { Retention } from '../../src/archive/retention.ts';
import { Audiences } from '../../src/audience/audiences.ts';
import type { Broadcast } from '../../src/broadcasts/broadcast.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { type AuditEntry, auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { aNotice, batchesOf, happen, NOW, noticeRecords, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';

export const DAY_MS = 86_400_000;
export const RETENTION: Retention = { ledgerDays: 30, audienceDays: 30, archiveDays: 365, rejectedDays: 30 };
export const BY = { actor: 'key:k9', person: 'Cy' };
/** The n-th recipient of region 35; 2A has three, in French. */
export const recipientOf35 = (n: number): number => 33_639_980_100 + n;
const OF_2A = [33_639_980_001, 33_639_980_002, 33_639_980_003];

export interface Filed {
  readonly store: Store;
  readonly folder: string;
  readonly audiences: Audiences;
  readonly calls: ReturnType<typeof archiveCalls>;
  readonly purge: Purge;
  readonly clock: { nowMs: number };
  /** `of35`: how many of 35 it has; `of2A`: of three at most. */
  importAudience(name?: string, of35?: number, of2A?: number): Promise<string>;
  /** Of the audience given, in both regions: 2A delivered, refused and in doubt; 35 all delivered. Closed a day after NOW. */
  closedBroadcast(given: { audience: string; changes?: Partial<Broadcast>; notice?: Partial<Notice> }): Promise<string>;
  entries(subject?: string): Promise<AuditEntry[]>;
  close(): Promise<void>;
}

export async function filed(retention: Partial<Retention> = {}): Promise<Filed> {
  const { store, close } = await testStore();
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-archive-test-'));
  const clock = { nowMs: NOW };
  const now = () => clock.nowMs;
  const audiences = new Audiences({ store, workFolder: folder });
  const notices = noticeRecords(store);
  const given = { store, notices, audiences, dataFolder: folder, archiveFolder: join(folder, 'archive'), now };
  const calls = archiveCalls(given);
  const purge = new Purge({ ...given, archive: calls.archive, retention: { ...RETENTION, ...retention } });
  let no = 0;
  return {
    ...{ store, folder, audiences, calls, purge, clock },
    importAudience: async (name = 'all', of35 = 1_200, of2A = 3) => {
      const lines = [
        ...OF_2A.slice(0, of2A).map((msisdn) => `${msisdn},2A,fr`),
        ...Array.from({ length: of35 }, (_, n) => `${recipientOf35(n)},35,fr`),
      ];
      const csv = Readable.from([`msisdn,region,language\n${lines.join('\n')}\nnonsense,35,fr\n`]);
      const { snapshot } = await audiences.import(csv, { name }, 'cli:test');
      return snapshot.id;
    },
    closedBroadcast: async ({ audience, changes, notice }) => {
      no += 1;
      const groups = (await audiences.get(audience)).value.groups;
      const closedAt = new Date(NOW + DAY_MS).toISOString();
      const told = aNotice({ audience, state: 'closed', ...notice });
      const decisions = told.decisions.map((one) => ({ ...one, hash: regionHash(told, one.region) }));
      const { id, broadcast, plan } = await storeBroadcast(store, {
        no,
        groups,
        changes: { audience, state: 'closed', closedAt, ...changes },
        notice: { audience, state: 'closed', ...notice, decisions },
      });
      const [small, large] = plan.lanes;
      const [of2A] = batchesOf(store, broadcast, small!);
      await happen(store, of2A!, 0, 0, 'claim', 'accept', 'receiptDelivered');
      await happen(store, of2A!, 1, 1, 'claim', 'refuse');
      await happen(store, of2A!, 2, 2, 'claim', 'doubt', 'claim', 'accept', 'giveUp');
      for (const batch of batchesOf(store, broadcast, large!)) {
        await happen(store, batch, 0, batch.size - 1, 'claim', 'accept', 'receiptDelivered');
      }
      return id;
    },
    entries: async (subject) => {
      const all = [];
      for await (const entry of auditEntries(store)) if (!subject || entry.subject === subject) all.push(entry);
      return all;
    },
    close: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
