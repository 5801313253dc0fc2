/** The part of the behaviour that concerns delivery receipts: which, when, how often, and in what words. */
import { z } from 'zod';
import { delay, milliseconds, probability, whom } from './schema-parts.ts';

/** Final states that a message can come to; `none` never gets a receipt. */
export const OUTCOMES = [
  'delivered',
  'undeliverable',
  'expired',
  'rejected',
  'deleted',
  'unknown',
  'accepted',
  'none',
] as const;

export type Outcome = (typeof OUTCOMES)[number];
export type ReceiptState = Exclude<Outcome, 'none'> | 'enroute';

const weight = z.number().min(0).max(1_000_000);
const word = z.string().max(20);
const words = (what: string) =>
  z
    .strictObject({
      delivered: word.optional().describe(what),
      undeliverable: word.optional().describe(what),
      expired: word.optional().describe(what),
      rejected: word.optional().describe(what),
      deleted: word.optional().describe(what),
      unknown: word.optional().describe(what),
      accepted: word.optional().describe(what),
      enroute: word.optional().describe(what),
    })
    .prefault({});

export const RECEIPT_FIELDS = ['id', 'sub', 'dlvrd', 'submit date', 'done date', 'stat', 'err', 'text'] as const;

const label = z.string().max(20).optional();

const dialectSchema = z.strictObject({
  fields: z
    .array(z.enum(RECEIPT_FIELDS))
    .default([...RECEIPT_FIELDS])
    .describe('which fields, in which order'),
  labels: z
    .strictObject({
      id: label.describe('default "id:"'),
      sub: label.describe('default "sub:"'),
      dlvrd: label.describe('default "dlvrd:"'),
      'submit date': label.describe('default "submit date:"'),
      'done date': label.describe('default "done date:"'),
      stat: label.describe('default "stat:"; "" leaves the bare word'),
      err: label.describe('default "err:"'),
      text: label.describe('default "text:"; some send "Text:"'),
    })
    .prefault({})
    .describe('other labels for fields'),
  dateDigits: z
    .union([z.literal(10), z.literal(12), z.literal(14)])
    .default(10)
    .describe('10: YYMMDDhhmm, 12: with seconds, 14: with the century too'),
  stateWords: words('word in stat').describe('other words for states: ACKED, BUFFRED, …'),
  errors: words('text in err').describe('what stands in err by state: "000", "0000", "nul", "21b"'),
  textCharacters: z.number().int().min(0).max(40).default(20).describe('how much of the message stands in text'),
});

export const receiptsSchema = z.strictObject({
  mix: z
    .strictObject({
      delivered: weight.default(1).describe('weight of delivered'),
      undeliverable: weight.default(0).describe('weight of undeliverable'),
      expired: weight.default(0).describe('weight of expired'),
      rejected: weight.default(0).describe('weight of rejected'),
      deleted: weight.default(0).describe('weight of deleted'),
      unknown: weight.default(0).describe('weight of unknown'),
      accepted: weight.default(0).describe('weight of accepted (ACCEPTD)'),
      none: weight.default(0).describe('weight of messages that never get a receipt'),
    })
    .refine((mix) => Object.values(mix).some((value) => value > 0), 'at least one weight must be above 0')
    .prefault({})
    .describe('what becomes of accepted messages, as weights'),
  outcomes: z
    .array(
      z.strictObject({
        outcome: z.enum(OUTCOMES).describe('what becomes of them'),
        ...whom,
        part: z.number().int().min(1).max(255).nullable().default(null).describe('only this part of a longer message'),
      }),
    )
    .max(100)
    .default([])
    .describe('chosen destinations, before the mix'),
  delayMs: delay.prefault({ min: 50, max: 500 }).describe('time from the acceptance to the final state'),
  intermediate: probability.default(0).describe('share that gets an enroute receipt half way'),
  enrouteAfterFinal: probability.default(0).describe('share that gets an enroute receipt after the final one'),
  beforeResponse: probability.default(0).describe('share whose final receipt comes before the submit_sm_resp'),
  repeats: z
    .strictObject({
      probability: probability.default(0).describe('share of final receipts that come again'),
      times: z.number().int().min(1).max(100).default(1).describe('how often again'),
      everyMs: milliseconds.default(100).describe('how much later each'),
    })
    .prefault({})
    .describe('repeated receipts'),
  unknownIds: probability.default(0).describe('share of receipts that bring another along, for an id never given'),
  ignoreRegisteredDelivery: z.boolean().default(false).describe('send receipts that nobody asked for'),
  multipart: z
    .enum(['each', 'first', 'last'])
    .default('each')
    .describe('which parts of a concatenated message get a receipt'),
  link: z
    .enum(['same', 'other', 'any'])
    .default('same')
    .describe('session of the account to use: the submission’s if it is there, another if there is one, or in turn'),
  window: z.number().int().min(1).max(16_000).default(2000).describe('receipts without an answer on one session'),
  retry: z
    .strictObject({
      unansweredAfterMs: milliseconds.default(30_000).describe('send again what is not answered by then'),
      temporaryErrorAfterMs: milliseconds.default(1000).describe('send again after a temporary error'),
      times: z.number().int().min(0).max(10_000).default(100).describe('how often at most, then give up'),
    })
    .prefault({})
    .describe('receipts that were not taken'),
  pdu: z.enum(['deliver_sm', 'data_sm']).default('deliver_sm').describe('which PDU carries receipts'),
  textIn: z
    .enum(['short_message', 'message_payload', 'nowhere'])
    .default('short_message')
    .describe('where the text stands; data_sm has message_payload only'),
  esmClass: z.number().int().min(0).max(255).default(4).describe('esm_class; 0 lacks the receipt bits'),
  dataCoding: z.number().int().min(0).max(255).default(0).describe('data_coding; 8 over ASCII octets is a known fault'),
  receiptedMessageId: z.boolean().default(true).describe('TLV receipted_message_id'),
  messageState: z.boolean().default(true).describe('TLV message_state'),
  networkErrorCode: z.boolean().default(false).describe('TLV network_error_code'),
  malformed: z
    .strictObject({
      probability: probability.default(0).describe('share of receipts concerned'),
      fault: z
        .enum(['truncated-tlv', 'mistyped-tlv', 'stray-nul'])
        .default('truncated-tlv')
        .describe('what is wrong with their TLVs'),
    })
    .prefault({})
    .describe('receipts with faulty TLVs'),
  dialect: dialectSchema.prefault({}).describe('the text of receipts'),
});
