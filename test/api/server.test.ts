import type { RequestListener, ServerResponse } from 'node:http';
import { Agent, get, request as httpRequest, type IncomingMessage } from 'node:http';
import { startServer } from '../../src/api/server.ts';
import { waitFor } from '../support/wait-for.ts';

const fetchText = (port: number, path: string, agent?: Agent): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, ...(agent ? { agent } : {}) },
      (response: IncomingMessage) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end();
  });

describe('the HTTP server', () => {
  let held: ServerResponse[];
  const app: RequestListener = (request, response) => {
    if (request.url === '/now') response.end('now');
    else held.push(response);
  };
  beforeEach(() => {
    held = [];
  });
  const start = (options: { closeStreams?: () => void; graceMs?: number } = {}) =>
    startServer(app, { host: '127.0.0.1', port: 0, ...options });

  test('it says which port it got, and refuses one that is taken', async () => {
    const server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(await fetchText(server.port, '/now')).toBe('now');
    await expect(startServer(app, { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await server.stop();
  });

  test('idle kept-alive connections do not hold it up', async () => {
    const server = await start({ graceMs: 60_000 });
    const agent = new Agent({ keepAlive: true });
    await fetchText(server.port, '/now', agent);
    await server.stop();
    agent.destroy();
  });

  test('a running call is let to finish, then its connection goes', async () => {
    const server = await start({ graceMs: 60_000 });
    const agent = new Agent({ keepAlive: true });
    const reply = fetchText(server.port, '/slow', agent);
    await waitFor(() => held.length === 1);
    const stopped = server.stop();
    held[0]!.end('late');
    expect(await reply).toBe('late');
    await stopped;
    agent.destroy();
  });

  test('event streams are ended', async () => {
    const server = await start({
      graceMs: 60_000,
      closeStreams: () => {
        for (const response of held) response.end('bye');
      },
    });
    const reply = fetchText(server.port, '/events');
    await waitFor(() => held.length === 1);
    await server.stop();
    expect(await reply).toBe('bye');
  });

  test('a call that never ends is cut when the grace is over', async () => {
    const server = await start({ graceMs: 50 });
    const cut = new Promise((resolve) => {
      get({ host: '127.0.0.1', port: server.port, path: '/never', agent: false }).on('error', resolve);
    });
    await waitFor(() => held.length === 1);
    await server.stop();
    expect(await cut).toMatchObject({ code: 'ECONNRESET' });
  });
});
