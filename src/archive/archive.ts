/**
 * The archive: the evidence of closed broadcasts as folders of files, in which a recipient is still found when the ledger
 * has been purged. It writes a folder whole or not at all, and vouches for none whose hashes it has not checked.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchivedBroadcast, archiveRecords } from '../broadcasts/archived.ts';
import { broadcastRecords, planRecords } from '../broadcasts/broadcast.ts';
import { verify } from '../broadcasts/verify.ts';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import type { Stored } from '../store/records.ts';
import { type EvidenceDeps, LISTS, MANIFEST, type Manifest, RECIPIENTS_PARQUET, writeEvidence } from './evidence.ts';
import { type Bundle, bundle } from './evidence-bundle.ts';
import { measure } from './evidence-files.ts';
import { type ArchivedRecipient, findRecipient } from './recipient-table.ts';
import { replaceFolder } from './replace-folder.ts';
import { digestOfSlots } from './slots-digest.ts';

/** Folders under way start so: what is left of one that died is swept (see leftovers.ts). */
export const UNFINISHED = '.unfinished-';

export interface ArchiveDeps extends Omit<EvidenceDeps, 'workFolder'> {
  readonly folder: string;
  readonly now: () => number;
}

export class Archive {
  readonly #deps: ArchiveDeps;

  constructor(deps: ArchiveDeps) {
    this.#deps = deps;
  }

