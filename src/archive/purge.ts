/**
 * The purge of recipients' data whose time is over (R19). Never of a broadcast that is not closed, nor before its archive
 * was read back and says what the ledger says. Each step is marked before and after in a record with its audit entry, so
 * that one that was killed goes on where it was, and what was purged stays known: counts and digests, no numbers.
 */
import type { Audiences } from '../audience/audiences.ts';
import { type ArchivedBroadcast, archiveRecords } from '../broadcasts/archived.ts';
import { type Broadcast, ledgerBatches, planRecords } from '../broadcasts/broadcast.ts';
import { TocsinError } from '../errors.ts';
import { Slots } from '../ledger/slots.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import { allRecords, commit, type Records, type Stored } from '../store/records.ts';
import type { Archive } from './archive.ts';
import { type FolderPlaces, leftovers, remove } from './leftovers.ts';
import {
  awaitedNotices,
  dueAudiences,
  dueLedgers,
  dueLists,
  everyBroadcast,
  type Kept,
  type Retention,
  whyLedgerStays,
} from './retention.ts';

export interface PurgeDeps extends FolderPlaces {
  readonly store: Store;
  readonly archive: Archive;
  readonly audiences: Audiences;
  readonly notices: Records<Notice>;
  readonly retention: Retention;
  readonly now: () => number;
}

/** What was purged, or would be. */
export interface PurgeReport {
  readonly ledgers: { readonly broadcast: string; readonly recipients: number }[];
  readonly audiences: { readonly audience: string; readonly recipients: number }[];
  readonly lists: { readonly broadcast: string; readonly recipients: number }[];
  readonly files: number;
  /** Whose time is over and which stay nevertheless. */
  readonly left: { readonly what: string; readonly why: string }[];
}

interface Run {
  readonly actor: string;
  /** Only says what would be purged. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const UNLINK_AT_ONCE = 500;

export class Purge {
  readonly #deps: PurgeDeps;

  constructor(deps: PurgeDeps) {
    this.#deps = deps;
  }

  async run({ actor, dryRun = false, signal }: Run): Promise<PurgeReport> {
    const report: PurgeReport & { files: number } = { ledgers: [], audiences: [], lists: [], files: 0, left: [] };
    const { store, retention, now } = this.#deps;
    /** One that cannot be purged does not keep the others. */
    const attempt = async (what: string, why: string | undefined, purge: () => Promise<void>, done: () => void) => {
      signal?.throwIfAborted();
      if (why !== undefined) return void report.left.push({ what, why });
      try {
        if (!dryRun) await purge();
        done();
      } catch (error) {
        if (!(error instanceof TocsinError)) throw error;
        report.left.push({ what, why: error.message });
      }
    };
    for (const kept of await this.#dueLedgers()) {
      const { id, value } = kept.broadcast;
      const done = () => report.ledgers.push({ broadcast: id, recipients: value.recipients });
      await attempt(`ledger of ${id}`, kept.why, () => this.#purgeLedger(kept, actor), done);
    }
    const all = await everyBroadcast(store);
    for (const { broadcast, archived } of dueLists(all, retention, now())) {
      const { id, value } = broadcast;
      const done = () => report.lists.push({ broadcast: id, recipients: value.recipients });
      await attempt(`archived lists of ${id}`, undefined, () => this.#purgeLists(archived, actor), done);
    }
    for (const { broadcast, archived } of all) {
      const { id, value } = broadcast;
      if (archived?.value.lists !== 'purged' || !(await this.#deps.archive.hasLists(id))) continue;
      const done = () => report.lists.push({ broadcast: id, recipients: value.recipients });
      await attempt(`archived lists of ${id}`, undefined, () => this.#purgeCopy(archived, actor), done);
    }
    for (const { audience, why } of await this.#dueAudiences(all)) {
      const { id, value } = audience;
      const done = () => report.audiences.push({ audience: id, recipients: value.recipients });
      await attempt(`audience ${id}`, why, () => this.#deps.audiences.purge(id, actor), done);
    }
    report.files = await this.#purgeFiles(actor, dryRun);
    return report;
  }

  async #dueLedgers(): Promise<(Kept & { why?: string | undefined })[]> {
    const { store, notices, retention, now } = this.#deps;
    const all = await everyBroadcast(store);
    const due = dueLedgers(all, retention, now());
    if (due.length === 0) return due;
    const awaited = await awaitedNotices(notices, now());
    return due.map((kept) => ({ ...kept, why: whyLedgerStays(kept.broadcast, all, awaited) }));
  }

  async #purgeLedger({ broadcast, archived: known }: Kept, actor: string): Promise<void> {
    const { store } = this.#deps;
    const { id } = broadcast;
    let archived = known;
    if (archived?.value.ledger !== 'purging') {
      archived = await this.#requireArchive(broadcast, archived, actor);
      archived = await this.#mark(archived, { ledger: 'purging' }, 'ledger.purge', actor);
      await this.#requireNoFollower(broadcast, archived, actor);
    }
    const { value: plan } = await planRecords(store).get(id);
    let batches = 0;
    for (const lane of plan.lanes) {
      const keys = [...ledgerBatches(store, broadcast.value.no, lane)].map(({ key }) => key);
      for (let from = 0; from < keys.length; from += UNLINK_AT_ONCE) {
        // One by one: in a Cluster they stand on several servers.
        await Promise.all(keys.slice(from, from + UNLINK_AT_ONCE).map((key) => store.redis.unlink(key)));
      }
      batches += keys.length;
    }
    await new Slots({ store }).certain();
    const ledgerPurgedAt = this.#at();
    await this.#mark(archived, { ledger: 'purged', ledgerPurgedAt }, 'ledger.purged', actor, { batches });
  }

  /** The reading back takes minutes: whoever was launched meanwhile keeps the ledger. From the mark on nobody is. */
  async #requireNoFollower(broadcast: Stored<Broadcast>, marked: Stored<ArchivedBroadcast>, actor: string) {
    const { store, notices, now } = this.#deps;
    // Notices first: one that is launched in between is found among the broadcasts.
    const awaited = await awaitedNotices(notices, now());
    const why = whyLedgerStays(broadcast, await everyBroadcast(store), awaited);
    if (why === undefined) return;
    await this.#mark(marked, { ledger: 'held' }, 'ledger.kept', actor, { why });
    throw new TocsinError('conflict', 'ledger_needed', why);
  }

  /** The archive as it was read back from the disk; written first, or anew, where it is not there or says something else. */
  async #requireArchive(
    { id }: Stored<Broadcast>,
    archived: Stored<ArchivedBroadcast> | undefined,
    actor: string,
  ): Promise<Stored<ArchivedBroadcast>> {
    const { archive } = this.#deps;
    if (archived && (await archive.isSound(archived))) return archived;
    const anew = await archive.write(id, actor);
    await archive.check(anew);
    if (await archive.agrees(anew)) return anew;
    throw new TocsinError('conflict', 'ledger_moves', `The ledger of ${id} still changes`);
  }

  async #purgeLists(archived: Stored<ArchivedBroadcast>, actor: string): Promise<void> {
    const { archive } = this.#deps;
    await archive.requireHere(archived);
    const marked =
      archived.value.lists === 'purging'
        ? archived
        : await this.#mark(archived, { lists: 'purging' }, 'archive.purge', actor);
    await archive.removeLists(archived.id);
    await this.#mark(marked, { lists: 'purged', listsPurgedAt: this.#at() }, 'archive.purged', actor);
  }

