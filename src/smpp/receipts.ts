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
  /** Dates as they came, YYMMDDhhmm[ss] or YYYYMMDDhhmmss: no zone, not to be relied on. */
  submitDate?: string;
  doneDate?: string;
  text?: string;
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
  const text = receiptText(deliver);
  const receipt = readAppendixB(text) ?? readTokens(text);
  if (deliver.receiptedMessageId !== undefined && deliver.receiptedMessageId !== '') {
    receipt.messageId = deliver.receiptedMessageId;
  }
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

const LABELS = ['sub:', 'dlvrd:', 'submit date:', 'done date:', 'stat:', 'err:'] as const;

/** The common layout, letter by letter; undefined when the text is anything else. */
function readAppendixB(text: string): Receipt | undefined {
  if (!text.startsWith('id:')) return undefined;
  let end = text.indexOf(' ', 3);
  if (end <= 3) return undefined;
  const messageId = text.slice(3, end);
  let submitDate = '';
  let doneDate = '';
  let state: ReceiptState | undefined;
  let err = '';
  for (let i = 0; i < LABELS.length; i++) {
    const label = LABELS[i]!;
    if (!text.startsWith(label, end + 1)) return undefined;
    const start = end + 1 + label.length;
    end = text.indexOf(' ', start);
    if (end <= start) return undefined;
    if (i === 2) submitDate = text.slice(start, end);
    else if (i === 3) doneDate = text.slice(start, end);
    else if (i === 4) state = text.startsWith('DELIVRD ', start) ? 'delivered' : stateOfWord(text.slice(start, end));
    else if (i === 5) err = text.slice(start, end);
  }
  if (!text.startsWith('text:', end + 1) && !text.startsWith('Text:', end + 1)) return undefined;
  return { messageId, state: state ?? 'unknown', err, submitDate, doneDate, text: text.slice(end + 6) };
}

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
      receipt.text ??= text.slice(start, last ? text.length : next);
      if (!last) continue;
      head = text.slice(0, key.index);
      break;
    }
    if (value === '') continue;
    if (name === 'id') receipt.messageId ??= value;
    else if (name.startsWith('stat')) state ??= value;
    else if (name.startsWith('err')) receipt.err ??= value;
    else if (name.startsWith('submit')) receipt.submitDate ??= value;
    else if (name.startsWith('done')) receipt.doneDate ??= value;
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
