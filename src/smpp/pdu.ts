/**
 * Encodes and decodes any PDU of the field table. It is for what is rare (binds, cancels, queries, tests); submit_sm
 * and deliver_sm in bulk have readers and writers of their own. What it cannot read is a PduError: answer and go on.
 */
import { TocsinError } from '../errors.ts';
import { RESPONSE_BIT, STATUS } from './constants.ts';
import { PduError } from './errors.ts';
import { BODIES, FIELDS, type FieldName, type PduFields } from './fields.ts';
import { HEADER_BYTES } from './frames.ts';
import { findNul, readLatin1, readU32, writeHeader } from './octets.ts';
import { decodeTlvs, encodeTlvs, type Tlvs } from './tlv.ts';

export interface Pdu extends PduFields {
  command: number;
  status: number;
  sequence: number;
  tlvs: Tlvs;
  /** TLVs that were cut short or mistyped, and so left out. */
  droppedTlvs: number;
}

export interface PduInput extends PduFields {
  command: number;
  status?: number;
  sequence: number;
  tlvs?: Tlvs;
}

/** Encodes a PDU; fields left out are 0 or empty. A response with an error status and no field gets no body (§4.4.2). */
export function encodePdu(pdu: PduInput): Buffer {
  const names = BODIES.get(pdu.command);
  if (names === undefined) throw invalid('command', 'is not supported');
  const status = pdu.status ?? 0;
  const bare = status !== 0 && isResponse(pdu.command) && names.every((name) => pdu[name] === undefined);
  const body = bare ? Buffer.alloc(0) : encodeFields(names, pdu);
  const tlvs = pdu.tlvs === undefined ? Buffer.alloc(0) : encodeTlvs(pdu.tlvs);
  const length = HEADER_BYTES + body.length + tlvs.length;
  const out = Buffer.allocUnsafe(length);
  writeHeader(out, 0, length, pdu.command, status, pdu.sequence);
  body.copy(out, HEADER_BYTES);
  tlvs.copy(out, HEADER_BYTES + body.length);
  return out;
}

/** Octets of the named mandatory fields, in the order given. */
export function encodeFields(names: readonly FieldName[], fields: PduFields): Buffer {
  const parts: Buffer[] = [];
  for (const name of names) {
    const field = FIELDS[name];
    const value = fields[name];
    if (field.kind === 'int') {
      const octet = value ?? 0;
      if (typeof octet !== 'number' || !(octet >= 0 && octet <= 255)) throw invalid(name, 'is not an octet');
      parts.push(Buffer.from([octet]));
    } else if (field.kind === 'cstring') {
      const text = value ?? '';
      if (typeof text !== 'string' || text.length >= field.max) throw invalid(name, `exceeds ${field.max - 1} octets`);
      if (!isCString(text)) throw invalid(name, 'holds a character that a C-octet string cannot carry');
      parts.push(Buffer.from(`${text}\0`, 'latin1'));
    } else {
      const octets = value ?? new Uint8Array(0);
      if (!(octets instanceof Uint8Array) || octets.length > field.max) throw invalid(name, 'exceeds its length');
      parts.push(Buffer.from([octets.length]), Buffer.from(octets));
    }
  }
  return Buffer.concat(parts);
}

/** Decodes buf[start, end), one PDU as FrameReader cuts it; octets in the result are views of `buf`. */
export function decodePdu(buf: Buffer, start: number, end: number): Pdu {
  const command = readU32(buf, start + 4);
  const pdu: Pdu = {
    command,
    status: readU32(buf, start + 8),
    sequence: readU32(buf, start + 12),
    tlvs: {},
    droppedTlvs: 0,
  };
  const names = BODIES.get(command);
  if (names === undefined) {
    throw new PduError(command, pdu.sequence, STATUS.ESME_RINVCMDID, 'is not supported');
  }
  const at = decodeFields(buf, start + HEADER_BYTES, end, names, pdu);
  if (at < end) {
    const { tlvs, dropped } = decodeTlvs(buf, at, end);
    pdu.tlvs = tlvs;
    pdu.droppedTlvs = dropped;
  }
  return pdu;
}

/** Fills the fields; returns where they end. Requests need them all; a response may end early, with or without error. */
function decodeFields(buf: Buffer, start: number, end: number, names: readonly FieldName[], pdu: Pdu): number {
  const lenient = isResponse(pdu.command);
  const values: Record<string, number | string | Uint8Array> = pdu as never;
  let at = start;
  for (const name of names) {
    if (at >= end) {
      if (lenient) return end;
      throw new PduError(pdu.command, pdu.sequence, STATUS.ESME_RINVCMDLEN, `ends before ${name}`);
    }
    const { kind } = FIELDS[name];
    if (kind === 'int') {
      values[name] = buf[at]!;
      at++;
    } else if (kind === 'cstring') {
      const nul = findNul(buf, at, end);
      if (nul === end && !lenient) {
        throw new PduError(pdu.command, pdu.sequence, STATUS.ESME_RINVCMDLEN, `${name} has no end`);
      }
      values[name] = readLatin1(buf, at, nul);
      at = Math.min(end, nul + 1);
    } else {
      const octets = at + 1 + buf[at]!;
      if (octets > end) {
        throw new PduError(pdu.command, pdu.sequence, STATUS.ESME_RINVMSGLEN, `${name} is cut short`);
      }
      values[name] = buf.subarray(at + 1, octets);
      at = octets;
    }
  }
  return at;
}

export function isResponse(command: number): boolean {
  return command >= RESPONSE_BIT;
}

function isCString(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0xff) return false;
  }
  return true;
}

function invalid(name: string, reason: string): TocsinError {
  return new TocsinError('invalid', 'smpp_field', `${name} ${reason}`);
}
