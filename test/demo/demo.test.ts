import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait-for.ts';

/** The built program, as `npm test` has made it. */
const PROGRAM = fileURLToPath(new URL('../../dist/bin/demo.js', import.meta.url));

describe('npm run demo', () => {
  let folder: string;
  beforeAll(() => {
    if (!existsSync(PROGRAM)) throw new Error('the demo is not built: npm run build');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function start(...args: string[]) {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      env: { ...process.env, TOCSIN_DATA_FOLDER: join(folder, 'data') },
    });
    let output = '';
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    return { child, ended, output: () => output };
  }

  test('plays an exercise through, writes its figures and ends with 0', async () => {
    const json = join(folder, 'figures.json');
    const demo = start('--recipients', '1500', '--regions', '35,974', '--json', json);
    expect([await demo.ended, demo.output()]).toEqual([0, expect.stringContaining('nobody was told twice')]);
    const figures = JSON.parse(readFileSync(json, 'utf8'));
    expect(figures).toMatchObject({ recipients: 1_500, unaccounted: 0, duplicates: 0, inDoubt: 0 });
    expect(figures.final.delivered).toBeGreaterThan(1_300);
    expect(Object.values(figures.final as Record<string, number>).reduce((a, b) => a + b)).toBe(1_500);
    expect(figures.firstSubmitMs).toBeGreaterThan(0);
    expect(readFileSync(figures.evidence).subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
    for (const line of demo.output().split('\n'))
      if (!line.includes(folder)) expect(line.length).toBeLessThanOrEqual(80);
  }, 150_000);

  test('R7: a correction leaves seconds after its order, for those only who had the first text', async () => {
    const json = join(folder, 'correction.json');
    const story = ['--story', 'correction', '--recipients', '600', '--regions', '35', '--rate', '300'];
    const demo = start(...story, '--json', json);
    expect([await demo.ended, demo.output()]).toEqual([0, expect.stringContaining('Corrected in time')]);
    const figures = JSON.parse(readFileSync(json, 'utf8'));
    expect(figures).toMatchObject({ recipients: 600, duplicates: 0, targetMs: 120_000 });
    const { notice, correction, allClear } = figures.told;
    expect(notice).toBeLessThan(600);
    expect([correction, allClear]).toEqual([notice, notice]);
    for (const took of [figures.correctionMs, figures.allClearMs]) {
      expect(took).toBeGreaterThan(0);
      expect(took).toBeLessThan(30_000);
    }
    expect(demo.output()).toContain('approved beforehand (standing)');
    expect(demo.output()).toContain('approved beforehand (prepared)');
    for (const line of demo.output().split('\n'))
      if (!line.includes(folder)) expect(line.length).toBeLessThanOrEqual(80);
  }, 150_000);

  test('runs on with --keep until it is told to stop, and leaves nothing running', async () => {
    const demo = start('--recipients', '10', '--regions', '75', '--keep');
    const over = () => demo.output().includes('Ctrl-C ends it all');
    await Promise.race([waitFor(over, 120_000, 'the end of the demo'), demo.ended]);
    expect(demo.output()).toContain('Ctrl-C ends it all');
    expect(
      demo
        .output()
        .split('\n')
        .filter((line) => line.length > 80 && !line.includes(folder)),
    ).toEqual([]);
    const [, simulator = ''] = /(http:\S+\/record)/.exec(demo.output()) ?? [];
    await expect(fetch(simulator).then((reply) => reply.json())).resolves.toMatchObject({ recipients: 10 });
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    await expect(fetch(simulator)).rejects.toThrow();
    const [run = ''] = readdirSync(join(folder, 'data', 'demo'));
    expect(readdirSync(join(folder, 'data', 'demo', run))).not.toContain('redis');
  }, 150_000);

  test('stops in the middle when told to, and leaves nothing running', async () => {
    const demo = start('--recipients', '1000', '--regions', '75', '--rate', '20');
    await waitFor(() => /\d+\/1,000 submitted/.test(demo.output()), 120_000, 'the first progress');
    const [, simulator = ''] = /(http:\S+)\/record/.exec(demo.output()) ?? [];
    demo.child.kill('SIGTERM');
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toContain('Stopped.');
    await expect(fetch(simulator)).rejects.toThrow();
  }, 150_000);

  test('ends with 2 on bad usage, before it starts anything', async () => {
    for (const recipients of ['many', '5']) {
      const demo = start('--recipients', recipients);
      expect([recipients, await demo.ended]).toEqual([recipients, 2]);
    }
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});
