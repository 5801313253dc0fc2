/** SMSCs that read slowly or not at all: what waits stays in the queue, not in memory. */
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import { COMMAND } from '../../src/smpp/constants.ts';
import { encodePdu } from '../../src/smpp/pdu.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { linkFixture } from './link-fixture.ts';

const links = linkFixture();
const dispatch = dispatchFixture();

const MIB = 1_048_576;
/** Long texts fill what the kernel holds for a connection long before the window is full. */
const LONG = new SubmitTemplate({
  source: { address: 'Tocsin', ton: 5, npi: 0 },
  shortMessage: Buffer.alloc(8_000, 'x'),
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a slow reader', () => {
  test('quirk 42: is sent no more than the socket takes, though its window has room; and all when it reads again', async () => {
    const { smsc, link, submit, inDoubt } = await links.openRaw({ window: 10_000, responseTimeoutMs: 60_000 });
    smsc.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    let sent = 0;
    // One group a turn, as long as the link says that there is room.
    for (let refused = 0; refused < 200; await turn()) {
      if (link.room === 0) refused += 1;
      else {
        submit(10, LONG);
        sent += 10;
      }
      expect(sent).toBeLessThan(10_000);
    }
    expect(link.inFlight).toBe(sent);
    // What the kernel did not take is at most what one turn had written.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
    smsc.socket.resume();
    await smsc.until(COMMAND.submit_sm, sent);
    await waitFor(() => link.room === 10_000 - sent);
    expect(inDoubt).toEqual([]);
  });

  test('quirk 42: that asks and never reads the answers is not read any further, and memory stays bounded', async () => {
    const { smsc, link } = await links.openRaw({ enquireLinkMs: 600_000 });
    smsc.socket.pause();
    const questions = Buffer.concat(
      Array.from({ length: 4_096 }, (_, i) => encodePdu({ command: COMMAND.enquire_link, sequence: i + 1 })),
    );
    // As long as the link reads, the questions go; it stops when its own answers are stuck.
    await waitFor(
      () => {
        if (smsc.socket.writableLength < 4 * MIB) smsc.write(questions);
        return smsc.socket.writableLength >= 4 * MIB && smsc.socket.bytesWritten - smsc.socket.writableLength;
      },
      15_000,
      'the link to stop reading',
    );
    const stuckAt = smsc.socket.writableLength;
    for (let i = 0; i < 50; i += 1) await turn();
    expect(smsc.socket.writableLength).toBe(stuckAt);
    expect(link.state).toBe('bound');
    smsc.socket.resume();
    await waitFor(() => smsc.socket.writableLength === 0, 15_000);
    expect(link.state).toBe('bound');
  });

  test('quirk 42: in mid-broadcast gets all, once, and no faster than it reads', async () => {
    const running = await dispatch.start({
      route: { window: 2_000, links: 1, responseTimeoutMs: 20_000 },
      behaviour: { session: { readBytesPerSecond: 150_000 } },
    });
    const id = await running.launch({ recipients: 1_500 });
    expect(nonZero((await running.closed(id, 15_000)).counts)).toEqual({ delivered: 1_500 });
    expect(running.record().repeatedParts).toBe(0);
  });
});

describe('an SMSC that stops reading', () => {
  test('quirk 42: leaves jobs in the queue and recipients pending: no more than the windows are in the air', async () => {
    const running = await dispatch.start({
      route: { links: 2, window: 500, responseTimeoutMs: 60_000, enquireLinkMs: 60_000 },
      behaviour: { receipts: { delayMs: { min: 0, max: 0 } } },
    });
    const RECIPIENTS = 12_000;
    await waitFor(() => running.simulator.links().filter(({ mode }) => mode === 'bound').length === 2);
    running.simulator.act('freeze');
    const before = process.memoryUsage();
    const id = await running.launch({ recipients: RECIPIENTS });
    // A window is refilled when a quarter of it is free: that much may be missing.
    await waitFor(async () => (await running.progress(id)).counts.sending > 750, 15_000);
    const [first, second] = [await stillSo(() => running.progress(id)), await stillSo(() => running.progress(id))];
    const { sending, pending } = first.counts;
    expect(sending).toBeLessThanOrEqual(1_000);
    expect(sending + pending).toBe(RECIPIENTS);
    // The whole of it stands still: nothing moves from the queue into memory.
    expect(second.counts).toEqual(first.counts);
    const [health] = await routeHealth(running.store, ['drill'], running.now());
    expect(health).toMatchObject({ linksBound: 2, inFlight: sending });
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * MIB);
    expect(after.external - before.external).toBeLessThan(16 * MIB);
    running.simulator.act('thaw');
    expect(nonZero((await running.closed(id, 30_000)).counts)).toEqual({ delivered: RECIPIENTS });
    expect(running.record()).toMatchObject({ recipients: RECIPIENTS, duplicates: 0 });
    await expectAccountedFor(running, id);
  }, 60_000);
});

/** The same a second later. */
async function stillSo<T>(look: () => Promise<T>): Promise<T> {
  const later = performance.now() + 1_000;
  await waitFor(() => performance.now() > later);
  return look();
}