  folderOf(id: string): string {
    return join(this.#deps.folder, id);
  }

  /**
   * Writes the evidence of a closed broadcast, or writes it anew while its ledger is held. Throws `not_closed`,
   * `ledger_purged`, `counts_differ` (rule 6: what contradicts itself is looked into, not filed), `unknown_broadcast`.
   */
  async write(id: string, actor: string): Promise<Stored<ArchivedBroadcast>> {
    const { store, folder, now } = this.#deps;
    const broadcast = await broadcastRecords(store).get(id);
    if (broadcast.value.state !== 'closed') {
      throw new TocsinError('conflict', 'not_closed', `Broadcast ${id} is not closed: it goes into no archive yet`);
    }
    const held = await archiveRecords(store).find(id);
    if (held && held.value.ledger !== 'held') {
      throw new TocsinError('conflict', 'ledger_purged', `The ledger of ${id} is purged: its archive stays as it is`);
    }
    // An export takes minutes, and housekeeping tries again for as long as they differ.
    await requireAgreement(store, id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unfinished = await mkdtemp(join(folder, UNFINISHED));
    try {
      const { files, manifest } = await writeEvidence({ ...this.#deps, workFolder: folder }, id, unfinished);
      // Again: these go with what was written.
      const { counts, inDoubt, recipients } = await requireAgreement(store, id);
      await this.#publish(id, unfinished);
      const value: ArchivedBroadcast = {
        at: new Date(now()).toISOString(),
        ...{ recipients, counts, inDoubt, slots: manifest.slots },
        manifest: files.at(-1)!.sha256,
        ...{ ledger: 'held', lists: 'held' },
      };
      const detail = { recipients, counts, inDoubt, slots: value.slots, manifest: value.manifest };
      const act = { actor, action: 'archive.write', subject: `archive/${id}`, detail };
      return await archiveRecords(store).update(held ?? { id, version: 0 }, value, act);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }

  /** A broadcast's folder is the old one or the new one, whole. On the disk when it resolves. */
  async #publish(id: string, unfinished: string): Promise<void> {
    await Promise.all((await readdir(unfinished)).map((name) => synced(join(unfinished, name))));
    await synced(unfinished);
    await replaceFolder(unfinished, this.folderOf(id), `${unfinished}-old`);
    await synced(this.#deps.folder);
  }

  /**
   * Reads every file and holds it against the manifest, and that against the record. Throws `unavailable` /
   * `archive_broken` with each fault.
   */
  async check({ id, value }: Stored<ArchivedBroadcast>): Promise<Manifest> {
    const faults: { at: string; message: string }[] = [];
    const manifest = await this.#readManifest(id, value).catch((error: Error) => {
      faults.push({ at: MANIFEST, message: error.message });
      return undefined;
    });
    for (const { name, bytes, sha256 } of manifest?.files ?? []) {
      if (value.lists !== 'held' && LISTS.includes(name)) continue;
      const found = await measure(createReadStream(join(this.folderOf(id), name))).catch(() => undefined);
      if (found === undefined) faults.push({ at: name, message: 'cannot be read' });
      else if (found.sha256 !== sha256 || found.bytes !== bytes) faults.push({ at: name, message: 'is another file' });
    }
    if (manifest !== undefined && faults.length === 0) return manifest;
    throw new TocsinError('unavailable', 'archive_broken', `The archive of ${id} is not as it was written`, { faults });
  }

  async #readManifest(id: string, { manifest }: ArchivedBroadcast): Promise<Manifest> {
    const path = join(this.folderOf(id), MANIFEST);
    const { sha256 } = await measure(createReadStream(path)).catch(() => {
      throw new Error('is not on this machine');
    });
    if (sha256 !== manifest) throw new Error('is another one than was archived');
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  }

  /** Whether the ledger still says what the archive does: a receipt may have come since. */
  async agrees({ id, value }: Stored<ArchivedBroadcast>): Promise<boolean> {
    const { store } = this.#deps;
    const [{ value: broadcast }, { value: plan }] = await Promise.all([
      broadcastRecords(store).get(id),
      planRecords(store).get(id),
    ]);
    return (await digestOfSlots(store, broadcast, plan)) === value.slots;
  }

  /** Whether it can stand for the ledger, which is held: it says the same, and every file is here and as it was written. */
  async isSound(archived: Stored<ArchivedBroadcast>): Promise<boolean> {
    if (!(await this.agrees(archived))) return false;
    return this.check(archived).then(
      () => true,
      () => false,
    );
  }

  /** Throws `not-found` / `lists_purged`, `unavailable` / `archive_broken` where the file is not here. */
  async find({ id, value }: Stored<ArchivedBroadcast>, msisdn: number): Promise<ArchivedRecipient | undefined> {
    if (value.lists !== 'held') {
      throw new TocsinError('not-found', 'lists_purged', `Who was sent what by ${id} was purged, in its archive too`);
    }
    const { files } = await this.#manifestOf(id, value);
    if (!files.some(({ name }) => name === RECIPIENTS_PARQUET)) throw broken(id, RECIPIENTS_PARQUET);
    return findRecipient(join(this.folderOf(id), RECIPIENTS_PARQUET), msisdn);
  }

  /** The files as one; what was purged is not among them. */
  async bundle({ id, value }: Stored<ArchivedBroadcast>): Promise<Bundle> {
    const { value: broadcast } = await broadcastRecords(this.#deps.store).get(id);
    const { files } = await this.#manifestOf(id, value);
    const there = files.filter(({ name }) => value.lists === 'held' || !LISTS.includes(name));
    const path = join(this.folderOf(id), MANIFEST);
    const last = { name: MANIFEST, ...(await measure(createReadStream(path))) };
    return bundle(id, broadcast.launchedAt, this.folderOf(id), {
      files: async () => [...there, last],
      cleanUp: async () => {},
    });
  }

  /** Throws `unavailable` / `archive_broken` where the archive lies on another machine. */
  async requireHere({ id, value }: Stored<ArchivedBroadcast>): Promise<void> {
    await this.#manifestOf(id, value);
  }

  async #manifestOf(id: string, value: ArchivedBroadcast): Promise<Manifest> {
    return this.#readManifest(id, value).catch((error: Error) => {
      throw broken(id, MANIFEST, error.message);
    });
  }

  /** Whether a list of recipients lies in the folder on this machine, whatever the record says. */
  async hasLists(id: string): Promise<boolean> {
    const names = await readdir(this.folderOf(id)).catch((): string[] => []);
    return LISTS.some((name) => names.includes(name));
  }

  /** Removes the lists of recipients; all else stays. */
  async removeLists(id: string): Promise<void> {
    for (const name of LISTS) await rm(join(this.folderOf(id), name), { force: true });
    await synced(this.folderOf(id)).catch(() => {});
  }
}

/** Throws `conflict` / `counts_differ`. */
async function requireAgreement(store: Store, id: string) {
  const { differences, ...rest } = await verify(store, id);
  if (differences.length === 0) return rest;
  const message = `${differences.length} counts of ${id} differ from its slots: see tocsin verify ${id}`;
  throw new TocsinError('conflict', 'counts_differ', message);
}

const broken = (id: string, at: string, message = 'is not there'): TocsinError =>
  new TocsinError('unavailable', 'archive_broken', `The archive of ${id} is not as it was written`, {
    faults: [{ at, message }],
  });

/** A file's bytes, or what a folder names, are on the disk. */
async function synced(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
