/**
 * What became of one recipient by exported or archived evidence alone: no store, on whatever machine the files are. It
 * vouches for nothing that is not as it was exported, and leaves no trace but who was let near the files.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lane } from '../broadcasts/broadcast.ts';
import { type RecipientState, unknownRecipient } from '../broadcasts/recipient.ts';
import { refuseFaults, TocsinError } from '../errors.ts';
import { RECIPIENTS_PARQUET } from './evidence.ts';
import { checkEvidence } from './evidence-check.ts';
import { findRecipient } from './recipient-table.ts';

export interface EvidencedRecipient extends RecipientState {
  readonly broadcast: string;
}

/**
 * Throws `no_evidence`, `packed_evidence`, `broken_evidence` with each fault, `lists_purged`,
 * `unknown_recipient`, which does not repeat the number.
 */
export async function recipientInEvidence(folder: string, msisdn: number): Promise<EvidencedRecipient> {
  const { broadcast, faults, purged } = await checkEvidence(folder);
  refuseFaults('broken_evidence', `The evidence of ${broadcast} is not as it was exported`, faults);
  if ((await stat(folder)).isFile()) {
    throw new TocsinError('invalid', 'packed_evidence', 'Unpack it first (tar -xf); then give the folder');
  }
  if (purged.length > 0) {
    throw new TocsinError(
      'not-found',
      'lists_purged',
      `Who was sent what by ${broadcast} was purged: its time was over`,
    );
  }
  const found = await findRecipient(join(folder, RECIPIENTS_PARQUET), msisdn);
  if (found === undefined) throw unknownRecipient();
  const lanes = JSON.parse(await readFile(join(folder, 'lanes.json'), 'utf8')) as Lane[];
  const lane = lanes.find(({ region, language }) => region === found.region && language === found.language);
  return { broadcast, ...found, text: lane?.rendering.text ?? '' };
}
