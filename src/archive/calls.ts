/** What the API and the command line ask of broadcasts that may be archived: from the ledger while it is held, else from the files. */
import type { Audiences } from '../audience/audiences.ts';
import { type ArchivedBroadcast, archiveRecords, purgedLedger, requireLedger } from '../broadcasts/archived.ts';
import { auditReading } from '../broadcasts/audited-readings.ts';
import { planRecords } from '../broadcasts/broadcast.ts';
import { type RecipientState, recipientState, unknownRecipient } from '../broadcasts/recipient.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import type { Records, Stored } from '../store/records.ts';
import { Archive } from './archive.ts';
import { writeEvidence } from './evidence.ts';
import { type Bundle, evidence } from './evidence-bundle.ts';

export interface ArchiveCallsDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly audiences: Audiences;
  readonly dataFolder: string;
  readonly archiveFolder: string;
  readonly now?: () => number;
}

export type ArchiveCalls = ReturnType<typeof archiveCalls>;

export function archiveCalls({ archiveFolder, now = Date.now, ...deps }: ArchiveCallsDeps) {
  const { store, notices, audiences, dataFolder: workFolder } = deps;
  const block = (audience: string, region: string, language: string, n: number) =>
    audiences.block(audience, region, language, n);
  const archive = new Archive({ store, notices, block, folder: archiveFolder, now });
  return {
    archive,
    /** As it was, or as it is: who asks is in the audit log, for whom is not. Throws `unknown_broadcast`, `unknown_recipient`. */
    recipientState: async (id: string, msisdn: number, by: Person): Promise<RecipientState> => {
      await auditReading(store, 'recipient', id, by);
      const archived = await purgedLedger(store, id);
      if (archived) return fromArchive(store, archive, archived, msisdn);
      return recipientState(store, (audience, number) => audiences.locate(audience, number), id, msisdn);
    },
    /** Into a folder of the caller's. Throws `ledger_purged`: then the archive's own folder has it. */
    writeEvidence: async (id: string, folder: string, by: Person) => {
      await auditReading(store, 'evidence', id, by);
      await requireLedger(store, id);
      return writeEvidence({ store, block, notices, workFolder }, id, folder);
    },
    evidence: async (id: string, by: Person): Promise<Bundle> => {
      await auditReading(store, 'evidence', id, by);
      const archived = await archiveRecords(store).find(id);
      // While the ledger is held the archive only saves the minutes that a country's files take.
      const stands = archived && (archived.value.ledger !== 'held' || (await archive.isSound(archived)));
      return stands ? archive.bundle(archived) : evidence({ store, block, notices, workFolder }, id);
    },
  };
}

async function fromArchive(
  store: Store,
  archive: Archive,
  archived: Stored<ArchivedBroadcast>,
  msisdn: number,
): Promise<RecipientState> {
  const found = await archive.find(archived, msisdn);
  if (found === undefined) throw unknownRecipient();
  const { value: plan } = await planRecords(store).get(archived.id);
  const lane = plan.lanes.find(({ region, language }) => region === found.region && language === found.language);
  return { ...found, text: lane?.rendering.text ?? '' };
}
