/**
 * Tells delivery receipts from messages of subscribers, and reads them: TLVs first, then the text of SMPP 3.4
 * Appendix B in whatever order, case and completeness it comes. It refuses nothing; what is missing is undefined.
 */
import { ESM_CLASS } from './constants.ts';
import type { Deliver } from './deliver.ts';
import { readLatin1 } from './octets.ts';
import { type ReceiptState, stateOfNumber, stateOfWord } from './receipt-states.ts';

export interface Receipt {
  /** As the SMSC wrote it: see `normaliseMessageId`. Undefined where neither a TLV nor the text has one. */
  messageId: string | undefined;
  state: ReceiptState;
  /** The SMSC's error code as text: `000`, `21b`, `nul`. */
  err?: string;
}

const DATA_CODING_UCS2 = 8;
/** Two expressions, one after the other: as one, a text of a thousand `id:` would be searched a thousand times over. */
const ID_LABEL = /\bid\s*[:=]/i;
const OTHER_LABEL = /\b(?:stat|dlvrd|done[ _]?date|submit[ _]?date|err)\s*[:=]/i;

/** Whether a deliver_sm or data_sm is a receipt: by the type bits of esm_class, else by its TLVs, else by its text. */
export function isReceipt(deliver: Deliver): boolean {
  const type = deliver.esmClass & ESM_CLASS.typeMask;
  if (type === ESM_CLASS.deliveryReceipt || type === ESM_CLASS.intermediateNotification) return true;
  if (type !== 0) return false;
  if (deliver.receiptedMessageId !== undefined || deliver.messageState !== undefined) return true;
  return looksLikeReceipt(receiptText(deliver));
}

function looksLikeReceipt(text: string): boolean {
  const id = text.search(ID_LABEL);
  return id >= 0 && OTHER_LABEL.test(text.slice(id + 'id'.length));
}

/** Reads a receipt; `isReceipt` comes first. */
export function parseReceipt(deliver: Deliver): Receipt {
  const receipt = readAppendixB(deliver) ?? readTokens(receiptText(deliver));
  if (hasIdTlv(deliver)) receipt.messageId = deliver.receiptedMessageId;
  if (deliver.messageState !== undefined) {
    receipt.state = stateOfNumber(deliver.messageState) ?? receipt.state;
  }
  // Whatever word an intermediate notification has (quirk 9), it says that the message is on its way (§5.2.12).
  const isIntermediate = (deliver.esmClass & ESM_CLASS.typeMask) === ESM_CLASS.intermediateNotification;
  if (isIntermediate && receipt.state === 'unknown') receipt.state = 'enroute';
  const code = deliver.networkErrorCode;
  if (code !== undefined && receipt.err === undefined) {
    receipt.err = String((code[1]! << 8) | code[2]!).padStart(3, '0');
  }
  return receipt;
}

/** The text as Latin-1, or as UCS-2 where data_coding says so and the octets agree. */
function receiptText(deliver: Deliver): string {
  const { buf, textEnd } = deliver;
  let start = deliver.textStart;
  if ((deliver.esmClass & ESM_CLASS.udhi) !== 0 && start < textEnd) start = Math.min(textEnd, start + 1 + buf[start]!);
  if (deliver.dataCoding !== DATA_CODING_UCS2 || start >= textEnd) return readLatin1(buf, start, textEnd);
  // Receipts are ASCII: in UCS-2 their first octet is 0. Anything else is ASCII under a wrong data_coding.
  if (buf[start] !== 0) return readLatin1(buf, start, textEnd);
  const octets = Buffer.from(buf.subarray(start, textEnd - ((textEnd - start) % 2)));
  return octets.swap16().toString('utf16le');
}

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const ID = octets('id:');
const LABELS = ['sub:', 'dlvrd:', 'submit date:', 'done date:', 'stat:', 'err:'].map(octets);
const [STAT_AT, ERR_AT] = [4, 5];
const [DELIVRD, NO_ERROR] = [octets('DELIVRD'), octets('000')];
const SPACE = 0x20;

/**
 * The common layout up to its error code, octet by octet, without a string of the text; undefined when it is anything else.
 * Dates are passed over: they have no zone, and are not to be relied on.
 */
function readAppendixB(deliver: Deliver): Receipt | undefined {
  const { buf, textEnd } = deliver;
  if (!isAt(buf, deliver.textStart, ID)) return undefined;
  const idStart = deliver.textStart + ID.length;
  const idEnd = spaceAfter(buf, idStart, textEnd);
  if (idEnd < 0) return undefined;
  let end = idEnd;
  let state: ReceiptState | undefined;
  let err = '';
  for (let i = 0; i < LABELS.length; i++) {
    const label = LABELS[i]!;
    if (!isAt(buf, end + 1, label)) return undefined;
    const start = end + 1 + label.length;
    end = spaceAfter(buf, start, textEnd);
    if (end < 0) return undefined;
    if (i === STAT_AT) state = stateAt(buf, start, end);
    else if (i === ERR_AT) err = isWord(buf, start, end, NO_ERROR) ? '000' : readLatin1(buf, start, end);
  }
  const messageId = hasIdTlv(deliver) ? undefined : readLatin1(buf, idStart, idEnd);
  return { messageId, state: state ?? 'unknown', err };
}

const stateAt = (buf: Buffer, start: number, end: number): ReceiptState | undefined =>
  isWord(buf, start, end, DELIVRD) ? 'delivered' : stateOfWord(readLatin1(buf, start, end));

const hasIdTlv = ({ receiptedMessageId }: Deliver): boolean =>
  receiptedMessageId !== undefined && receiptedMessageId !== '';

/** Offset of the first blank in [start, end) behind one octet or more, or -1. */
function spaceAfter(buf: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (buf[at] === SPACE) return at > start ? at : -1;
  return -1;
}

function isAt(buf: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (buf[at + i] !== wanted[i]) return false;
  return true;
}

const isWord = (buf: Uint8Array, start: number, end: number, word: Uint8Array): boolean =>
  end - start === word.length && isAt(buf, start, word);

const KEY = /\b(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|status|state|err|error|text)\s*[:=]/gi;
const WORD = /^[\s\0]*([^\s\0,;]*)/;
const STATE_WORD = /[A-Z_]{5,}/gi;

/** Any other layout: keys anywhere, each with the word that follows; the text is what follows its key. */
function readTokens(text: string): Receipt {
  const receipt: Receipt = { messageId: undefined, state: 'unknown' };
  const keys = [...text.matchAll(KEY)];
  let state: string | undefined;
  let head = text;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const start = key.index + key[0].length;
    const next = keys[i + 1]?.index ?? text.length;
    const value = WORD.exec(text.slice(start, next))?.[1] ?? '';
    const name = key[1]!.toLowerCase();
    if (name === 'text') {
      // The sent text may hold words that look like keys; it ends the receipt, unless nothing came before it.
      const last = receipt.messageId !== undefined || state !== undefined;
      if (!last) continue;
      head = text.slice(0, key.index);
      break;
    }
    if (value === '') continue;
    if (name === 'id') receipt.messageId ??= value;
    else if (name.startsWith('stat')) state ??= value;
    else if (name.startsWith('err')) receipt.err ??= value;
  }
  receipt.state = (state === undefined ? bareState(head) : stateOfWord(state)) ?? 'unknown';
  return receipt;
}

/** The first word that names a state, where the `stat:` label is missing. */
function bareState(text: string): ReceiptState | undefined {
  for (const [word] of text.matchAll(STATE_WORD)) {
    const state = stateOfWord(word);
    if (state !== undefined) return state;
  }
  return undefined;
}
