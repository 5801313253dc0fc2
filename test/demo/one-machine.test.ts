import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait-for.ts';

/** The built program, as `npm test` has made it. */
const PROGRAM = fileURLToPath(new URL('../../dist/bin/start.js', import.meta.url));
const KEY = /tocsin_[0-9a-f]{12}_[A-Za-z0-9_-]{43}/g;

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

describe('npm start', () => {
  let folder: string;
  const running: Run[] = [];
  beforeAll(() => {
    if (!existsSync(PROGRAM)) throw new Error('the program is not built: npm run build');
    folder = mkdtempSync(join(tmpdir(), 'tocsin-start-'));
  });
  afterAll(async () => {
    for (const { child } of running) child.kill('SIGINT');
    await Promise.all(running.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  });

  function start(): Run {
    const settings = { TOCSIN_DATA_FOLDER: join(folder, 'data'), TOCSIN_HTTP_PORT: '0', TOCSIN_METRICS_PORT: '0' };
    const child = spawn(process.execPath, [PROGRAM], { env: { ...process.env, ...settings } });
    let output = '';
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    const run = { child, ended, output: () => output };
    running.push(run);
    return run;
  }
  const serving = (run: Run) =>
    waitFor(() => /api ready/.test(run.output()) && /dispatcher ready/.test(run.output()), 60_000, 'both programs');
  const portOf = (run: Run) => /"port":(\d+),"msg":"api ready"/.exec(run.output())?.[1];

  test('prints the first admin key once, and keeps its data from start to start', async () => {
    const first = start();
    await serving(first);
    const keys = first.output().match(KEY) ?? [];
    expect(keys).toHaveLength(1);
    const second = start();
    expect([await second.ended, second.output()]).toEqual([1, expect.stringContaining('runs on')]);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);

    const again = start();
    await serving(again);
    expect(again.output().match(KEY)).toBeNull();
    const headers = { Authorization: `Bearer ${keys[0]}` };
    const reply = await fetch(`http://127.0.0.1:${portOf(again)}/v1/keys`, { headers });
    expect(reply.status).toBe(200);
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
  }, 200_000);
});
