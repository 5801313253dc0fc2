/** The part of the behaviour that concerns submit_sm and cancel_sm: what is refused, how it is answered, what ids look like. */
import { z } from 'zod';
import { delay, milliseconds, probability, status, whom } from './schema-parts.ts';

const times = z.number().int().min(1).nullable().default(null).describe('how often at most; null has no end');

export const submissionsSchema = z.strictObject({
  refusals: z
    .array(
      z.strictObject({
        status: status.describe('command_status of the refusal'),
        probability: probability.default(1).describe('share of the submissions concerned'),
        ...whom,
        times,
      }),
    )
    .max(100)
    .default([])
    .describe('rules in order; the first that applies refuses the submission'),
  refuseUdh: status.nullable().default(null).describe('answer to esm_class with a user data header'),
  refuseSar: status.nullable().default(null).describe('answer to sar_* TLVs'),
  refuseMessagePayload: status.nullable().default(null).describe('answer to a message_payload TLV'),
  checkSender: z
    .boolean()
    .default(false)
    .describe('an alphanumeric sender needs TON 5 (ESME_RINVSRCTON) and NPI 0 or 1 (ESME_RINVSRCNPI)'),
  checkLength: z
    .boolean()
    .default(false)
    .describe('a short_message above one segment gets ESME_RINVMSGLEN (160/153 septets, 140/134 octets)'),
  defaultAlphabet: z
    .enum(['gsm7', 'latin1'])
    .default('gsm7')
    .describe('what data_coding 0 stands for in samples and receipts: "@" is 0x00 in gsm7, 0x40 in latin1'),
  honourValidity: z.boolean().default(true).describe('a message whose validity_period ends first becomes expired'),
});

export const cancelsSchema = z.strictObject({
  unheard: z
    .array(
      z.strictObject({
        probability: probability.default(1).describe('share of the cancel_sm concerned'),
        ...whom,
        times,
      }),
    )
    .max(100)
    .default([])
    .describe('cancel_sm that are neither obeyed nor answered; before the refusals'),
  refusals: z
    .array(
      z.strictObject({
        status: status.describe('command_status of the refusal'),
        probability: probability.default(1).describe('share of the cancel_sm concerned'),
        ...whom,
        times,
      }),
    )
    .max(100)
    .default([])
    .describe('rules in order; the first that applies refuses the cancel_sm'),
  receipts: z
    .boolean()
    .default(true)
    .describe('tell the end of a deleted message by a receipt, where one was asked for'),
});

export const responsesSchema = z.strictObject({
  delayMs: delay.prefault({}).describe('time before submit_sm is answered, drawn for each: answers change order'),
  lost: probability.default(0).describe('share of accepted submissions that are never answered'),
  late: z
    .strictObject({
      probability: probability.default(0).describe('share of submissions answered late'),
      delayMs: milliseconds.default(60_000).describe('how late, in milliseconds'),
    })
    .prefault({})
    .describe('answers that come after the client gave up'),
  withoutMessageId: probability.default(0).describe('share of ESME_ROK answers without a message_id'),
  emptyBody: z
    .enum(['none', 'empty-id'])
    .default('empty-id')
    .describe('an ESME_ROK without id: no body at all, or an empty string'),
  errorBody: z
    .enum(['none', 'empty-id', 'id'])
    .default('none')
    .describe('body of an error answer: none, an empty message_id, or one that means nothing'),
  genericNack: probability.default(0).describe('share of submissions refused with generic_nack (ESME_RSYSERR)'),
  nackSequence: z.enum(['same', 'zero']).default('same').describe('sequence_number of those generic_nack'),
});

export const ID_FORMATS = ['decimal', 'hex', 'hexUpper', 'uuid', 'uuidUpper'] as const;

const idFormat = z.strictObject({
  format: z.enum(ID_FORMATS).default('decimal').describe('base and case, or a UUID'),
  padTo: z.number().int().min(0).max(64).default(0).describe('leading zeros up to this length'),
});

export const messageIdsSchema = z.strictObject({
  response: idFormat.prefault({}).describe('ids in submit_sm_resp; cancel_sm and query_sm take these too'),
  receipt: idFormat.nullable().default(null).describe('ids in receipts; null: as in the response'),
  first: z
    .string()
    .regex(/^\d{1,19}$/, 'must be 1 to 19 digits')
    .refine((text) => BigInt(text) < 1n << 63n, 'must be below 2^63')
    .nullable()
    .default(null)
    .describe('first id, in decimal, up to 63 bits; null: from the clock, so that a restart gives new ids'),
});
