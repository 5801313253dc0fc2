/**
 * One import from the first byte to the last block: receive, read, sort, write. Leaves blocks without a record, which
 * the caller publishes or removes.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { TocsinError } from '../errors.ts';
import type { BlockStore, NewBlock } from './block-store.ts';
import { GroupWriter } from './group-writer.ts';
import { readHeader } from './header.ts';
import { type LineCounts, LineTable } from './line-table.ts';
import type { AudienceSnapshot, ImportProgress } from './snapshot.ts';
import { spool } from './spool.ts';

export interface Import {
  readonly id: string;
  /** The import's own, removed by the caller. */
  readonly folder: string;
  readonly blocks: BlockStore;
  readonly stream: Readable;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly sizeHint?: number | undefined;
}

export interface Imported {
  readonly snapshot: Omit<AudienceSnapshot, 'name' | 'createdAt' | 'createdBy'>;
  /** Inside `folder`; none when every line is a recipient. */
  readonly rejectedFile?: string;
}

/** Blocks in one write to Redis: two megabytes. */
const BLOCKS_PER_WRITE = 256;
const PROGRESS_EVERY_MS = 250;

export async function importLines(work: Import): Promise<Imported> {
  const { folder, signal } = work;
  const file = join(folder, 'lines.csv');
  const { bytes, encoding } = await receive(work, file);
  const header = await readHeader(file);
  signal?.throwIfAborted();
  const table = await LineTable.open(folder);
  const interrupt = () => table.interrupt();
  signal?.addEventListener('abort', interrupt);
  const progress = setInterval(() => {
    const fraction = table.fraction();
    work.onProgress?.({ phase: 'reading', bytes, ...(fraction === undefined ? {} : { fraction }) });
  }, PROGRESS_EVERY_MS);
  try {
    await table.load(file, encoding, header);
    clearInterval(progress);
    return await write(work, table, await table.count());
  } catch (error) {
    // An interrupted statement fails with DuckDB's words; the caller knows its own reason.
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearInterval(progress);
    signal?.removeEventListener('abort', interrupt);
    table.close();
  }
}

async function receive(work: Import, file: string) {
  const { stream, signal, sizeHint, onProgress } = work;
  let told = 0;
  const onBytes = (bytes: number) => {
    const now = performance.now();
    if (now - told < PROGRESS_EVERY_MS) return;
    told = now;
    onProgress?.({ phase: 'receiving', bytes, ...(sizeHint ? { fraction: Math.min(bytes / sizeHint, 1) } : {}) });
  };
  try {
    return await spool(stream, file, { signal, onBytes });
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as { code?: unknown } | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    throw new TocsinError('invalid', 'upload_cut_short', 'The upload ended before the file did', { cause: error });
  }
}

async function write(work: Import, table: LineTable, counts: LineCounts): Promise<Imported> {
  const { id, folder, blocks, signal, onProgress } = work;
  const { lines, rejected, rejectedByReason } = counts;
  const writer = new GroupWriter();
  const output = new WriteBehind((batch) => blocks.write(id, batch));
  const sound = lines - rejected;
  try {
    for await (const run of table.sorted()) {
      signal?.throwIfAborted();
      writer.take(run);
      if (writer.readyBlocks < BLOCKS_PER_WRITE) continue;
      await output.next(writer.takeReady());
      const done = writer.recipients + writer.duplicateLines.length;
      onProgress?.({ phase: 'writing', lines, recipients: writer.recipients, fraction: done / sound });
    }
  } catch (error) {
    // A write still under way would land behind the removal of what was written.
    await output.end().catch(() => {});
    throw error;
  }
  const { groups, firsts, digest } = writer.finish();
  await output.next(writer.takeReady());
  await output.end();
  const { recipients, fictional, unassigned } = writer;
  if (recipients === 0) throw emptyAudience(counts);
  await Promise.all(groups.map(({ region, language }, i) => blocks.writeIndex(id, region, language, firsts[i]!)));
  const duplicates = writer.duplicateLines.length;
  const snapshot = { recipients, groups, fictional, unassigned, lines, duplicates, rejected, rejectedByReason, digest };
  onProgress?.({ phase: 'writing', lines, recipients, fraction: 1 });
  if (rejected + duplicates === 0) return { snapshot };
  const rejectedFile = join(folder, 'rejected.csv');
  await table.writeRejected(rejectedFile, writer.duplicateLines);
  return { snapshot, rejectedFile };
}

/** Keeps one write under way while the next is being made, and no more: Redis holds us back. */
class WriteBehind {
  readonly #write: (blocks: readonly NewBlock[]) => Promise<void>;
  #underWay: Promise<void> = Promise.resolve();

  constructor(write: (blocks: readonly NewBlock[]) => Promise<void>) {
    this.#write = write;
  }

  async next(blocks: readonly NewBlock[]): Promise<void> {
    await this.#underWay;
    this.#underWay = this.#write(blocks);
    // Heard by the next wait; unheard until then it would end the process.
    this.#underWay.catch(() => {});
  }

  end(): Promise<void> {
    return this.#underWay;
  }
}

function emptyAudience({ lines, rejectedByReason }: LineCounts): TocsinError {
  const faults = Object.entries(rejectedByReason).map(([reason, count]) => ({
    at: 'file',
    message: `${count} lines rejected: ${reason.replaceAll('_', ' ')}`,
  }));
  const message = lines === 0 ? 'The file has no lines below its header' : 'Not one line of the file is a recipient';
  return new TocsinError('invalid', 'empty_audience', message, { faults });
}
