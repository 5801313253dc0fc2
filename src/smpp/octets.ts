/**
 * Single octets in and out of a Buffer by index: for the few bytes of a header or an address these loops beat the
 * calls of Buffer, and they never allocate. Bounds are the caller's duty.
 */

/** Reads an unsigned 32-bit big-endian integer. */
export function readU32(buf: Uint8Array, at: number): number {
  return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0;
}

/** Reads an unsigned 16-bit big-endian integer. */
export function readU16(buf: Uint8Array, at: number): number {
  return (buf[at]! << 8) | buf[at + 1]!;
}

/** Writes an unsigned 32-bit big-endian integer. */
export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** Writes a PDU header (SMPP 3.4 §3.2); returns the offset of the body. */
export function writeHeader(
  out: Uint8Array,
  at: number,
  length: number,
  command: number,
  status: number,
  sequence: number,
): number {
  writeU32(out, at, length);
  writeU32(out, at + 4, command);
  writeU32(out, at + 8, status);
  writeU32(out, at + 12, sequence);
  return at + 16;
}

/** Writes text as Latin-1 octets; returns the new offset. For ids and addresses, which are short. */
export function writeLatin1(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Reads buf[start, end) as Latin-1. */
export function readLatin1(buf: Buffer, start: number, end: number): string {
  return buf.toString('latin1', start, end);
}

/** Offset of the first NUL in [at, end), or `end`. */
export function findNul(buf: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && buf[i] !== 0) i++;
  return i;
}

const HIGH = 1e8;

/** Decimal digits of an E.164 number (a positive integer below 1e15). */
export function digitCount(msisdn: number): number {
  if (msisdn >= 1e10) {
    if (msisdn < 1e11) return 11;
    if (msisdn < 1e12) return 12;
    if (msisdn < 1e13) return 13;
    return msisdn < 1e14 ? 14 : 15;
  }
  let count = 1;
  for (let bound = 10; msisdn >= bound; bound *= 10) count++;
  return count;
}

/** Writes the `count` decimal digits of an E.164 number; returns the new offset. */
export function writeDigits(out: Uint8Array, at: number, msisdn: number, count: number): number {
  // Two halves below 2^31: the divisions stay in integer arithmetic.
  let high = Math.floor(msisdn / HIGH) | 0;
  let low = (msisdn - high * HIGH) | 0;
  let i = at + count - 1;
  const middle = Math.max(at, at + count - 8);
  for (; i >= middle; i--) {
    const rest = (low / 10) | 0;
    out[i] = 48 + low - rest * 10;
    low = rest;
  }
  for (; i >= at; i--) {
    const rest = (high / 10) | 0;
    out[i] = 48 + high - rest * 10;
    high = rest;
  }
  return at + count;
}
