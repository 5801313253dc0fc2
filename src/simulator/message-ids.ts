/**
 * Message ids in the shapes that SMSCs give them. An id is a serial number written in a format, so that cancel_sm and
 * query_sm find the message again and nothing has to be kept by id. Serials start at 0.
 */
import type { Behaviour } from './behaviour.ts';

type IdFormat = Behaviour['messageIds']['response'];

/** 2020-01-01: ids from the clock stay below 2^53 for decades, with a million ids for each second. */
const EPOCH_MS = 1_577_836_800_000;
const IDS_PER_MS = 1000;
/** Serials of unknown ids: far from those that are ever given. */
export const UNKNOWN_SERIALS = 1e12;

/** The first id: as configured, else by the clock. */
export function firstId(configured: string | null, nowMs: number): bigint {
  return configured === null ? BigInt(Math.floor((nowMs - EPOCH_MS) * IDS_PER_MS)) : BigInt(configured);
}

/** A function that writes the id of a serial. */
export function idWriter(format: IdFormat, first: bigint): (serial: number) => string {
  if (format.format === 'uuid' || format.format === 'uuidUpper') return uuidWriter(format, first);
  const radix = format.format === 'decimal' ? 10 : 16;
  const isUpper = format.format === 'hexUpper';
  return (serial) => {
    // Written faster than a number of this size is.
    const digits = (first + BigInt(serial)).toString(radix);
    const padded = format.padTo > digits.length ? digits.padStart(format.padTo, '0') : digits;
    return isUpper ? padded.toUpperCase() : padded;
  };
}

/** The serial of an id, or undefined where the text is none of ours. Leading zeros and case do not matter. */
export function serialOf(text: string, format: IdFormat, first: bigint): number | undefined {
  const isUuid = format.format === 'uuid' || format.format === 'uuidUpper';
  const digits = isUuid ? text.replaceAll('-', '').replace(/^(.{12})4(.{3})8/, '$1$2') : text;
  const isDecimal = format.format === 'decimal';
  if (!(isDecimal ? /^\d{1,64}$/ : /^[0-9a-f]{1,64}$/i).test(digits)) return undefined;
  const serial = BigInt(isDecimal ? digits : `0x${digits}`) - first;
  return serial >= 0n && serial < BigInt(UNKNOWN_SERIALS) ? Number(serial) : undefined;
}

/** Version 4, variant 8 (RFC 9562 §5.4) in form; the other digits are the number, so that the id can be read back. */
function uuidWriter(format: IdFormat, first: bigint): (serial: number) => string {
  return (serial) => {
    const hex = (first + BigInt(serial)).toString(16).padStart(30, '0');
    const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18)}`;
    return format.format === 'uuidUpper' ? uuid.toUpperCase() : uuid;
  };
}
