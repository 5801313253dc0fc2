/** Many messages at once: nothing is lost or doubled by the simulator itself, and it never runs ahead of its client. */
import { COMMAND } from '../../src/smpp/constants.ts';
import { writeDeliverResp } from '../../src/smpp/fast-writers.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { readU32 } from '../../src/smpp/octets.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, simulatorFixture } from './fixture.ts';
import type { RawClient } from './raw-client.ts';

const fixture = simulatorFixture();

const template = new SubmitTemplate({
  source: { address: 'TOCSIN', ton: 5, npi: 0 },
  registeredDelivery: 1,
  shortMessage: Buffer.from('ALERTE: le 15 est injoignable. Composez le 02 61 91 00 35.'),
});

function submissions(count: number, first: number): Buffer {
  const octets = Buffer.alloc(count * template.maxLength);
  let end = 0;
  for (let i = 0; i < count; i++) end = template.write(octets, end, i + 2, first + i);
  return octets.subarray(0, end);
}

/** Counts what comes and answers receipts, without keeping any of it. */
function count(client: RawClient): { responses: number; receipts: number } {
  const counts = { responses: 0, receipts: 0 };
  const reader = new FrameReader();
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    const answers: Buffer[] = [];
    reader.push(chunk, (buf, start) => {
      const command = readU32(buf, start + 4);
      if (command === COMMAND.submit_sm_resp) counts.responses++;
      if (command !== COMMAND.deliver_sm) return;
      counts.receipts++;
      const answer = Buffer.alloc(17);
      writeDeliverResp(answer, 0, COMMAND.deliver_sm_resp, readU32(buf, start + 12), 0);
      answers.push(answer);
    });
    if (answers.length > 0) client.socket.write(Buffer.concat(answers));
  });
  return counts;
}

test('40,000 messages on four sessions are each answered, recorded and receipted once', async () => {
  const simulator = await fixture.start({ receipts: { delayMs: { min: 0, max: 300 }, link: 'any' } });
  const clients = await Promise.all([0, 1, 2, 3].map(() => fixture.boundRaw(simulator)));
  const counts = clients.map(count);
  clients.forEach((client, i) => {
    client.socket.write(submissions(10_000, ALICE + i * 10_000));
  });
  await waitFor(() => simulator.record.receipts.acknowledged === 40_000, 15_000, 'the last receipt');
  expect(counts.map(({ responses }) => responses)).toEqual([10_000, 10_000, 10_000, 10_000]);
  expect(counts.reduce((sum, { receipts }) => sum + receipts, 0)).toBe(40_000);
  expect(simulator.record.snapshot()).toMatchObject({ accepted: 40_000, recipients: 40_000, duplicates: 0 });
  expect(simulator.held()).toBe(0);
});

test('a client that does not read is not read from, and gets everything once it reads', async () => {
  const simulator = await fixture.start({ receipts: { window: 16_000 } });
  const client = await fixture.boundRaw(simulator);
  const counts = count(client);
  client.socket.pause();
  const total = 150_000;
  client.socket.write(submissions(total, ALICE));
  await waitFor(() => simulator.links()[0]!.writer.blocked, 10_000, 'the backpressure');
  expect(simulator.record.submits).toBeLessThan(total);
  client.socket.resume();
  await waitFor(() => simulator.record.receipts.acknowledged === total, 15_000, 'the last receipt');
  expect(counts).toEqual({ responses: total, receipts: total });
});
