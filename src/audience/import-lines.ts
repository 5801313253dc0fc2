/**
 * One import from the first byte to the last block: read and sort while it comes, then write. Leaves blocks without a
 * record, which the caller publishes or removes. Every line is accounted for, or the import fails.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { TocsinError } from '../errors.ts';
import type { BlockStore, NewBlock } from './block-store.ts';
import { GroupWriter } from './group-writer.ts';
import { HEADER_BYTES, readHeader } from './header.ts';
import { LineReader, type LineSink, SHORTEST_LINE } from './line-reader.ts';
import { LineReasons } from './line-reasons.ts';
import { plainBytes } from './plain-bytes.ts';
import type { AudienceSnapshot, ImportProgress } from './snapshot.ts';
import { SortedRuns } from './sorted-runs.ts';

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
/** Bytes read at one go; what one piece holds fits in a run. */
const PIECE = 256 * 1_024;
const MOST_RECIPIENTS = Math.ceil(PIECE / SHORTEST_LINE) + 1;
/** The process serves others too. */
const BUSY_MS = 20;

export async function importLines(work: Import): Promise<Imported> {
  const { folder, signal } = work;
  const runs = await SortedRuns.open(join(folder, 'entries'));
  try {
    const reasons = new LineReasons();
    const lines = await receive(work, runs, reasons);
    signal?.throwIfAborted();
    return await write(work, { lines, runs, reasons });
  } finally {
    await runs.close();
  }
}

/** Reads the file's lines into `runs` and `reasons`, and returns how many there are. */
async function receive(work: Import, runs: SortedRuns, reasons: LineReasons): Promise<number> {
  const { stream, signal, sizeHint, onProgress } = work;
  const sink: LineSink = {
    recipient: (msisdn, group, line) => runs.add(msisdn, group, line),
    rejected: (code, line) => reasons.rejected(code, line),
  };
  let bytes = 0;
  let reader: LineReader | undefined;
  let told = Number.NEGATIVE_INFINITY;
  let rested = performance.now();
  const onBytes = (received: number) => {
    bytes = received;
  };
  for await (const piece of pieces(plainBytes(stream, { signal, onBytes }))) {
    signal?.throwIfAborted();
    reader ??= new LineReader(readHeader(piece), sink);
    await runs.makeRoom(MOST_RECIPIENTS);
    reader.take(piece);
    const now = performance.now();
    if (now - rested > BUSY_MS) {
      await turn();
      rested = performance.now();
    }
    if (now - told < PROGRESS_EVERY_MS) continue;
    told = now;
    const fraction = sizeHint ? { fraction: Math.min(bytes / sizeHint, 1) } : {};
    onProgress?.({ phase: 'receiving', bytes, lines: reader.lines, ...fraction });
  }
  reader ??= new LineReader(readHeader(Buffer.alloc(0)), sink);
  await runs.makeRoom(1);
  reader.end();
  return reader.lines;
}

/** No larger than PIECE, and the first one large enough for the header. */
async function* pieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length < HEADER_BYTES) continue;
      bytes = head;
      head = undefined;
    }
    for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
  }
  if (head !== undefined && head.length > 0) yield head;
}

interface Read {
  readonly lines: number;
  readonly runs: SortedRuns;
  readonly reasons: LineReasons;
}

async function write(work: Import, { lines, runs, reasons }: Read): Promise<Imported> {
  const { id, folder, blocks, signal, onProgress } = work;
  const rejectedByReason = reasons.rejectedByReason();
  const rejected = Object.values(rejectedByReason).reduce((sum, count) => sum + count, 0);
  const sound = lines - rejected;
  const writer = new GroupWriter((line) => reasons.duplicate(line));
  const output = new WriteBehind((batch) => blocks.write(id, batch));
  try {
    for await (const { entries, count } of runs.merged()) {
      signal?.throwIfAborted();
      writer.take(entries, count);
      if (writer.readyBlocks < BLOCKS_PER_WRITE) continue;
      await output.next(writer.takeReady());
      const done = writer.recipients + reasons.duplicates;
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
  const { duplicates } = reasons;
  if (recipients + duplicates !== sound) throw new RangeError('the import has lost lines on its way');
  if (recipients === 0) throw emptyAudience(lines, rejectedByReason);
  await Promise.all(groups.map(({ region, language }, i) => blocks.writeIndex(id, region, language, firsts[i]!)));
  const snapshot = { recipients, groups, fictional, unassigned, lines, duplicates, rejected, rejectedByReason, digest };
  onProgress?.({ phase: 'writing', lines, recipients, fraction: 1 });
  if (rejected + duplicates === 0) return { snapshot };
  const rejectedFile = join(folder, 'rejected.csv');
  await reasons.write(rejectedFile);
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

function emptyAudience(lines: number, rejectedByReason: Record<string, number>): TocsinError {
  const faults = Object.entries(rejectedByReason).map(([reason, count]) => ({
    at: 'file',
    message: `${count} lines rejected: ${reason.replaceAll('_', ' ')}`,
  }));
  const message = lines === 0 ? 'The file has no lines below its header' : 'Not one line of the file is a recipient';
  return new TocsinError('invalid', 'empty_audience', message, { faults });
}
