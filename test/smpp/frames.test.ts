import { FrameError } from '../../src/smpp/errors.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { APPENDIX_B, messagePdu, pdu, u32 } from './octets.ts';

const FRAMES = [
  pdu(0x15, 0, 1),
  messagePdu({ sequence: 2, text: APPENDIX_B }),
  pdu(0x80000004, 0, 3, Buffer.from('7\0')),
];
const STREAM = Buffer.concat(FRAMES);

function read(chunks: Buffer[], reader = new FrameReader()): { frames: Buffer[]; error: FrameError | undefined } {
  const frames: Buffer[] = [];
  let error: FrameError | undefined;
  for (const chunk of chunks) {
    error ??= reader.push(chunk, (buf, start, end) => frames.push(Buffer.from(buf.subarray(start, end))));
  }
  return { frames, error };
}

describe('FrameReader', () => {
  test('hands out all frames of one chunk in place', () => {
    const seen: Buffer[] = [];
    new FrameReader().push(STREAM, (buf) => seen.push(buf));
    expect(seen).toHaveLength(3);
    for (const buf of seen) expect(buf).toBe(STREAM);
  });

  test('quirk 39: puts frames together whatever octet the stream is cut at', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)]).frames).toEqual(FRAMES);
    }
  });

  test('quirk 39: puts frames together from chunks of any size, one octet included', () => {
    for (let size = 1; size <= 40; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < STREAM.length; at += size) chunks.push(STREAM.subarray(at, at + size));
      expect(read(chunks).frames).toEqual(FRAMES);
    }
  });

  test('leaves frames that straddled chunks as they were, for who keeps them', () => {
    const kept: { buf: Buffer; start: number; end: number }[] = [];
    const reader = new FrameReader();
    const twice = Buffer.concat([STREAM, STREAM]);
    for (let at = 0; at < twice.length; at += 50) {
      reader.push(twice.subarray(at, at + 50), (buf, start, end) => kept.push({ buf, start, end }));
    }
    expect(kept.map(({ buf, start, end }) => Buffer.from(buf.subarray(start, end)))).toEqual([...FRAMES, ...FRAMES]);
  });

  test.each([
    ['0', u32(0)],
    ['4', u32(4)],
    ['15', u32(15)],
    ['one more than the most', u32(65_537)],
    ['2^31', u32(0x80000000)],
    ['4 GiB', u32(0xffffffff)],
    ['"HTTP"', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
  ])('quirk 38: refuses command_length %s, whole or octet by octet, before any body', (_, head) => {
    const whole = read([Buffer.concat([FRAMES[0]!, head])]);
    expect(whole.error).toBeInstanceOf(FrameError);
    expect(whole.frames).toEqual([FRAMES[0]]);
    const octets = [...head.subarray(0, 4)].map((octet) => Buffer.from([octet]));
    const reader = new FrameReader();
    expect(read(octets, reader).error?.commandLength).toBe(head.readUInt32BE(0));
    expect(reader.pendingSince).toBeUndefined();
  });

  test('stays failed: nothing after a bad command_length is read', () => {
    const reader = new FrameReader();
    read([u32(4)], reader);
    const after = read([STREAM], reader);
    expect(after.frames).toEqual([]);
    expect(after.error?.commandLength).toBe(4);
  });

  test('takes a frame of exactly the most octets and none above', () => {
    const largest = pdu(0x15, 0, 1, Buffer.alloc(84));
    expect(read([largest], new FrameReader({ maxPduBytes: 100 })).frames).toEqual([largest]);
    const octets = [...largest].map((octet) => Buffer.from([octet]));
    expect(read(octets, new FrameReader({ maxPduBytes: 100 })).frames).toEqual([largest]);
    expect(read(octets, new FrameReader({ maxPduBytes: 99 })).error).toBeInstanceOf(FrameError);
    expect(read([largest], new FrameReader({ maxPduBytes: 99 })).error).toBeInstanceOf(FrameError);
  });

  test('quirk 39: tells since when a frame has waited for its end', () => {
    let now = 1000;
    const reader = new FrameReader({ now: () => now });
    read([STREAM.subarray(0, 2)], reader);
    expect(reader.pendingSince).toBe(1000);
    now = 2000;
    read([STREAM.subarray(2, 12)], reader);
    expect(reader.pendingSince).toBe(1000);
    now = 3000;
    read([STREAM.subarray(12, 18)], reader);
    expect(reader.pendingSince).toBe(3000);
    read([STREAM.subarray(18)], reader);
    expect(reader.pendingSince).toBeUndefined();
  });
});
