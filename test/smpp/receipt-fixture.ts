/** Receipts as an SMSC sends them, read from their bytes. */
import { type Deliver, readDeliver } from '../../src/smpp/deliver.ts';
import { parseReceipt } from '../../src/smpp/receipts.ts';
import { type MessageParts, messagePdu } from './octets.ts';

export function deliver(parts: MessageParts): Deliver {
  const bytes = messagePdu(parts);
  return readDeliver(bytes, 0, bytes.length);
}

export const parse = (text: string, parts: MessageParts = {}) => parseReceipt(deliver({ text, ...parts }));
export const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();
