/**
 * Audiences: immutable snapshots of recipients by region and language, made from CSV files of any size. Published whole
 * or not at all; refuses files that name nobody. No recipient's number leaves here but inside blocks.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { Records, type Stored } from '../store/records.ts';
import { BlockStore } from './block-store.ts';
import { lastNotAbove, searchBlock } from './blocks.ts';
import { type Imported, importLines } from './import-lines.ts';
import type { AudienceSnapshot, ImportProgress } from './snapshot.ts';

export interface ImportOptions {
  readonly name: string;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import with the signal's reason, leaving nothing. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes that will come, as far as known: for the fraction of progress only. */
  readonly sizeHint?: number | undefined;
}

/** Where a recipient is; `slot` is the place in the block, and in the batch made of it. */
export interface Place {
  readonly region: string;
  readonly language: string;
  readonly block: number;
  readonly slot: number;
}

/** Snapshots whose indexes stay in memory: 4 bytes a block, a quarter of a megabyte for a country. */
const INDEXES_KEPT = 4;

export class Audiences {
  readonly records: Records<AudienceSnapshot>;
  readonly #blocks: BlockStore;
  readonly #workFolder: string;
  readonly #indexes = new Map<string, Promise<Buffer[]>>();

  constructor({ store, workFolder }: { store: Store; workFolder: string }) {
    this.records = new Records<AudienceSnapshot>(store, 'audience');
    this.#blocks = new BlockStore(store);
    this.#workFolder = workFolder;
  }

