/** A broadcast that still runs, with what its evidence is made of. */
import { join } from 'node:path';
import type { EvidenceDeps } from '../../src/archive/evidence.ts';
import { recordSubmission } from '../../src/broadcasts/times.ts';
import type { Store } from '../../src/store/connection.ts';
import { batchesOf, blocksOf, happen, NOW, noticeRecords, storeBroadcast } from '../broadcasts/builders.ts';

/** The files of an evidence, in their order. */
export const NAMES = [
  'notice.json',
  'notice.cap.xml',
  'broadcast.json',
  'lanes.json',
  'approvals.json',
  'timings.json',
  'recipients.csv.gz',
  'recipients.parquet',
  'counts.json',
  'audit.jsonl',
  'manifest.json',
];
/** 2A: one delivered in doubt, one refused, one pending. 35: the first block delivered, the rest pending. */
export async function runningBroadcast(store: Store, no: number, folder: string) {
  const stored = await storeBroadcast(store, { no });
  const { broadcast, plan } = stored;
  const [small, large] = plan.lanes;
  const [one] = batchesOf(store, broadcast, small!);
  await happen(store, one!, 0, 0, 'claim', 'doubt', 'claim', 'accept', 'receiptDelivered');
  await happen(store, one!, 1, 1, 'claim', 'refuse');
  const [first] = batchesOf(store, broadcast, large!);
  await happen(store, first!, 0, 999, 'claim', 'accept', 'receiptDelivered');
  await recordSubmission(store, broadcast.no, NOW + 400);
  await recordSubmission(store, broadcast.no, NOW + 900);
  const deps: EvidenceDeps = {
    store,
    notices: noticeRecords(store),
    block: blocksOf(plan),
    workFolder: join(folder, 'work'),
  };
  return { ...stored, deps, out: join(folder, 'out') };
}
