/** PDUs with flipped, cut, doubled and inserted octets: the codec answers with its own errors, or reads what is there. */
import fc from 'fast-check';
import { readDeliver } from '../../src/smpp/deliver.ts';
import { FrameError, PduError } from '../../src/smpp/errors.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { decodePdu } from '../../src/smpp/pdu.ts';
import { isReceipt, parseReceipt } from '../../src/smpp/receipts.ts';
import { readSubmit } from '../../src/smpp/submit-reader.ts';
import { FIXTURES } from './fixtures.ts';
import { APPENDIX_B, cstr, dataPdu, messagePdu, tlv, u8 } from './octets.ts';

const SEEDS = [
  ...FIXTURES.map(({ bytes }) => bytes),
  messagePdu({ text: APPENDIX_B, tlvs: [tlv(0x001e, cstr('1234567')), tlv(0x0427, u8(2))] }),
  messagePdu({ text: APPENDIX_B, dataCoding: 8, esmClass: 0x40 }),
  dataPdu({ tlvs: [tlv(0x0424, Buffer.from(APPENDIX_B))] }),
];

const mutation = fc.record({
  kind: fc.constantFrom('set', 'cut', 'insert', 'double'),
  at: fc.nat(400),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.integer({ min: 0, max: 255 })),
});

function mutate(bytes: Buffer, { kind, at, value }: { kind: string; at: number; value: number }): Buffer {
  // The header's length stays what it is here; FrameReader has a property of its own.
  const i = 4 + (at % Math.max(1, bytes.length - 4));
  if (kind === 'set') {
    const changed = Buffer.from(bytes);
    changed[i] = value;
    return changed;
  }
  if (kind === 'cut') return bytes.subarray(0, Math.max(16, i));
  if (kind === 'insert') return Buffer.concat([bytes.subarray(0, i), u8(value), bytes.subarray(i)]);
  return Buffer.concat([bytes, bytes.subarray(i)]);
}

function onlyPduErrors(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(PduError);
  }
}

describe('mutated PDUs', () => {
  test('never throw anything but PduError, and no reader sees beyond the PDU', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 6 }), (seed, mutations) => {
        const bytes = mutations.reduce(mutate, seed);
        const around = Buffer.concat([Buffer.alloc(16, 0x41), bytes, Buffer.alloc(300, 0x41)]);
        const [start, end] = [16, 16 + bytes.length];
        onlyPduErrors(() => decodePdu(around, start, end));
        onlyPduErrors(() => {
          const submit = readSubmit(around, start, end);
          expect(submit.textEnd).toBeLessThanOrEqual(end);
          expect([submit.source, submit.destination, submit.tlvs, submit.validityPeriod]).toBeDefined();
        });
        onlyPduErrors(() => {
          const deliver = readDeliver(around, start, end);
          expect(deliver.textEnd).toBeLessThanOrEqual(end);
          expect(deliver.destinationEnd).toBeLessThan(end);
          isReceipt(deliver);
          parseReceipt(deliver);
        });
      }),
      { numRuns: 3000 },
    );
  });

  test('any octets at all, in chunks of any size, give frames or a FrameError', () => {
    const stream = fc.array(
      fc.oneof(
        fc.constantFrom(...SEEDS),
        fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
      ),
    );
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 50 }), (parts, size) => {
        const bytes = Buffer.concat(parts);
        const reader = new FrameReader({ maxPduBytes: 1000 });
        const frames: Buffer[] = [];
        let error: FrameError | undefined;
        for (let at = 0; at < bytes.length && error === undefined; at += size) {
          error = reader.push(bytes.subarray(at, at + size), (buf, start, end) =>
            frames.push(Buffer.from(buf.subarray(start, end))),
          );
        }
        const read = Buffer.concat(frames);
        expect(bytes.subarray(0, read.length).equals(read)).toBe(true);
        if (error !== undefined) expect(error).toBeInstanceOf(FrameError);
      }),
      { numRuns: 500 },
    );
  });

  test('any text at all makes a receipt', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 255 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 255 }),
        (text, dataCoding, esmClass) => {
          const bytes = messagePdu({ text: Buffer.from(text), dataCoding, esmClass });
          const deliver = readDeliver(bytes, 0, bytes.length);
          expect(typeof isReceipt(deliver)).toBe('boolean');
          expect(parseReceipt(deliver).state).toBeDefined();
        },
      ),
    );
  });
});