  /**
   * Makes a snapshot of a CSV or gzipped CSV file with the columns msisdn, region, language in any order, a recipient a
   * line. `rejectedFile` lists `line,reason` of lines that are none, on this machine only. Throws `invalid_audience`,
   * `empty_audience`, `broken_gzip`, `upload_cut_short`, `unreadable_audience`.
   */
  async import(
    stream: Readable,
    options: ImportOptions,
    actor: string,
  ): Promise<{ snapshot: Stored<AudienceSnapshot>; rejectedFile?: string }> {
    const id = randomBytes(8).toString('hex');
    const folder = join(this.#workFolder, 'imports', id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const release = await this.#blocks.hold(id);
    try {
      const imported = await importLines({ id, folder, blocks: this.#blocks, stream, ...options });
      const rejectedFile = await this.#keepRejected(id, imported.rejectedFile);
      options.signal?.throwIfAborted();
      await this.#blocks.requireHeld(id);
      const snapshot = await this.#publish(id, imported, options.name, actor);
      return { snapshot, ...(rejectedFile === undefined ? {} : { rejectedFile }) };
    } catch (error) {
      stream.destroy();
      await this.#removeUnpublished(id);
      throw error;
    } finally {
      release();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** One that may be launched to. Throws `unknown_audience`, `conflict` / `audience_purged`. */
  async usable(id: string): Promise<Stored<AudienceSnapshot>> {
    const found = await this.get(id);
    if (found.value.purgingSince === undefined) return found;
    const message = `The recipients of audience "${id}" were purged: name a newer one`;
    throw new TocsinError('conflict', 'audience_purged', message, { faults: [{ at: '/audience', message }] });
  }

  /** Throws `unknown_audience`. */
  get(id: string): Promise<Stored<AudienceSnapshot>> {
    return this.records.get(id);
  }

  list(page: { limit?: number; before?: string } = {}): Promise<Stored<AudienceSnapshot>[]> {
    return this.records.list(page);
  }

  /** CSV `line,reason`; undefined when no line was rejected, or when the file lies on the machine of another process. */
  async rejectedLines(id: string): Promise<Readable | undefined> {
    await this.get(id);
    const file = this.#rejectedFile(id);
    const there = await access(file).then(
      () => true,
      () => false,
    );
    return there ? createReadStream(file) : undefined;
  }

  /** Packed MSISDNs: see blocks.ts. Throws `unknown_block`. */
  async block(id: string, region: string, language: string, block: number): Promise<Buffer> {
    const bytes = await this.#blocks.read(id, region, language, block);
    if (bytes) return bytes;
    const message = `Audience "${id}" has no block ${block} for region ${region} in ${language}`;
    throw new TocsinError('not-found', 'unknown_block', message);
  }

  /** The one place of a recipient; undefined when the audience does not hold the number. Throws `unknown_audience`. */
  async locate(id: string, msisdn: number): Promise<Place | undefined> {
    const { groups, purgingSince } = (await this.get(id)).value;
    if (purgingSince !== undefined) return undefined;
    const indexes = await this.#indexesOf(id, groups);
    const places = await Promise.all(
      groups.map(async ({ region, language }, i): Promise<Place | undefined> => {
        const block = lastNotAbove(indexes[i]!, msisdn);
        if (block === -1) return undefined;
        const slot = searchBlock(await this.block(id, region, language, block), msisdn);
        return slot === -1 ? undefined : { region, language, block, slot };
      }),
    );
    return places.find((place) => place !== undefined);
  }

  /** Removes what imports left that died with their process, here and in Redis. Meant for start-up; returns how many. */
  async sweepUnfinished(): Promise<number> {
    const ids = new Set(await this.#blocks.abandoned());
    for (const id of await readdir(join(this.#workFolder, 'imports')).catch(() => [])) {
      if (!(await this.#blocks.held(id))) ids.add(id);
    }
    for (const id of ids) {
      if (await this.records.find(id)) await this.#blocks.forget(id);
      else await this.#removeUnpublished(id);
      await rm(join(this.#workFolder, 'imports', id), { recursive: true, force: true });
    }
    return ids.size;
  }

  /** Removes the recipients for good; their counts and digest stay. Goes on where it was when it was killed. */
  async purge(id: string, actor: string): Promise<void> {
    let stored = await this.get(id);
    const { recipients, digest, groups } = stored.value;
    const mark = (action: string, change: Partial<AudienceSnapshot>) => {
      const act = { actor, action, subject: `audience/${id}`, detail: { recipients, digest } };
      return this.records.update(stored, { ...stored.value, ...change }, act);
    };
    const at = () => new Date().toISOString();
    if (stored.value.purgedAt !== undefined) return;
    if (stored.value.purgingSince === undefined) stored = await mark('audience.purge', { purgingSince: at() });
    this.#indexes.delete(id);
    for (const { region, language, blocks } of groups) await this.#blocks.unlink(id, region, language, blocks);
    await rm(this.#rejectedFile(id), { force: true });
    await mark('audience.purged', { purgedAt: at() });
  }

  async #publish(id: string, imported: Imported, name: string, actor: string): Promise<Stored<AudienceSnapshot>> {
    const { snapshot } = imported;
    const value: AudienceSnapshot = { name, createdAt: new Date().toISOString(), createdBy: actor, ...snapshot };
    const { recipients, digest } = snapshot;
    const act = { actor, action: 'audience.import', subject: `audience/${id}`, detail: { name, recipients, digest } };
    const stored = await this.records.create(id, value, act);
    // The record stands, so nothing may fail the import any more; a journal left over is swept later.
    await this.#blocks.forget(id).catch(() => {});
    return stored;
  }

  /** Leaves blocks alone when the record is there after all: its reply may have been lost on the way. */
  async #removeUnpublished(id: string): Promise<void> {
    try {
      if (await this.records.find(id)) return;
      await this.#blocks.remove(id);
      await rm(this.#rejectedFile(id), { force: true });
    } catch {
      // Redis is away: the lease runs out and sweepUnfinished removes the rest.
    }
  }

  async #keepRejected(id: string, file: string | undefined): Promise<string | undefined> {
    if (file === undefined) return undefined;
    await mkdir(join(this.#workFolder, 'rejected'), { recursive: true, mode: 0o700 });
    await rename(file, this.#rejectedFile(id));
    return this.#rejectedFile(id);
  }

  #rejectedFile(id: string): string {
    return join(this.#workFolder, 'rejected', `${id}.csv`);
  }

  #indexesOf(id: string, groups: AudienceSnapshot['groups']): Promise<Buffer[]> {
    const held = this.#indexes.get(id);
    if (held) return held;
    const read = Promise.all(
      groups.map(async ({ region, language }) => {
        const index = await this.#blocks.readIndex(id, region, language);
        if (index) return index;
        throw new TocsinError('unavailable', 'audience_incomplete', `Audience "${id}" has lost its index`);
      }),
    );
    this.#indexes.set(id, read);
    read.catch(() => this.#indexes.delete(id));
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > INDEXES_KEPT && oldest !== undefined) this.#indexes.delete(oldest);
    return read;
  }
}
