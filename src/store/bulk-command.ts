/**
 * Hash commands of a thousand fields. A client makes a string of each argument and joins them; here they are written once,
 * as the octets that go out (RESP2, an array of bulk strings), and integers are read from the octets that come back.
 */
import { Command } from 'ioredis';
import type { RedisConnection } from './connection.ts';

/** Sets fields to integers from 0 to 2^53 - 1; resolves when they are set. */
export function hsetIntegers(
  redis: RedisConnection,
  key: string,
  fields: readonly string[],
  values: readonly number[],
): Promise<unknown> {
  return redis.sendCommand(new BulkCommand('hset', key, fields, values)) as Promise<unknown>;
}

/** The integers of fields that `hsetIntegers` set; null where there is none. */
export async function hmgetIntegers(
  redis: RedisConnection,
  key: string,
  fields: readonly string[],
): Promise<(number | null)[]> {
  const values = (await redis.sendCommand(new BulkCommand('hmget', key, fields))) as (Buffer | null)[];
  return values.map((value) => value && integerOf(value));
}

/** The client knows the key alone, by which a Cluster's node is found. It may be sent again, to another. */
class BulkCommand extends Command {
  readonly #octets: Buffer;

  constructor(name: string, key: string, fields: readonly string[], values?: readonly number[]) {
    super(name, [key]);
    this.#octets = encode(name, key, fields, values);
  }

  override toWritable(): Buffer {
    return this.#octets;
  }
}

const [STAR, DOLLAR, CR, LF, ZERO] = [0x2a, 0x24, 0x0d, 0x0a, 0x30];
/** Octets around a text or an integer, the integer included, at most. */
const ARGUMENT_ROOM = 48;
/** Octets of a character in UTF-8 at most. */
const CHARACTER_ROOM = 3;
/** Integers are written in two halves, which stay within 31 bits. */
const HALF = 1e8;
const HALF_DIGITS = 8;

/** Filled anew for every command. */
let scratch = Buffer.alloc(2 ** 16);

function encode(name: string, key: string, fields: readonly string[], values?: readonly number[]): Buffer {
  let characters = name.length + key.length;
  for (const field of fields) characters += field.length;
  const room = characters * CHARACTER_ROOM + (2 * fields.length + 3) * ARGUMENT_ROOM;
  if (scratch.length < room) scratch = Buffer.alloc(2 * room);
  let at = writeHead(scratch, 0, STAR, 2 + fields.length + (values?.length ?? 0));
  at = writeText(scratch, writeText(scratch, at, name), key);
  for (let i = 0; i < fields.length; i += 1) {
    at = writeText(scratch, at, fields[i]!);
    if (values) at = writeInteger(scratch, at, values[i]!);
  }
  return Buffer.from(scratch.subarray(0, at));
}

function writeText(out: Buffer, begin: number, text: string): number {
  let at = writeHead(out, begin, DOLLAR, text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return writeWide(out, begin, text);
    out[at + i] = code;
  }
  at += text.length;
  return writeLineEnd(out, at);
}

/** What is not ASCII has more octets than characters. */
function writeWide(out: Buffer, begin: number, text: string): number {
  const at = writeHead(out, begin, DOLLAR, Buffer.byteLength(text));
  return writeLineEnd(out, at + out.write(text, at));
}

function writeInteger(out: Uint8Array, begin: number, value: number): number {
  const high = Math.floor(value / HALF) | 0;
  const low = (value - high * HALF) | 0;
  if (high === 0) {
    const count = digitsOf(low);
    return writeLineEnd(out, writeDigits(out, writeHead(out, begin, DOLLAR, count), low, count));
  }
  const count = digitsOf(high);
  const at = writeDigits(out, writeHead(out, begin, DOLLAR, count + HALF_DIGITS), high, count);
  return writeLineEnd(out, writeDigits(out, at, low, HALF_DIGITS));
}

function writeHead(out: Uint8Array, at: number, kind: number, count: number): number {
  out[at] = kind;
  return writeLineEnd(out, writeDigits(out, at + 1, count, digitsOf(count)));
}

function writeDigits(out: Uint8Array, begin: number, value: number, count: number): number {
  let rest = value;
  for (let at = begin + count - 1; at >= begin; at -= 1) {
    const tens = (rest / 10) | 0;
    out[at] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return begin + count;
}

function writeLineEnd(out: Uint8Array, at: number): number {
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}

function digitsOf(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

function integerOf(octets: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < octets.length; i += 1) value = value * 10 + (octets[i]! - ZERO);
  return value;
}
