/** SIGTERM to the API program: running calls are finished, event streams are ended, and it is gone within ten seconds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKey } from '../../src/api/keys.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import { storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/bin/api.js', import.meta.url));
const ROUTE = { id: 'drill', kind: 'exercise', host: '127.0.0.1', port: 2775, systemId: 't', sender: { address: 'T' } };

describe('an API that gets SIGTERM', () => {
  test('finishes the upload that runs, ends the streams, and exits with 0', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-api-end-'));
    const { store, url, close } = await testStore();
    const { id } = await storeBroadcast(store, { no: 1 });
    const { secret } = await createKey(store, { name: 'c', person: 'di', role: 'admin' }, 'cli:test');
    const routesFile = join(folder, 'routes.yaml');
    writeFileSync(routesFile, JSON.stringify({ routes: [ROUTE] }));
    const port = await freePort();
    const child = spawn(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env.PATH,
        TOCSIN_REDIS_URL: url,
        TOCSIN_REDIS_PREFIX: store.prefix,
        TOCSIN_ROUTES_FILE: routesFile,
        TOCSIN_DATA_FOLDER: folder,
        TOCSIN_HTTP_PORT: String(port),
        TOCSIN_LOG_LEVEL: 'fatal',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    try {
      const base = `http://127.0.0.1:${port}`;
      const headers = { Authorization: `Bearer ${secret}` };
      const alive = () =>
        fetch(`${base}/readyz`)
          .then(({ ok }) => ok)
          .catch(() => false);
      await waitFor(alive, 20_000, 'the API');
      const events = await fetch(`${base}/v1/broadcasts/${id}/events`, { headers });
      let finish = () => {};
      const rest = new Promise<void>((resolve) => {
        finish = resolve;
      });
      async function* lines(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('msisdn,region,language\n+999300000001,35,fr\n');
        await rest;
        yield Buffer.from('+999300000002,35,fr\n');
      }
      const upload = fetch(`${base}/v1/audiences?name=late`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'text/csv' },
        body: ReadableStream.from(lines()) as never,
        duplex: 'half',
      } as RequestInit);
      await waitFor(() => readdirSync(folder).length > 1, 10_000, 'the beginning of the import');
      const asked = performance.now();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const stream = await events.text();
      expect(stream).toContain(': the server is going away');
      expect(await alive()).toBe(false);
      finish();
      const reply = await upload;
      expect([reply.status, ((await reply.json()) as { recipients: number }).recipients]).toEqual([201, 2]);
      expect(await exited).toEqual([0, null]);
      expect(performance.now() - asked).toBeLessThan(10_000);
    } finally {
      child.kill('SIGKILL');
      await close();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 40_000);
});
