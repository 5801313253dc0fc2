import { Duplex } from 'node:stream';
import { Wire } from '../../src/smpp/wire.ts';
import { pdu } from './octets.ts';
import { flush, Pipe } from './session-fixture.ts';

function handlers(told: unknown[], onFrame: () => void = () => {}) {
  return {
    onFrame,
    onChunkEnd: () => told.push('chunk end'),
    onFrameError: () => told.push('frame error'),
    onDrain: () => told.push('drain'),
    onClosed: (reason: string) => told.push(reason),
  };
}

describe('Wire', () => {
  test('does not stop reading on account of octets that the transport takes at once', async () => {
    let taken = 0;
    const transport = new Duplex({
      writableHighWaterMark: 1_000_000,
      read() {},
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        done();
      },
    });
    const wire = new Wire(
      transport,
      handlers([], () => wire.writer.writeBare(0x80000015, 0, 1)),
      { maxQueuedBytes: 10 },
    );
    for (let i = 0; i < 5; i++) {
      transport.push(pdu(0x15, 0, 1));
      await flush();
    }
    expect(taken).toBe(80);
  });

  test('stops reading while too much waits, and goes on with the drain', async () => {
    const [near, far] = [new Pipe(), new Pipe()];
    near.other = far;
    far.other = near;
    const told: unknown[] = [];
    const wire = new Wire(near, handlers(told), { maxQueuedBytes: 50_000 });
    near.stalled = true;
    wire.writer.write(Buffer.alloc(60_000));
    await flush();
    for (let i = 0; i < 3; i++) {
      far.write(pdu(0x15, 0, 1));
      await flush();
    }
    expect(told).toEqual(['chunk end']);
    near.letGo();
    await flush();
    expect(told.filter((what) => what === 'drain')).toHaveLength(1);
    expect(told.length).toBeGreaterThan(2);
  });

  test('reads on while a transport holds back less than may wait', async () => {
    const [near, far] = [new Pipe(), new Pipe()];
    near.other = far;
    far.other = near;
    const told: unknown[] = [];
    const wire = new Wire(near, handlers(told), { maxQueuedBytes: 50_000 });
    near.stalled = true;
    wire.writer.write(Buffer.alloc(40_000));
    await flush();
    expect(wire.writer.blocked).toBe(true);
    for (let i = 0; i < 3; i++) {
      far.write(pdu(0x15, 0, 1));
      await flush();
    }
    expect(told).toEqual(['chunk end', 'chunk end', 'chunk end']);
  });

  test('tells that a transport closed that neither ended nor failed', async () => {
    const [near, far] = [new Pipe(), new Pipe()];
    near.other = far;
    far.other = near;
    const told: unknown[] = [];
    new Wire(near, handlers(told));
    near.destroy();
    await flush();
    expect(told).toEqual(['peer_closed']);
  });

  test('tells nothing after end, and reads no more', async () => {
    const [near, far] = [new Pipe(), new Pipe()];
    near.other = far;
    far.other = near;
    const told: unknown[] = [];
    const wire = new Wire(near, handlers(told));
    wire.writer.writeBare(6, 0, 1);
    wire.end();
    wire.end();
    far.write(pdu(0x15, 0, 1));
    await flush();
    expect(told).toEqual([]);
    expect(near.destroyed).toBe(true);
    expect(far.read()).toEqual(pdu(6, 0, 1));
  });

  test('tells once that the transport is gone, by its end or its error', async () => {
    for (const reason of ['peer_closed', 'transport_error']) {
      const [near, far] = [new Pipe(), new Pipe()];
      near.other = far;
      far.other = near;
      const told: unknown[] = [];
      new Wire(near, handlers(told));
      if (reason === 'peer_closed') far.end();
      else near.destroy(new Error('EPIPE'));
      await flush();
      expect(told).toEqual([reason]);
    }
  });
});
