/**
 * A block: up to 1,000 recipients as one packed string, 8 bytes each, big-endian, ascending. Its order is the order of the
 * slots of its batch, so it never changes once written.
 */

export const BLOCK_SIZE = 1_000;
const BYTES = 8;
const HIGH = 2 ** 32;

/** Packs MSISDNs that are sorted already; `length` of them, all by default. */
export function packBlock(sorted: ArrayLike<number>, length = sorted.length): Buffer {
  const block = Buffer.allocUnsafe(length * BYTES);
  for (let i = 0; i < length; i += 1) {
    const msisdn = sorted[i]!;
    block.writeUInt32BE(Math.trunc(msisdn / HIGH), i * BYTES);
    block.writeUInt32BE(msisdn % HIGH, i * BYTES + 4);
  }
  return block;
}

/** How many recipients a block holds. */
export function blockLength(block: Buffer): number {
  return block.length / BYTES;
}

/** The recipient at slot `i`. Two halves, since no MSISDN reaches 2^53 and a BigInt each would cost more than the frame. */
export function readMsisdn(block: Buffer, i: number): number {
  return block.readUInt32BE(i * BYTES) * HIGH + block.readUInt32BE(i * BYTES + 4);
}

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
