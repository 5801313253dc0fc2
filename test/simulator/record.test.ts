import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { SubmittedPart } from '../../src/simulator/concatenation.ts';
import { SimulatorRecord } from '../../src/simulator/record.ts';
import { recipientList, recipientParts } from '../../src/simulator/record-views.ts';
import { SeenTable } from '../../src/simulator/seen-table.ts';
import { readSubmit } from '../../src/smpp/submit-reader.ts';
import { SubmitTemplate, type SubmitTemplateFields } from '../../src/smpp/submit-template.ts';
import { concatenationUdh } from '../../src/sms/encode.ts';

const ALICE = 33_639_980_001;

function part(fields: Partial<SubmitTemplateFields> & { text?: string; udh?: Uint8Array }): SubmittedPart {
  const { text = 'ALERTE', udh, ...rest } = fields;
  const octets = Buffer.from(text, 'latin1');
  const template = new SubmitTemplate({
    source: { address: 'TOCSIN', ton: 5, npi: 0 },
    esmClass: udh ? 0x40 : 0,
    shortMessage: udh ? Buffer.concat([udh, octets]) : octets,
    ...rest,
  });
  const buf = Buffer.alloc(template.maxLength);
  const end = template.write(buf, 0, 1, ALICE);
  const read = new SubmittedPart();
  read.read(readSubmit(buf, 0, end));
  return read;
}

function took(record: SimulatorRecord, destination: number, one: SubmittedPart, nowMs = 1000): void {
  const sender = record.senders.intern(Buffer.from('TOCSIN'), 0, 6, 5, 0);
  record.submitted(nowMs, 1);
  record.took(nowMs, sender, destination, one);
}

describe('the parts of a message', () => {
  test('a message alone is part 1 of 1', () => {
    expect(part({})).toMatchObject({ part: 1, parts: 1, headerOctets: 0, hasSar: false, hasPayload: false });
  });

  test('a user data header of 8 bits says which part, and is no text', () => {
    const read = part({ udh: concatenationUdh(77, 3, 2), text: 'DEUX' });
    expect(read).toMatchObject({ part: 2, parts: 3, headerOctets: 6 });
    expect(read.buf.subarray(read.start, read.end).toString()).toBe('DEUX');
  });

  test('a user data header of 16 bits behind another element says so too', () => {
    const udh = Uint8Array.of(10, 0x05, 2, 1, 2, 0x08, 4, 0x12, 0x34, 4, 3);
    expect(part({ udh })).toMatchObject({ part: 3, parts: 4, headerOctets: 11 });
  });

  test('SAR TLVs say so too', () => {
    const tlvs = { sar_msg_ref_num: 9, sar_total_segments: 2, sar_segment_seqnum: 2 };
    expect(part({ tlvs })).toMatchObject({ part: 2, parts: 2, hasSar: true });
  });

  test('a message_payload is the text', () => {
    const read = part({ text: '', tlvs: { message_payload: Buffer.from('LONG') } });
    expect(read.hasPayload).toBe(true);
    expect(read.buf.subarray(read.start, read.end).toString()).toBe('LONG');
  });

  test('a header that is longer than the message counts as text', () => {
    expect(part({ udh: Uint8Array.of(200, 0, 3), text: 'X' })).toMatchObject({ part: 1, parts: 1, headerOctets: 0 });
  });
});

