/**
 * The evidence of a broadcast: what was said, who approved it, what became of every recipient and when, as files that
 * an inquiry can check by their hashes. It reads and changes nothing, so that two exports of a closed broadcast are the
 * same bytes. Refuses nothing but unknown broadcasts: one that still runs is told as it is.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { toCap } from '../cap/writer.ts';
import type { Notice } from '../notices/notice.ts';
import { auditEntries } from '../store/audit.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';
import { type Broadcast, type BroadcastPlan, broadcastRecords, planRecords } from './broadcast.ts';
import { type EvidenceFile, EvidenceFolder, jsonLine } from './evidence-files.ts';
import { type BlockOf, recipientLines } from './evidence-recipients.ts';
import { ProgressReader } from './progress.ts';
import { timesOf } from './times.ts';
import { verify } from './verify.ts';

export interface EvidenceDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly block: BlockOf;
  /** Files are written below it before they are sent: about 6 bytes a recipient. */
  readonly workFolder: string;
}

/** Last file: the names, sizes and hashes of all others. A folder without it is not complete. */
const MANIFEST = 'manifest.json';

interface Subject {
  readonly broadcast: Stored<Broadcast>;
  readonly plan: BroadcastPlan;
  readonly notice: Stored<Notice>;
}

async function read({ store, notices }: EvidenceDeps, id: string): Promise<Subject> {
  const broadcast = await broadcastRecords(store).get(id);
  const [{ value: plan }, notice] = await Promise.all([
    planRecords(store).get(id),
    notices.get(broadcast.value.notice),
  ]);
  return { broadcast, plan, notice };
}

/**
 * The evidence as one `.tar.gz`. The caller reads the stream or destroys it: the work files go with it. Throws
 * `not-found` / `unknown_broadcast`; what fails later ends the stream with an error.
 */
export async function evidence(
  deps: EvidenceDeps,
  id: string,
): Promise<{ name: string; contentType: 'application/gzip'; stream: Readable }> {
  const subject = await read(deps, id);
  await mkdir(deps.workFolder, { recursive: true });
  const folder = await mkdtemp(join(deps.workFolder, 'evidence-'));
  const name = `evidence-${id}`;
  const stop = new AbortController();
  const stream = createGzip();
  const tar = pack();
  stream.once('close', () => stop.abort());
  // The reader hears of errors too; one that comes before there is a reader must not end the process.
  stream.on('error', () => {});
  tar.on('error', (error: Error) => stream.destroy(error));
  tar.pipe(stream);

  const mtime = new Date(subject.broadcast.value.launchedAt);
  const send = async () => {
    // A tar entry starts with its size, so a file is complete before its first byte is sent.
    const files = await writeFiles(deps, subject, folder, stop.signal);
    for (const file of files) {
      const entry = tar.entry({ name: `${name}/${file.name}`, size: file.bytes, mode: 0o600, mtime });
      await pipeline(createReadStream(join(folder, file.name)), entry, { signal: stop.signal });
    }
    tar.finalize();
  };
  const cleanUp = () => rm(folder, { recursive: true, force: true });
  send().then(cleanUp, async (error: Error) => {
    await cleanUp();
    tar.destroy();
    if (!stream.destroyed) stream.destroy(error);
  });
  return { name: `${name}.tar.gz`, contentType: 'application/gzip', stream };
}

/** Writes the evidence into `folder`, the manifest last. Throws `not-found` / `unknown_broadcast`. */
export async function writeEvidence(
  deps: EvidenceDeps,
  id: string,
  folder: string,
): Promise<{ files: readonly EvidenceFile[] }> {
  const subject = await read(deps, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // An earlier export's manifest must not vouch for the files of this one, should it not come to its end.
  await rm(join(folder, MANIFEST), { force: true });
  return { files: await writeFiles(deps, subject, folder) };
}

async function writeFiles(
  deps: EvidenceDeps,
  subject: Subject,
  folder: string,
  signal?: AbortSignal,
): Promise<readonly EvidenceFile[]> {
  const { store } = deps;
  const { broadcast, notice, plan } = subject;
  const out = new EvidenceFolder(folder, signal);
  await out.json('notice.json', { id: notice.id, ...notice.value });
  await out.write('notice.cap.xml', [toCap(notice.value)]);
  await out.json('broadcast.json', { id: broadcast.id, ...broadcast.value });
  await out.json('lanes.json', plan.lanes);
  await out.json('approvals.json', approvals(notice.value));
  await out.json('timings.json', await timings(store, subject));
  await out.write('recipients.csv.gz', recipientLines(deps, broadcast.value, plan));
  await out.json('counts.json', await counts(store, broadcast.id));
  await out.write('audit.jsonl', auditLines(store, new Set([`notice/${notice.id}`, `broadcast/${broadcast.id}`])));
  await out.json(MANIFEST, { broadcast: broadcast.id, notice: notice.id, files: [...out.files] });
  return out.files;
}

function approvals({ author, editors, submitted, renderingsHash, audienceDigest, routes, decisions }: Notice) {
  return { author, editors, submitted, renderingsHash, audienceDigest, routes, decisions };
}

async function timings(store: Store, { broadcast, notice }: Subject) {
  const { no, launchedAt, cancelledAt, closedAt, expires, receiptDeadline } = broadcast.value;
  const own = { launchedAt, ...(await timesOf(store, no)), cancelledAt, closedAt };
  return { notice: notice.value.timings, broadcast: { ...own, expires, receiptDeadline } };
}

/** The counts kept as slots changed beside those counted from the slots (ledger rule 6). */
async function counts(store: Store, id: string) {
  const kept = await new ProgressReader({ store }).read(id);
  const recounted = await verify(store, id);
  return {
    recipients: kept.recipients,
    kept: { counts: kept.counts, inDoubt: kept.inDoubt },
    recounted: { counts: recounted.counts, inDoubt: recounted.inDoubt },
    differences: recounted.differences,
    lanes: kept.lanes.map(({ region, language, recipients, counts, inDoubt }) => {
      return { region, language, recipients, counts, inDoubt };
    }),
  };
}

/** Each entry with its hash and the one before it, so that it can be checked against the whole log. */
async function* auditLines(store: Store, subjects: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const entry of auditEntries(store)) if (subjects.has(entry.subject)) yield jsonLine(entry);
}
