/**
 * What is done on schedule by the API's processes: anchors of the audit log, archives of closed broadcasts, the purge.
 * Archives and purge by one process at a time, and by none while messages are being sent.
 */
import { randomUUID } from 'node:crypto';
import { archiveRecords } from '../broadcasts/archived.ts';
import { timesOf } from '../broadcasts/times.ts';
import type { Logger } from '../log.ts';
import { dropAnchor } from '../store/audit-anchors.ts';
import type { Store } from '../store/connection.ts';
import type { Archive } from './archive.ts';
import { withLease } from './lease.ts';
import { Purge, type PurgeDeps } from './purge.ts';
import { everyBroadcast, type Kept } from './retention.ts';

const EVERY_MS = 300_000;
const FIRST_MS = 60_000;
const PURGE_EVERY_MS = 3_600_000;
/** Nobody sends when nothing was submitted for this long. */
const QUIET_MS = 600_000;
/** After the closing: late receipts come in the first hour. */
const ARCHIVE_AFTER_MS = 3_600_000;
const ACTOR = 'system';

/** The lease's name: whoever archives and purges has it. */
export const HOUSEKEEPING = 'housekeeping';

export interface HousekeepingDeps {
  readonly store: Store;
  readonly archive: Archive;
  readonly purge: Purge;
  /** Where anchors of the audit log are dropped. */
  readonly anchorsFile: string;
  /** Name of this process, for the lease. */
  readonly process: string;
  readonly log: Logger;
  readonly now: () => number;
}

/** Starts it for this process; the function returned stops it. */
export function startHousekeeping(deps: Omit<HousekeepingDeps, 'purge' | 'process'> & PurgeDeps): () => void {
  const housekeeping = new Housekeeping({ ...deps, purge: new Purge(deps), process: randomUUID() });
  housekeeping.start();
  return () => housekeeping.stop();
}

export class Housekeeping {
  readonly #deps: HousekeepingDeps;
  #timer: NodeJS.Timeout | undefined;
  #purgedMs = 0;

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps;
  }

  /** Until `stop`; keeps no process alive. */
  start(): void {
    const plan = (ms: number) => {
      this.#timer = setTimeout(() => {
        void this.tick().finally(() => plan(EVERY_MS));
      }, ms);
      this.#timer.unref();
    };
    plan(FIRST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One round. Never rejects: what went wrong is logged, and tried again in the next. */
  async tick(): Promise<void> {
    const { store, log } = this.#deps;
    try {
      await this.#anchor();
      const all = await everyBroadcast(store);
      if (await this.#isSending(all)) return;
      const lease = { store, name: HOUSEKEEPING, holder: this.#deps.process };
      await withLease(lease, async (signal) => {
        await this.#archive(all, signal);
        await this.#purge(signal);
      });
    } catch (err) {
      log.error({ err }, 'housekeeping failed; it is tried again');
    }
  }

  async #anchor(): Promise<void> {
    const { store, anchorsFile, now, log } = this.#deps;
    const anchor = await dropAnchor(store, anchorsFile, now());
    // Logs go elsewhere: the line is an anchor as well.
    if (anchor) log.info(anchor, 'audit log anchored');
  }

  async #isSending(all: readonly Kept[]): Promise<boolean> {
    const { store, now } = this.#deps;
    const recent = (at: string | undefined) => at !== undefined && now() - Date.parse(at) < QUIET_MS;
    for (const { broadcast } of all) {
      const { state, launchedAt, no } = broadcast.value;
      if (state === 'running' && (recent(launchedAt) || recent((await timesOf(store, no)).lastSubmitAt))) return true;
    }
    return false;
  }

  async #archive(all: readonly Kept[], signal: AbortSignal): Promise<void> {
    const { store, archive, log, now } = this.#deps;
    for (const { broadcast, archived } of all) {
      const { state, closedAt } = broadcast.value;
      const due = state === 'closed' && closedAt !== undefined && now() - Date.parse(closedAt) >= ARCHIVE_AFTER_MS;
      if (archived || !due) continue;
      signal.throwIfAborted();
      if (await archiveRecords(store).find(broadcast.id)) continue;
      try {
        await archive.write(broadcast.id, ACTOR);
        log.info({ broadcast: broadcast.id }, 'broadcast archived');
      } catch (err) {
        log.error({ err, broadcast: broadcast.id }, 'broadcast could not be archived; it is tried again');
      }
    }
  }

  async #purge(signal: AbortSignal): Promise<void> {
    const { purge, log, now } = this.#deps;
    if (now() - this.#purgedMs < PURGE_EVERY_MS) return;
    this.#purgedMs = now();
    const { ledgers, audiences, lists, files, left } = await purge.run({ actor: ACTOR, signal });
    const counts = { ledgers: ledgers.length, audiences: audiences.length, lists: lists.length, files };
    if (Object.values(counts).some((count) => count > 0)) log.info(counts, 'recipient data purged');
    if (left.length > 0) log.info({ left }, 'recipient data that stays beyond its time');
  }
}
