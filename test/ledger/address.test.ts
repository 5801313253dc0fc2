import fc from 'fast-check';
import {
  baseAddress,
  batchNumber,
  batchNumberOf,
  batchOf,
  broadcastNoOf,
  MAX_BATCHES,
  MAX_BROADCAST_NO,
  MAX_PARTS,
  offsetOf,
  partOf,
  slotOf,
} from '../../src/ledger/address.ts';

const MAX_SLOTS = 1_024;

const place = fc.tuple(
  fc.integer({ min: 0, max: MAX_BROADCAST_NO }),
  fc.nat(MAX_BATCHES - 1),
  fc.nat(MAX_SLOTS - 1),
  fc.nat(MAX_PARTS - 1),
);
const pack = ([broadcastNo, batch, slot, part]: readonly [number, number, number, number]): number =>
  baseAddress(batchNumber(broadcastNo, batch)) + offsetOf(slot, part);

const unpack = (address: number) => {
  const batchNo = batchNumberOf(address);
  return [broadcastNoOf(batchNo), batchOf(batchNo), slotOf(address), partOf(address)];
};

describe('addresses', () => {
  test('give back what they were made of, over all broadcasts, batches, slots and parts', () => {
    fc.assert(
      fc.property(place, (given) => {
        expect(unpack(pack(given))).toEqual(given);
      }),
      { numRuns: 2_000 },
    );
  });

  test('differ wherever their places do, in the order of the places', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const order = a.map((part, i) => Math.sign(part - b[i]!)).find((sign) => sign !== 0) ?? 0;
        expect(Math.sign(pack(a) - pack(b))).toBe(order);
      }),
    );
  });

  test('reach to the last exact number and no further', () => {
    const corner = [MAX_BROADCAST_NO, MAX_BATCHES - 1, MAX_SLOTS - 1, MAX_PARTS - 1] as const;
    expect(pack(corner)).toBe(Number.MAX_SAFE_INTEGER);
    expect(unpack(Number.MAX_SAFE_INTEGER)).toEqual(corner);
  });

  test('survive the way through the store as text', () => {
    fc.assert(
      fc.property(place, (given) => {
        expect(Number(String(pack(given)))).toBe(pack(given));
      }),
    );
  });
});
