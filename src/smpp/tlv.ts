/**
 * Optional parameters (SMPP 3.4 §3.2.4, §5.3): a table of their types, a walk over them in place, and encoding.
 * It refuses nothing: a TLV that is cut short, of a wrong size or unknown is dropped and the PDU stays good (§3.3).
 */
import { TocsinError } from '../errors.ts';
import { TLV, type TlvName } from './constants.ts';
import { findNul, readLatin1, readU16 } from './octets.ts';

type TlvKind = 1 | 2 | 4 | 'cstring' | 'octets';

/** The tags that are not one octet: size in octets, or C-octet string, or plain octets. */
const KINDS = {
  dest_telematics_id: 2,
  qos_time_to_live: 4,
  additional_status_info_text: 'cstring',
  receipted_message_id: 'cstring',
  source_subaddress: 'octets',
  dest_subaddress: 'octets',
  user_message_reference: 2,
  source_port: 2,
  destination_port: 2,
  sar_msg_ref_num: 2,
  callback_num_atag: 'octets',
  callback_num: 'octets',
  network_error_code: 'octets',
  message_payload: 'octets',
  sms_signal: 2,
  alert_on_message_delivery: 'octets',
  its_session_info: 2,
} as const satisfies Partial<Record<TlvName, TlvKind>>;

type KindOf<N extends TlvName> = N extends keyof typeof KINDS ? (typeof KINDS)[N] : 1;
type ValueOf<K> = K extends number ? number : K extends 'cstring' ? string : Uint8Array;

/** Optional parameters by their names in the specification. */
export type Tlvs = { [N in TlvName]?: ValueOf<KindOf<N>> };

const NAMES: ReadonlyMap<number, TlvName> = new Map((Object.keys(TLV) as TlvName[]).map((name) => [TLV[name], name]));

function kindOf(name: TlvName): TlvKind {
  return (KINDS as Partial<Record<TlvName, TlvKind>>)[name] ?? 1;
}

/** Calls `visit` for each TLV whose octets are all there; returns how many octets had to be left aside. */
export function walkTlvs<T>(
  buf: Uint8Array,
  start: number,
  end: number,
  context: T,
  visit: (context: T, tag: number, valueStart: number, valueEnd: number) => void,
): number {
  let at = start;
  let strays = 0;
  while (end - at >= 4) {
    const tag = readU16(buf, at);
    const next = at + 4 + readU16(buf, at + 2);
    // Stray NULs before a TLV read as tag 0, which is none, or make it overrun: step over one, and look again.
    if (tag === 0 || (next > end && buf[at] === 0)) {
      at++;
      strays++;
      continue;
    }
    if (next > end) break;
    visit(context, tag, at + 4, next);
    at = next;
  }
  return strays + end - at;
}

interface Reading {
  buf: Buffer;
  tlvs: Record<string, number | string | Uint8Array>;
  dropped: number;
}

function keep(reading: Reading, tag: number, start: number, end: number): void {
  const name = NAMES.get(tag);
  if (name === undefined) return;
  const kind = kindOf(name);
  if (kind === 'cstring') {
    reading.tlvs[name] = readLatin1(reading.buf, start, findNul(reading.buf, start, end));
  } else if (kind === 'octets') {
    reading.tlvs[name] = reading.buf.subarray(start, end);
  } else if (end - start === kind) {
    reading.tlvs[name] = reading.buf.readUIntBE(start, kind);
  } else {
    reading.dropped++;
  }
}

/** Reads the TLVs of buf[start, end); `dropped` counts the mistyped ones, and one more for octets that make none. */
export function decodeTlvs(buf: Buffer, start: number, end: number): { tlvs: Tlvs; dropped: number } {
  const reading: Reading = { buf, tlvs: {}, dropped: 0 };
  const left = walkTlvs(buf, start, end, reading, keep);
  return { tlvs: reading.tlvs as Tlvs, dropped: reading.dropped + (left > 0 ? 1 : 0) };
}

/** Octets of the TLVs in the order of their keys. */
export function encodeTlvs(tlvs: Tlvs): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(tlvs) as [TlvName, number | string | Uint8Array][]) {
    if (value === undefined) continue;
    const octets = encodeValue(name, value);
    const head = Buffer.allocUnsafe(4);
    head.writeUInt16BE(TLV[name], 0);
    head.writeUInt16BE(octets.length, 2);
    parts.push(head, octets);
  }
  return Buffer.concat(parts);
}

function encodeValue(name: TlvName, value: number | string | Uint8Array): Buffer {
  const kind = kindOf(name);
  if (typeof value === 'number' && typeof kind === 'number') {
    const octets = Buffer.allocUnsafe(kind);
    octets.writeUIntBE(value, 0, kind);
    return octets;
  }
  if (typeof value === 'string' && kind === 'cstring') return Buffer.from(`${value}\0`, 'latin1');
  if (value instanceof Uint8Array && kind === 'octets' && value.length <= 0xffff) return Buffer.from(value);
  throw new TocsinError('invalid', 'smpp_tlv', `${name}: the value is not of its type or size`);
}
