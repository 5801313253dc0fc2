/** What became of one broadcast: the simulator's record held against the ledger. Whatever does not hold is said. */

import { recipientLines } from '../../src/archive/evidence-recipients.ts';
import { Audiences } from '../../src/audience/audiences.ts';
import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import type { Progress } from '../../src/broadcasts/progress.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import type { RecordSnapshot } from '../../src/simulator/record.ts';
import type { Stage } from './stage.ts';

export interface Outcome {
  readonly recipients: number;
  /** Never seen by the SMSC, or not known as delivered (or as cancelled, where it was cancelled). */
  readonly lost: number;
  /** Recipients whom the simulator saw more than once. */
  readonly twice: number;
  readonly inDoubt: number;
  readonly secondsToRecover: number;
  /** What does not hold, in words; empty when all is well. */
  readonly wrong: readonly string[];
}

export interface Ended {
  readonly stage: Stage;
  readonly broadcast: string;
  readonly progress: Progress;
  /** Receipts of the route that nobody could join, before this broadcast. */
  readonly parkedBefore: number;
  /** Whether the program `tocsin verify` is to be asked too. */
  readonly program: boolean;
}

/** Holds a broadcast that has closed, or should have, against the record; `secondsToRecover` is the caller's. */
export async function judge(ended: Ended): Promise<Omit<Outcome, 'secondsToRecover'>> {
  const { stage, broadcast, progress } = ended;
  const record = await stage.smsc.record();
  const { recipients, counts, inDoubt } = progress;
  const cancelled = counts.cancelled;
  const unseen = recipients - cancelled - record.recipients;
  const wrong: string[] = [];
  const holds = (condition: boolean, otherwise: string) => {
    if (!condition) wrong.push(otherwise);
  };
  holds(progress.state === 'closed', `the broadcast is ${progress.state}, ${progress.unaccounted} unaccounted for`);
  holds(record.duplicates <= inDoubt, `${record.duplicates} were seen twice, ${inDoubt} are in doubt`);
  holds(record.receipts.unanswered === 0, `${record.receipts.unanswered} receipts were never taken`);
  // Whoever is cancelled while in doubt may have been seen.
  holds(unseen >= -inDoubt, `${-unseen} of those who are cancelled were seen`);
  if (ended.program) wrong.push(...(await stage.verify(broadcast)));
  wrong.push(...(await ledgerFaults(stage, broadcast, inDoubt)), ...(await unlisted(stage, broadcast, record)));
  const parked = (await parkedReceipts(stage)) - ended.parkedBefore;
  // The id of a submission in doubt was never told, so its receipt cannot be joined; every other one can.
  const copies = record.accepted - record.recipients;
  holds(parked <= Math.max(inDoubt, copies), `${parked} receipts were not joined, ${inDoubt} recipients are in doubt`);
  const lost = Math.max(unseen, recipients - cancelled - counts.delivered, 0);
  return { recipients, lost, twice: record.duplicates, inDoubt, wrong };
}

/** The counts against the slots, to the last one. */
async function ledgerFaults(stage: Stage, broadcast: string, inDoubt: number): Promise<string[]> {
  const { differences, inDoubt: recounted } = await verify(stage.store, broadcast);
  const faults = differences.map(
    ({ region, count, kept, recounted }) => `${region} ${count}: kept ${kept}, recounted ${recounted}`,
  );
  if (recounted !== inDoubt) faults.push(`in doubt: kept ${inDoubt}, recounted ${recounted}`);
  return faults;
}

/** Everybody whom the simulator saw twice must be in doubt in the evidence, by number. */
async function unlisted(stage: Stage, broadcast: string, record: RecordSnapshot): Promise<string[]> {
  if (record.duplicates === 0) return [];
  const twice = new Set((await stage.smsc.seenTwice(record.duplicates + 1)).map(String));
  const audiences = new Audiences({ store: stage.store, workFolder: stage.folder });
  const { value } = await broadcastRecords(stage.store).get(broadcast);
  const { value: plan } = await planRecords(stage.store).get(broadcast);
  const block = (audience: string, region: string, language: string, n: number) =>
    audiences.block(audience, region, language, n);
  for await (const lines of recipientLines({ store: stage.store, block }, value, plan)) {
    for (const line of lines.split('\n')) {
      const [, , msisdn = '', , inDoubt] = line.split(',');
      if (inDoubt === '1') twice.delete(msisdn);
    }
  }
  return twice.size === 0 ? [] : [`${twice.size} were seen twice and are not listed as in doubt`];
}

/** Receipts of the route whose message id nobody knows. */
export async function parkedReceipts({ store, route }: Stage): Promise<number> {
  let count = 0;
  for await (const _ of new MessageIds({ store, route: route.id }).orphans()) count += 1;
  return count;
}
