/**
 * The evidence of a broadcast: what was said, who approved it, what became of every recipient and when, as files that
 * an inquiry can check by their hashes. It reads and changes nothing, so that two exports of a closed broadcast are the
 * same bytes. Refuses nothing but unknown broadcasts: one that still runs is told as it is.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Broadcast, type BroadcastPlan, broadcastRecords, planRecords } from '../broadcasts/broadcast.ts';
import { ProgressReader } from '../broadcasts/progress.ts';
import { timesOf } from '../broadcasts/times.ts';
import { verify } from '../broadcasts/verify.ts';
import { toCap } from '../cap/writer.ts';
import type { Notice } from '../notices/notice.ts';
import { agreementOf } from '../notices/requirement.ts';
import { auditEntries } from '../store/audit.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';
import { type EvidenceFile, EvidenceFolder, jsonLine } from './evidence-files.ts';
import { type BlockOf, recipientLines } from './evidence-recipients.ts';
import { writeRecipientTable } from './recipient-table.ts';
import { SlotsDigest } from './slots-digest.ts';

export interface EvidenceDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly block: BlockOf;
  /** Files are written below it before they are sent: about 4 bytes a recipient, and up to 70 more while they are sorted. */
  readonly workFolder: string;
}

/** Last file: the names, sizes and hashes of all others. A folder without it is not complete. */
export const MANIFEST = 'manifest.json';
export const RECIPIENTS_CSV = 'recipients.csv.gz';
export const RECIPIENTS_PARQUET = 'recipients.parquet';
/** The files that name recipients. */
export const LISTS: readonly string[] = [RECIPIENTS_CSV, RECIPIENTS_PARQUET];

export interface Manifest {
  readonly broadcast: string;
  readonly notice: string;
  readonly audience: { readonly id: string; readonly digest?: string };
  /** Of the states that the lists tell, see slots-digest.ts. */
  readonly slots: string;
  readonly files: readonly EvidenceFile[];
}

export interface EvidenceSubject {
  readonly broadcast: Stored<Broadcast>;
  readonly plan: BroadcastPlan;
  readonly notice: Stored<Notice>;
}

/** Throws `not-found` / `unknown_broadcast`. */
export async function evidenceSubject(
  { store, notices }: Pick<EvidenceDeps, 'store' | 'notices'>,
  id: string,
): Promise<EvidenceSubject> {
  const broadcast = await broadcastRecords(store).get(id);
  const [{ value: plan }, notice] = await Promise.all([
    planRecords(store).get(id),
    notices.get(broadcast.value.notice),
  ]);
  return { broadcast, plan, notice };
}

/** Writes the evidence into `folder`, the manifest last. Throws `not-found` / `unknown_broadcast`. */
export async function writeEvidence(
  deps: EvidenceDeps,
  id: string,
  folder: string,
): Promise<{ files: readonly EvidenceFile[]; manifest: Manifest }> {
  const subject = await evidenceSubject(deps, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // An earlier export's manifest must not vouch for the files of this one, should it not come to its end.
  await rm(join(folder, MANIFEST), { force: true });
  return writeFiles(deps, subject, folder);
}

export async function writeFiles(
  deps: EvidenceDeps,
  subject: EvidenceSubject,
  folder: string,
  signal?: AbortSignal,
): Promise<{ files: readonly EvidenceFile[]; manifest: Manifest }> {
  const { store } = deps;
  const { broadcast, notice, plan } = subject;
  const out = new EvidenceFolder(folder, signal);
  const digest = new SlotsDigest();
  await out.json('notice.json', { id: notice.id, ...notice.value });
  await out.write('notice.cap.xml', [toCap(notice.value)]);
  await out.json('broadcast.json', { id: broadcast.id, ...broadcast.value });
  await out.json('lanes.json', plan.lanes);
  await out.json('approvals.json', approvals(notice.value));
  await out.json('timings.json', await timings(store, subject));
  await out.write(RECIPIENTS_CSV, recipientLines(deps, broadcast.value, plan, digest));
  const { recipients } = broadcast.value;
  await out.add(RECIPIENTS_PARQUET, (parquet, stop) =>
    writeRecipientTable({ csv: out.path(RECIPIENTS_CSV), parquet, recipients }, stop),
  );
  await out.json('counts.json', await counts(store, broadcast.id));
  await out.write('audit.jsonl', auditExcerpt(store, subject));
  const manifest: Manifest = {
    ...{ broadcast: broadcast.id, notice: notice.id },
    audience: { id: broadcast.value.audience, ...digestOf(notice.value) },
    ...{ slots: digest.result(), files: [...out.files] },
  };
  await out.json(MANIFEST, manifest);
  return { files: out.files, manifest };
}

function approvals(notice: Notice) {
  const { author, editors, submitted, renderingsHash, audienceDigest, routes, decisions, waivers } = notice;
  const { requires, calls } = notice;
  /** What each region asked for, what of it is missing, and who returned it. */
  const regions = notice.regions.map((region) => ({ region, ...agreementOf(notice, region) }));
  return {
    ...{ author, editors, submitted, renderingsHash, audienceDigest, routes, decisions, waivers },
    ...{ requires, calls, regions },
  };
}

const digestOf = ({ audienceDigest }: Notice) => (audienceDigest === undefined ? {} : { digest: audienceDigest });

async function timings(store: Store, { broadcast, notice }: EvidenceSubject) {
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

/**
 * Each entry with its hash and the one before it, so that it can be checked against the whole log. Ends with the closing:
 * what is tried or refused later does not change the evidence.
 */
async function* auditExcerpt(store: Store, { broadcast, notice }: EvidenceSubject): AsyncGenerator<string> {
  const own = `broadcast/${broadcast.id}`;
  const subjects = new Set([`notice/${notice.id}`, own]);
  for await (const entry of auditEntries(store)) {
    if (!subjects.has(entry.subject)) continue;
    yield jsonLine(entry);
    if (entry.subject === own && entry.action === 'broadcast.closed') return;
  }
}
