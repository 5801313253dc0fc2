/** What happened to one recipient of a broadcast: for the crisis cell's hotline, and asked for by number only. */

import { TocsinError } from '../errors.ts';
import { Slots } from '../ledger/slots.ts';
import { isInDoubt, type SlotState, stateOf } from '../ledger/states.ts';
import type { Store } from '../store/connection.ts';
import { BATCH_SIZE, broadcastRecords, ledgerBatch, planRecords } from './broadcast.ts';

export interface RecipientPlace {
  readonly region: string;
  readonly language: string;
  readonly block: number;
  readonly slot: number;
}

export interface RecipientState {
  readonly region: string;
  readonly language: string;
  readonly state: SlotState;
  /** The text may have been sent twice. */
  readonly inDoubt: boolean;
  readonly text: string;
}

/** Throws `not-found` / `unknown_broadcast`, `unknown_recipient`. The error does not repeat the number. */
export async function recipientState(
  store: Store,
  locate: (audience: string, msisdn: number) => Promise<RecipientPlace | undefined>,
  id: string,
  msisdn: number,
): Promise<RecipientState> {
  const { value: broadcast } = await broadcastRecords(store).get(id);
  const place = await locate(broadcast.audience, msisdn);
  const { value: plan } = await planRecords(store).get(id);
  const lane = plan.lanes.find(({ region, language }) => region === place?.region && language === place?.language);
  if (!place || !lane) throw unknownRecipient();
  const slot = place.block * BATCH_SIZE + place.slot;
  const batch = ledgerBatch(store, broadcast.no, lane, lane.firstBatch + Math.floor(slot / BATCH_SIZE));
  const [slots] = await new Slots({ store }).read([batch]);
  const byte = slots?.[slot % BATCH_SIZE] ?? 0;
  const { region, language } = lane;
  return { region, language, state: stateOf(byte), inDoubt: isInDoubt(byte), text: lane.rendering.text };
}

/** Does not repeat the number. */
export const unknownRecipient = (): TocsinError =>
  new TocsinError('not-found', 'unknown_recipient', 'This number is no recipient of the broadcast');
