import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiClient } from '../../src/demo/api-client.ts';

let server: Server | undefined;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-client-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function clientOf(answer: RequestListener, signal = new AbortController().signal): Promise<ApiClient> {
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  return new ApiClient(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, 'key-1', signal);
}

const told = (request: IncomingMessage) => [
  request.method,
  request.url,
  request.headers.authorization,
  request.headers['content-type'],
];

describe('ApiClient', () => {
  test('sends its key, and JSON where there is a body', async () => {
    const calls: unknown[] = [];
    const client = await clientOf(async (request, response) => {
      calls.push([...told(request), await text(request)]);
      response.end('{"id":"n1"}');
    });
    await expect(client.post('/v1/notices', { a: 1 })).resolves.toEqual({ id: 'n1' });
    await client.post('/v1/notices/n1/submit');
    await client.get('/v1/notices/n1');
    expect(calls).toEqual([
      ['POST', '/v1/notices', 'Bearer key-1', 'application/json', '{"a":1}'],
      ['POST', '/v1/notices/n1/submit', 'Bearer key-1', undefined, ''],
      ['GET', '/v1/notices/n1', 'Bearer key-1', undefined, ''],
    ]);
  });

  test('tells a refusal with its code and every fault', async () => {
    const client = await clientOf((_request, response) => {
      response.statusCode = 422;
      response.end(
        '{"code":"unknown_region","detail":"Some regions are unknown","faults":[{"at":"/regions/0","message":"no 99"}]}',
      );
    });
    await expect(client.post('/v1/notices', {})).rejects.toThrow(
      'POST /v1/notices was refused with 422 unknown_region: Some regions are unknown\n  /regions/0: no 99',
    );
  });

  test('tells a refusal that is no problem document as it came', async () => {
    const client = await clientOf((_request, response) => {
      response.statusCode = 502;
      response.end('bad gateway');
    });
    await expect(client.get('/x')).rejects.toMatchObject({ problem: { status: 502, detail: 'bad gateway' } });
  });

  test('repeats among others what met a change of the same record, and nothing else', async () => {
    let calls = 0;
    const client = await clientOf((request, response) => {
      calls += 1;
      response.statusCode = request.url === '/other' ? 409 : calls < 4 ? 409 : 201;
      response.end(request.url === '/other' ? '{"code":"wrong_state"}' : '{"code":"version_conflict"}');
    });
    await client.postAmongOthers('/approvals', {});
    expect(calls).toBe(4);
    await expect(client.postAmongOthers('/other', {})).rejects.toMatchObject({ problem: { code: 'wrong_state' } });
    expect(calls).toBe(5);
  });

  test('streams files up and down', async () => {
    const client = await clientOf(async (request, response) => {
      if (request.method === 'GET') response.end('evidence');
      else response.end(JSON.stringify({ took: await text(request), type: request.headers['content-type'] }));
    });
    const [up, down] = [join(folder, 'up.csv'), join(folder, 'down')];
    writeFileSync(up, 'msisdn\n');
    await expect(client.upload('/v1/audiences', up, 'text/csv')).resolves.toEqual({
      took: 'msisdn\n',
      type: 'text/csv',
    });
    await client.download('/evidence', down);
    expect(readFileSync(down, 'utf8')).toBe('evidence');
  });

  test('reads server-sent events however they are cut, and passes over comments', async () => {
    const stream =
      'retry: 2000\n\nid: 1\nevent: progress\ndata: {"é":1}\n\n: heartbeat\n\nid: 2\nevent: closed\ndata: {}\n\n';
    const client = await clientOf(async (_request, response) => {
      const bytes = Buffer.from(stream);
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        if (byte === 10) await new Promise(setImmediate);
      }
      response.end();
    });
    const seen: unknown[] = [];
    for await (const event of client.events('/events')) seen.push(event);
    expect(seen).toEqual([
      { event: 'progress', data: '{"é":1}' },
      { event: 'closed', data: '{}' },
    ]);
  });

  test('breaks off whatever is under way when told to', async () => {
    const stopping = new AbortController();
    const client = await clientOf(() => stopping.abort(), stopping.signal);
    await expect(client.get('/slow')).rejects.toThrow(/abort/i);
  });
});