describe('the record', () => {
  test('the parts of one message are no copies of each other, a second delivery is', () => {
    const record = new SimulatorRecord();
    for (const index of [1, 2]) took(record, ALICE, part({ udh: concatenationUdh(1, 2, index), text: 'SAME' }));
    expect(record.snapshot()).toMatchObject({ accepted: 2, recipients: 1, duplicates: 0, repeatedParts: 0 });
    // Another reference number makes no other message.
    for (const index of [1, 2]) took(record, ALICE, part({ udh: concatenationUdh(2, 2, index), text: 'SAME' }));
    expect(record.snapshot()).toMatchObject({ accepted: 4, recipients: 1, duplicates: 1, repeatedParts: 2 });
    expect(recipientList(record, 2, 10)).toEqual([{ msisdn: String(ALICE), parts: 2, times: 2 }]);
  });

  test('another text to the same recipient is no copy', () => {
    const record = new SimulatorRecord();
    took(record, ALICE, part({ text: 'ALERTE' }));
    took(record, ALICE, part({ text: 'FIN' }));
    took(record, ALICE, part({ text: 'FIN', dataCoding: 8 }));
    expect(record.snapshot()).toMatchObject({ recipients: 1, duplicates: 0 });
    expect(recipientParts(record, ALICE).parts).toHaveLength(3);
  });

  test('shows each text by the SHA-256 of its octets without header', () => {
    const record = new SimulatorRecord();
    took(record, ALICE, part({ udh: concatenationUdh(1, 2, 1), text: 'COMPOSEZ' }));
    took(record, ALICE + 1, part({ udh: concatenationUdh(9, 2, 1), text: 'COMPOSEZ' }), 2500);
    const sha256 = createHash('sha256').update('COMPOSEZ').digest('hex');
    const times = { firstAt: 1000, lastAt: 2500, maxInSlidingSecond: 1 };
    const shown = { ...times, sha256, count: 2, part: 1, parts: 2, dataCoding: 0, octets: 8, sample: 'COMPOSEZ' };
    expect(record.texts.list()).toEqual([shown]);
    expect(recipientParts(record, ALICE).parts).toEqual([{ times: 1, sha256, part: 1, parts: 2 }]);
  });

  test('keeps 5,000 texts and counts the others together', () => {
    const record = new SimulatorRecord();
    const one = part({});
    for (let i = 0; i < 5010; i++) {
      one.buf = Buffer.from(`text ${i}`);
      one.start = 0;
      one.end = one.buf.length;
      took(record, ALICE, one);
    }
    expect(record.texts.list()).toHaveLength(5000);
    expect(record.texts.overflow).toBe(10);
  });

  test('counts parts that end in half an extension character', () => {
    const record = new SimulatorRecord();
    took(record, ALICE, part({ text: 'dix \x1b' }));
    took(record, ALICE, part({ text: 'dix \x1be' }));
    expect(record.snapshot().brokenPairs).toBe(1);
  });

  test('tells when, how fast and by whom', () => {
    const record = new SimulatorRecord();
    for (let i = 0; i < 11; i++) took(record, ALICE + i, part({}), 10_000.5 + i * 200);
    expect(record.snapshot()).toMatchObject({
      firstSubmitAt: 10_000.5,
      lastSubmitAt: 12_000.5,
      meanPerSecond: 5,
      maxInSlidingSecond: 5,
      sources: { TOCSIN: 11 },
    });
  });

  test('tells how long the SMSC itself stood still, from the first submission on', () => {
    const record = new SimulatorRecord();
    record.ticked(500);
    took(record, ALICE, part({}));
    for (const lateMs of [3, 20, -1]) record.ticked(lateMs);
    expect(record.snapshot().longestPauseMs).toBe(20);
  });

  test('is empty after a reset', () => {
    const record = new SimulatorRecord();
    took(record, ALICE, part({}));
    record.refused(0x58);
    record.ticked(7);
    record.clear();
    expect(record.snapshot()).toEqual(new SimulatorRecord().snapshot());
    expect(record.texts.list()).toEqual([]);
    expect(record.seen.of(ALICE)).toEqual([]);
  });
});

describe('the table of what was seen', () => {
  test.each([8, 64, 1 << 14])('agrees with a map of lists, growing from %d places on the way', (startPlaces) => {
    const entry = fc.tuple(fc.integer({ min: ALICE, max: ALICE + 60 }), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const table = new SeenTable(startPlaces);
        const model = new Map<number, Map<number, number>>();
        for (const [destination, content] of entries) {
          const contents = model.get(destination) ?? new Map<number, number>();
          model.set(destination, contents.set(content, (contents.get(content) ?? 0) + 1));
          expect(table.add(destination, content)).toBe(contents.get(content));
          expect(table.of(destination)).toHaveLength(contents.size);
        }
        const twice = [...model].filter(([, contents]) => [...contents.values()].some((times) => times > 1));
        expect(table.recipients).toBe(model.size);
        expect(table.duplicates).toBe(twice.length);
        expect(table.atLeast(2, 1000).sort()).toEqual(twice.map(([destination]) => destination).sort());
      }),
      { numRuns: 50 },
    );
  });

  test('keeps a hundred thousand neighbours apart', () => {
    const table = new SeenTable();
    for (let i = 0; i < 100_000; i++) table.add(ALICE + i, 0xffffffff);
    for (let i = 0; i < 100_000; i += 1000) table.add(ALICE + i, 0xffffffff);
    expect(table.recipients).toBe(100_000);
    expect(table.duplicates).toBe(100);
    expect(table.atLeast(2, 1000)).toHaveLength(100);
    expect(table.of(ALICE + 1)).toEqual([{ destination: ALICE + 1, content: 0xffffffff, times: 1 }]);
  });
});
