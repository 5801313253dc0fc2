import { Duplex } from 'node:stream';
import { PduWriter } from '../../src/smpp/pdu-writer.ts';
import { pdu } from './octets.ts';
import { flush, Pipe } from './session-fixture.ts';

function open(): { writer: PduWriter; near: Pipe; read: () => Buffer; drains: () => number } {
  const near = new Pipe();
  const far = new Pipe();
  near.other = far;
  far.other = near;
  const chunks: Buffer[] = [];
  far.on('data', (chunk: Buffer) => chunks.push(chunk));
  let drains = 0;
  const writer = new PduWriter(near, () => drains++);
  return { writer, near, read: () => Buffer.concat(chunks), drains: () => drains };
}

describe('PduWriter', () => {
  test('writes all PDUs of a turn at once, in order', async () => {
    const { writer, near, read } = open();
    writer.writeBare(0x15, 0, 1);
    writer.write(pdu(6, 0, 2));
    writer.writeDeliverResp(5, 8, 3);
    expect(near.writes).toBe(0);
    await flush();
    expect(near.writes).toBe(1);
    expect(read()).toEqual(Buffer.concat([pdu(0x15, 0, 1), pdu(6, 0, 2), pdu(0x80000005, 8, 3, Buffer.alloc(1))]));
  });

  test('writes the PDUs of the next turn behind those of the last', async () => {
    const { writer, near, read } = open();
    for (let i = 1; i <= 3; i++) {
      writer.writeBare(0x15, 0, i);
      await flush();
    }
    expect(near.writes).toBe(3);
    expect(read()).toEqual(Buffer.concat([1, 2, 3].map((i) => pdu(0x15, 0, i))));
  });

  test('takes more than a block holds, and PDUs larger than a block, without harm to what went before', async () => {
    const { writer, read } = open();
    const large = pdu(5, 0, 9, Buffer.alloc(200_000, 7));
    const expected: Buffer[] = [];
    for (let i = 1; i <= 10_000; i++) {
      writer.writeBare(0x15, 0, i);
      expected.push(pdu(0x15, 0, i));
      if (i % 3_000 === 0) {
        writer.write(large);
        expected.push(large);
      }
    }
    expect(writer.queuedBytes).toBe(760_048);
    await flush();
    expect(read().equals(Buffer.concat(expected))).toBe(true);
    expect(writer.queuedBytes).toBe(0);
  });

  test('never writes again into octets that a transport still holds', async () => {
    const { writer, near } = open();
    const kept: { part: Buffer; copy: Buffer }[] = [];
    const write = near.write.bind(near);
    near.write = ((part: Buffer) => {
      kept.push({ part, copy: Buffer.from(part) });
      return write(part);
    }) as typeof near.write;
    for (let i = 1; i <= 300; i++) {
      writer.write(pdu(0x15, 0, i, Buffer.alloc(1_000, i)));
      if (i % 7 === 0) await flush();
    }
    await flush();
    for (const { part, copy } of kept) expect(part.equals(copy)).toBe(true);
  });

  test('hands all blocks of a turn to the transport together', async () => {
    const handed: number[] = [];
    const transport = new Duplex({
      read() {},
      writev(chunks, done) {
        handed.push(chunks.length);
        done();
      },
    });
    const writer = new PduWriter(transport);
    for (let i = 0; i < 3; i++) writer.write(Buffer.alloc(60_000, i));
    await flush();
    expect(handed).toEqual([3]);
  });

  test('writes nothing to a transport that has ended', async () => {
    const { writer, near } = open();
    const failed: unknown[] = [];
    near.on('error', (error) => failed.push(error));
    near.end();
    writer.writeBare(0x15, 0, 1);
    await flush();
    expect([near.writes, failed]).toEqual([0, []]);
  });

  test('never writes nothing: neither when nothing waits, nor ahead of a PDU larger than a block', async () => {
    const { writer, near } = open();
    writer.flush();
    expect(near.writes).toBe(0);
    writer.write(pdu(5, 0, 9, Buffer.alloc(200_000, 7)));
    await flush();
    writer.flush();
    expect(near.writes).toBe(1);
  });

  test('room that was reserved and not used costs nothing', async () => {
    const { writer, read } = open();
    writer.reserve(50_000);
    writer.writeBare(0x15, 0, 1);
    await flush();
    expect(read()).toEqual(pdu(0x15, 0, 1));
  });

  test('quirk 42: is blocked while the transport holds back, and tells of the drain once', async () => {
    const { writer, near, drains } = open();
    near.stalled = true;
    writer.write(Buffer.alloc(100_000));
    await flush();
    expect([writer.blocked, drains(), writer.queuedBytes]).toEqual([true, 0, 100_000]);
    near.letGo();
    await flush();
    expect([writer.blocked, drains(), writer.queuedBytes]).toEqual([false, 1, 0]);
  });

  test('tells of no drain once it is closed', async () => {
    const { writer, near, drains } = open();
    near.stalled = true;
    writer.write(Buffer.alloc(100_000));
    await flush();
    writer.close();
    near.letGo();
    await flush();
    expect(drains()).toBe(0);
  });

  test('flush writes at once; after close nothing is written', async () => {
    const { writer, near, read } = open();
    writer.writeBare(0x15, 0, 1);
    writer.flush();
    expect(near.writes).toBe(1);
    writer.writeBare(0x15, 0, 2);
    writer.close();
    writer.writeBare(0x15, 0, 3);
    await flush();
    expect(read()).toEqual(pdu(0x15, 0, 1));
  });
});