  /** Another machine purged its own, or a backup brought these back: each clears its own folder. */
  async #purgeCopy({ id, value: { recipients, manifest } }: Stored<ArchivedBroadcast>, actor: string): Promise<void> {
    await this.#deps.archive.removeLists(id);
    const detail = { recipients, manifest, copy: true };
    await commit(this.#deps.store, { actor, action: 'archive.purged', subject: `archive/${id}`, detail }, []);
  }

  async #dueAudiences(all: readonly Kept[]) {
    const { audiences, notices, retention, now } = this.#deps;
    const found = [];
    for await (const audience of allRecords(audiences.records)) found.push(audience);
    const due = dueAudiences(found, all, retention, now());
    if (!due.some(({ why }) => why === undefined)) return due;
    const { byAudience } = await awaitedNotices(notices, now());
    return due.map(({ audience, why }) => {
      const notice = byAudience.get(audience.id);
      const reason = why ?? (notice === undefined ? undefined : `notice ${notice} may be launched to it`);
      return { audience, why: reason };
    });
  }

  async #purgeFiles(actor: string, dryRun: boolean): Promise<number> {
    const { store, retention, now } = this.#deps;
    const paths = await leftovers(this.#deps, retention.rejectedDays, now());
    if (dryRun || paths.length === 0) return paths.length;
    await remove(paths);
    const act = { actor, action: 'files.purged', subject: 'files', detail: { files: paths.length } };
    await commit(store, act, []);
    return paths.length;
  }

  #mark(
    archived: Stored<ArchivedBroadcast>,
    change: Partial<ArchivedBroadcast>,
    action: string,
    actor: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<Stored<ArchivedBroadcast>> {
    const { recipients, slots, manifest } = archived.value;
    const detail = { recipients, slots, manifest, ...more };
    const act = { actor, action, subject: `archive/${archived.id}`, detail };
    return archiveRecords(this.#deps.store).update(archived, { ...archived.value, ...change }, act);
  }

  #at(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}
