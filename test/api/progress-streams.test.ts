import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { ProgressStreams } from '../../src/api/progress-streams.ts';
import type { Progress } from '../../src/broadcasts/progress.ts';
import { TocsinError } from '../../src/errors.ts';
import { waitFor } from '../support/wait-for.ts';

const progressOf = (submitted: number, state: Progress['state'] = 'running') =>
  ({ broadcast: 'b1', state, recipients: 10, submitted }) as Progress;

describe('progress streams', () => {
  let now: Progress;
  let reads: number;
  let otherReads: number;
  let failWith: Error | undefined;
  let allowed: boolean;
  let errors: unknown[];
  let streams: ProgressStreams;
  let close: () => Promise<void>;
  let port: number;

  beforeEach(async () => {
    [now, reads, otherReads, failWith, allowed, errors] = [progressOf(0), 0, 0, undefined, true, []];
    streams = new ProgressStreams({
      progress: async (id) => {
        if (id === 'b2') otherReads += 1;
        else reads += 1;
        if (failWith) throw failWith;
        return now;
      },
      onError: (error) => errors.push(error),
      pollMs: 10,
      heartbeatMs: 60,
    });
    const app = express();
    app.get(['/events', '/other'], (request, response) => {
      streams.watch(request.path === '/other' ? 'b2' : 'b1', response, now, async () => {
        if (!allowed) throw new TocsinError('unauthenticated', 'revoked_key', 'revoked');
      });
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    close = () => new Promise((resolve) => server.close(() => resolve()));
  });
  afterEach(async () => {
    streams.closeAll();
    await close();
  });

  interface Listener {
    text: string;
    ended: boolean;
    response: IncomingMessage;
    hangUp(): void;
  }
  const listen = (headers: Record<string, string> = {}, path = '/events'): Promise<Listener> =>
    new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        const listener: Listener = { text: '', ended: false, response, hangUp: () => request.destroy() };
        response.on('data', (chunk: Buffer) => {
          listener.text += chunk.toString();
        });
        response.on('end', () => {
          listener.ended = true;
        });
        response.on('error', () => {});
        resolve(listener);
      });
      request.on('error', reject);
    });
  const eventsOf = ({ text }: Listener) =>
    [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => ({
      event,
      data: JSON.parse(data ?? '') as Progress,
    }));

  test('the present state comes at once, as an event stream that nobody may keep', async () => {
    const listener = await listen();
    expect(listener.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await waitFor(() => eventsOf(listener).length === 1);
    expect(eventsOf(listener)[0]).toEqual({ event: 'progress', data: now });
    listener.hangUp();
  });

  test('a change comes once, and an unchanged state not again', async () => {
    const listener = await listen();
    now = progressOf(5);
    await waitFor(() => eventsOf(listener).some(({ data }) => data.submitted === 5));
    const readsThen = reads;
    await waitFor(() => reads > readsThen + 5);
    expect(eventsOf(listener).filter(({ data }) => data.submitted === 5)).toHaveLength(1);
    listener.hangUp();
  });

  test('many watchers share one poller', async () => {
    const listeners = await Promise.all([listen(), listen(), listen()]);
    expect(streams.open).toBe(3);
    const before = reads;
    const startedMs = performance.now();
    await waitFor(() => reads >= before + 10);
    // Three pollers of 10 ms each would be through in a third of the time.
    expect(performance.now() - startedMs).toBeGreaterThan(60);
    now = progressOf(7);
    for (const listener of listeners) await waitFor(() => listener.text.includes('"submitted":7'));
    for (const listener of listeners) listener.hangUp();
    await waitFor(() => streams.open === 0);
  });

  test('the poller ends with the last watcher', async () => {
    const listener = await listen();
    await waitFor(() => reads > 0);
    listener.hangUp();
    await waitFor(() => streams.open === 0);
    const after = reads;
    // Another broadcast's poller tells the time.
    await listen({}, '/other');
    await waitFor(() => otherReads >= 5);
    expect(reads - after).toBeLessThanOrEqual(1);
  });

  test('a closed broadcast says so and ends the stream', async () => {
    const listener = await listen();
    now = progressOf(10, 'closed');
    await waitFor(() => listener.ended);
    expect(
      eventsOf(listener)
        .map(({ event }) => event)
        .slice(-2),
    ).toEqual(['progress', 'closed']);
    expect(streams.open).toBe(0);
  });

  test('a stream on a broadcast that is closed already ends at once', async () => {
    now = progressOf(10, 'closed');
    const listener = await listen({ 'Last-Event-ID': 'whatever' });
    await waitFor(() => listener.ended);
    expect(eventsOf(listener).map(({ event }) => event)).toEqual(['progress', 'closed']);
    expect(reads).toBe(0);
  });

  test('silence is broken by a heartbeat', async () => {
    const listener = await listen();
    await waitFor(() => listener.text.includes(': heartbeat\n\n'));
    listener.hangUp();
  });

  test('a store that fails for a moment does not end the stream', async () => {
    const listener = await listen();
    failWith = new Error('gone');
    await waitFor(() => errors.length > 2);
    failWith = undefined;
    now = progressOf(9);
    await waitFor(() => listener.text.includes('"submitted":9'));
    expect(listener.ended).toBe(false);
    listener.hangUp();
  });

  test('a watcher whose key is revoked is let go', async () => {
    const listener = await listen();
    allowed = false;
    await waitFor(() => listener.ended);
    expect(listener.text).toContain(': the key is no longer in force');
    await waitFor(() => streams.open === 0);
  });

  test('closing all ends every stream', async () => {
    const listeners = await Promise.all([listen(), listen()]);
    streams.closeAll();
    for (const listener of listeners) await waitFor(() => listener.ended);
    expect(streams.open).toBe(0);
  });
});
