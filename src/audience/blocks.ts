/**
 * A block: up to 1,000 recipients as one packed string, ascending. Its order is the order of the slots of its batch, so it
 * never changes once written. It begins with 8 bytes, big-endian: the width of an offset in the first, the first MSISDN in
 * the others. Then comes, for each further recipient, the offset from the first one in so many bytes: 4, or 8 where numbers
 * lie too far apart. An empty string is an empty block.
 */

export const BLOCK_SIZE = 1_000;
const HEAD = 8;
const NARROW = 4;
const WIDE = 8;
const HIGH = 2 ** 32;

/** Packs MSISDNs that are sorted already; `length` of them, all by default. */
export function packBlock(sorted: ArrayLike<number>, length = sorted.length): Buffer {
  if (length === 0) return Buffer.alloc(0);
  const first = sorted[0]!;
  const width = sorted[length - 1]! - first < HIGH ? NARROW : WIDE;
  const block = Buffer.allocUnsafe(HEAD + (length - 1) * width);
  writeWide(block, first, 0);
  block[0] = width; // no MSISDN reaches 2^53: the byte is free
  for (let i = 1, at = HEAD; i < length; i += 1, at += width) {
    const offset = sorted[i]! - first;
    if (width === NARROW) block.writeUInt32BE(offset, at);
    else writeWide(block, offset, at);
  }
  return block;
}

/** How many recipients a block holds. */
export function blockLength(block: Buffer): number {
  return block.length === 0 ? 0 : 1 + (block.length - HEAD) / block[0]!;
}

/** The recipient at slot `i`. */
export function readMsisdn(block: Buffer, i: number): number {
  const first = (block.readUInt32BE(0) & 0xffffff) * HIGH + block.readUInt32BE(4);
  if (i === 0) return first;
  const width = block[0]!;
  const at = HEAD + (i - 1) * width;
  return first + (width === NARROW ? block.readUInt32BE(at) : readWide(block, at));
}

/** The recipients of a block, by slot. */
export function unpackBlock(block: Buffer): Float64Array {
  const msisdns = new Float64Array(blockLength(block));
  for (let i = 0; i < msisdns.length; i += 1) msisdns[i] = readMsisdn(block, i);
  return msisdns;
}

/** Recipients as a digest takes them, whatever a block looks like: 8 bytes each, big-endian. */
export function wideForm(sorted: ArrayLike<number>, length = sorted.length): Buffer {
  const bytes = Buffer.allocUnsafe(length * WIDE);
  for (let i = 0; i < length; i += 1) writeWide(bytes, sorted[i]!, i * WIDE);
  return bytes;
}

/** In two halves, since a BigInt each would cost more than the frame. */
function writeWide(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.trunc(value / HIGH), at);
  bytes.writeUInt32BE(value % HIGH, at + 4);
}

const readWide = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);

/** The last slot whose number is not above `msisdn`; -1 when all are. */
export function lastNotAbove(block: Buffer, msisdn: number): number {
  let low = 0;
  let high = blockLength(block);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (readMsisdn(block, middle) <= msisdn) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The slot of `msisdn`; -1 when it is not in the block. */
export function searchBlock(block: Buffer, msisdn: number): number {
  const slot = lastNotAbove(block, msisdn);
  return slot >= 0 && readMsisdn(block, slot) === msisdn ? slot : -1;
}
