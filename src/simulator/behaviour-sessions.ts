/** The part of the behaviour that concerns accounts, binds and the connection itself. */
import { z } from 'zod';
import { delay, milliseconds, status } from './schema-parts.ts';

export const BIND_TYPES = ['transceiver', 'transmitter', 'receiver'] as const;

export const accountSchema = z.strictObject({
  systemId: z.string().min(1).max(15).describe('system_id of the bind'),
  password: z.string().max(8).describe('password of the bind'),
  maxBinds: z.number().int().min(1).max(1000).default(8).describe('sessions at once; one more gets ESME_RALYBND'),
  bindTypes: z
    .array(z.enum(BIND_TYPES))
    .min(1)
    .default([...BIND_TYPES])
    .describe('allowed kinds of bind; another gets ESME_RBINDFAIL'),
  segmentsPerSecond: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('accepted segments in any second, over all sessions of the account; one more gets ESME_RTHROTTLED'),
  queueLimit: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('messages held without a final state; one more gets ESME_RMSGQFUL'),
  window: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('submissions without a response on one session; one more gets windowStatus'),
  windowStatus: status.default('ESME_RMSGQFUL').describe('what a submission beyond the window is answered with'),
});

export const bindSchema = z.strictObject({
  status: status.nullable().default(null).describe('answer to every bind, whatever its password; null judges it'),
  silent: z.boolean().default(false).describe('never answer a bind'),
  delayMs: delay.prefault({}).describe('time before a bind is answered'),
  maxInterfaceVersion: z
    .number()
    .int()
    .min(0)
    .max(255)
    .default(0x34)
    .describe('highest interface_version; above it the bind gets versionStatus'),
  versionStatus: status.default('ESME_RBINDFAIL').describe('answer to an interface_version above the highest'),
  versionTlv: z.boolean().default(true).describe('put sc_interface_version into the answer'),
  systemId: z.string().max(15).default('tocsin-smsc').describe('system_id of the answer'),
  lingerMs: milliseconds
    .default(0)
    .describe('how long a session lost without unbind still counts as bound (ESME_RALYBND after a drop)'),
  enquireOnConnect: z.boolean().default(false).describe('send enquire_link as soon as a client connects'),
  outbindOnConnect: z.boolean().default(false).describe('send outbind as soon as a client connects'),
});

/** What can be done to a session at any moment: over HTTP, or by `session.schedule`. */
export const ACTIONS = [
  'drop',
  'reset',
  'drop-mid-pdu',
  'unbind',
  'freeze',
  'thaw',
  'enquire',
  'generic-nack',
  'unknown-command',
  'unknown-response',
  'length-zero',
  'length-four',
  'length-fifteen',
  'length-huge',
  'http',
  'header-only',
  'truncated-tlv',
  'mistyped-tlv',
  'stray-nul',
  'short-deliver',
  'outbind',
  'alert-notification',
  'send-mo',
  'unknown-receipt',
] as const;

export const sessionSchema = z.strictObject({
  answerEnquire: z.boolean().default(true).describe('answer enquire_link'),
  enquireEveryMs: milliseconds.nullable().default(null).describe('send enquire_link to bound sessions this often'),
  firstSequence: z
    .number()
    .int()
    .min(1)
    .max(0x7fffffff)
    .default(1)
    .describe('sequence_number of the first PDU of ours on a session; it wraps from 0x7FFFFFFF to 1'),
  readBytesPerSecond: z
    .number()
    .min(1)
    .nullable()
    .default(null)
    .describe('read no faster than this: a slow reader, whose clients see backpressure'),
  writeChunkBytes: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .nullable()
    .default(null)
    .describe('write in pieces of this size, one a turn; for connections made after the change'),
  schedule: z
    .array(
      z.strictObject({
        action: z.enum(ACTIONS).describe('what to do to the session'),
        afterSubmits: z.number().int().min(1).describe('once the session has had this many submit_sm'),
        repeat: z.boolean().default(false).describe('again after as many more'),
        times: z.number().int().min(1).nullable().default(null).describe('how often at most, over all sessions'),
      }),
    )
    .max(100)
    .default([])
    .describe('faults that come with traffic'),
});
