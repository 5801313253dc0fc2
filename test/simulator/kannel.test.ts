/** Kannel, an SMPP client that others wrote, against the simulator: it must find an SMSC like any other. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { waitFor } from '../support/wait-for.ts';
import { hasKannel, startKannel } from './kannel.ts';

const MESSAGES = 1000;
const FIRST = 33_639_980_000;
const DELIVERED = 1;
const UNDELIVERABLE = 2;

if (!hasKannel) console.warn('bearerbox is not installed (Debian: kannel): the test with Kannel is skipped');

(hasKannel ? describe : describe.skip)('Kannel', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  test('sends 1,000 messages through the simulator and gets 1,000 receipts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-kannel-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const behaviour = { receipts: { mix: { delivered: 0.9, undeliverable: 0.1 }, delayMs: { min: 200, max: 500 } } };
    const simulator = await startSimulator({ behaviour, seed: 3 });
    cleanups.push(() => simulator.stop());

    const reported = new Map<number, number>();
    const listener = createServer((req, res) => {
      const type = Number(new URL(req.url ?? '/', 'http://localhost').searchParams.get('type'));
      reported.set(type, (reported.get(type) ?? 0) + 1);
      res.end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    cleanups.push(() => {
      listener.close();
      listener.closeAllConnections();
    });

    const kannel = await startKannel(folder, simulator.smppPort);
    cleanups.push(() => kannel.stop());
    await waitFor(() => simulator.links().some((link) => link.mode === 'bound'), 10_000, 'the bind');

    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    cleanups.push(() => agent.destroy());
    const dlrUrl = encodeURIComponent(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/dlr?type=%d`);
    const wanted = `&from=TOCSIN&text=ALERTE&dlr-mask=${DELIVERED | UNDELIVERABLE}&dlr-url=${dlrUrl}`;
    const statuses = await Promise.all(
      Array.from({ length: MESSAGES }, (_, i) => status(`${kannel.sendsmsUrl}&to=${FIRST + i}${wanted}`, agent)),
    );
    expect(new Set(statuses)).toEqual(new Set([202]));

    const total = () => [...reported.values()].reduce((sum, count) => sum + count, 0);
    await waitFor(() => total() >= MESSAGES, 20_000, 'the last receipt');
    // Kannel reports a receipt before it answers it.
    await waitFor(() => simulator.record.receipts.acknowledged === MESSAGES, 15_000, 'the last answer');
    const record = simulator.record.snapshot();
    expect(record).toMatchObject({
      accepted: MESSAGES,
      recipients: MESSAGES,
      duplicates: 0,
      receipts: { sent: MESSAGES, acknowledged: MESSAGES },
    });
    expect(Object.fromEntries(reported)).toEqual({
      [DELIVERED]: record.receipts.byState.delivered,
      [UNDELIVERABLE]: record.receipts.byState.undeliverable,
    });
  }, 60_000);
});

function status(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}
