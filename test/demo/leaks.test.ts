import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Redis } from 'ioredis';
import { readDemoOptions } from '../../src/demo/options.ts';
import { waitFor } from '../support/wait-for.ts';

/** The demo's people: +33 6 39 98 00 00 and the following, in whatever way one may write such a number. */
const NUMBER = /(?<![0-9a-f])(?:\+?33|0)?63998\d{4}(?![0-9a-f])|6[ .-]39[ .-]98[ .-]\d\d[ .-]\d\d/i;
const SECRET = /tocsin_[0-9a-f]{12}_[\w-]{20,}|Bearer [\w.-]+|"(?:password|secret)":"(?!\[redacted\])/i;
/** Digits of a French number that tell one telephone from another. */
const SIGNIFICANT = 9;
const RECIPIENTS = 400;
const BUILT = new URL('../../dist/demo/demo.js', import.meta.url).href;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TOCSIN_')));

/** One of the audience that is no alternative number too. */
const numberOfNobodyElse = (told: ReadonlySet<string>): string => {
  const all = Array.from({ length: RECIPIENTS }, (_, i) => String(639_980_000 + i));
  return all.find((number) => !told.has(number)) ?? 'none';
};

/** Everything of a key as text. What is packed (audience, slots) holds no digits that one could read. */
async function textOf(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === 'string') return (await redis.getBuffer(key))?.toString('latin1') ?? '';
  if (type === 'hash')
    return Object.entries(await redis.hgetall(key))
      .flat()
      .join('\n');
  if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'));
  if (type === 'zset') return (await redis.zrevrange(key, 0, -1)).join('\n');
  if (type === 'list') return (await redis.lrange(key, 0, -1)).join('\n');
  return type === 'set' ? (await redis.smembers(key)).join('\n') : '';
}

test('the patterns find what they are for', () => {
  const secret = `tocsin_0123456789ab_${'x'.repeat(43)}`;
  for (const text of ['+33639980001', '33639980399', '0639980001', '"639980001"', '06 39 98 00 01'])
    expect(text).toMatch(NUMBER);
  for (const text of [secret, 'Bearer eyJhbGciOi', '"password":"exercise"']) expect(text).toMatch(SECRET);
  for (const text of ['336399800011', 'a639980001f', '"password":"[redacted]"']) {
    expect(text).not.toMatch(NUMBER);
    expect(text).not.toMatch(SECRET);
  }
});

describe('a whole demo, every program logging all it can', () => {
  const stopping = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-leaks-'));
  const logs = new Map<string, string>();
  const jobs: string[] = [];
  let screen = '';
  let redis: Redis | undefined;
  let demo: Promise<number>;
  const hear = (text: string) => {
    screen += text;
  };
  const found = (pattern: RegExp) => pattern.exec(screen)?.[1] ?? '';
  const get = async (path: string, init: RequestInit = {}) => {
    const headers = { Authorization: `Bearer ${found(/KEY=(\S+)/)}`, 'Content-Type': 'application/json' };
    return (await fetch(`${found(/API +(http:\S+)/)}${path}`, { headers, ...init })).text();
  };

  beforeAll(async () => {
    const options = readDemoOptions([
      '--recipients',
      String(RECIPIENTS),
      '--regions',
      '35,974',
      '--rate',
      '200',
      '--keep',
    ]);
    // As it was built: it starts the programs that lie beside it.
    const { runDemo } = (await import(BUILT)) as typeof import('../../src/demo/demo.ts');
    demo = runDemo(options, {
      terminal: { write: hear, redraws: false },
      ...{ node: process.execPath, env: { ...environment, TOCSIN_LOG_LEVEL: 'trace' }, dataFolder: folder },
      signal: stopping.signal,
    });
    const over = demo.then(
      () => true,
      (error: unknown) => hear(String(error)),
    );
    await waitFor(() => found(/Redis +(redis:\S+?),/) !== '', 30_000, 'Redis');
    // Its server is gone before it is: it does not wait for that long.
    const store = new Redis(found(/Redis +(redis:\S+?),/), { disconnectTimeout: 100 });
    store.on('error', () => {});
    redis = store;
    // Jobs go when they are done: they are looked at while they run.
    await waitFor(
      async () => {
        for (const key of await store.keys('*queue-*').catch(() => []))
          jobs.push(await textOf(store, key).catch(() => ''));
        return screen.includes('Ctrl-C ends it all') || (await Promise.race([over.then(() => true), false]));
      },
      60_000,
      'the end of the demo',
    );
    expect(screen).toContain('Ctrl-C ends it all');
  }, 90_000);

  afterAll(async () => {
    stopping.abort(new Error('over'));
    await demo.catch(() => {});
    redis?.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  test('R19: no job of the queue holds a number, a text or a secret', () => {
    const all = jobs.join('\n');
    expect(all).toMatch(/"batch"|"first"|"lane"|"broadcast"/);
    expect(all).not.toMatch(NUMBER);
    expect(all).not.toMatch(SECRET);
    expect(all).not.toMatch(/SAMU|urgence|emergency/i);
  });

  test('R19: nothing in Redis is a number that one could read, and no secret at all', async () => {
    const store = redis!;
    const keys = await store.keys('*');
    // What everybody is told to dial is no secret; the demo takes such numbers from the same range.
    const { items } = JSON.parse(await get('/v1/directory')) as { items: { number: string }[] };
    const told = new Set(items.map(({ number }) => number.slice(-SIGNIFICANT)));
    const untold = (text: string) =>
      [...text.matchAll(new RegExp(NUMBER, 'gi'))]
        .map(([number]) => number.replaceAll(/\D/g, '').slice(-SIGNIFICANT))
        .filter((number) => !told.has(number));
    for (const key of keys) {
      const text = `${key}\n${await textOf(store, key)}`;
      expect([key, untold(text), SECRET.exec(text)?.[0]]).toEqual([key, [], undefined]);
    }
    expect(untold(`33${numberOfNobodyElse(told)}`)).toHaveLength(1);
  });

  test('R19: metrics name no number, no text, no notice', async () => {
    const dispatcher = await (await fetch(found(/metrics on (http:\S+)/))).text();
    const metrics = (await get('/metrics')) + dispatcher;
    expect(metrics).toContain('tocsin_submissions_total');
    expect(metrics).not.toMatch(NUMBER);
    expect(metrics).not.toContain(found(/get notices\/(\S+)/));
  });

  test('R19: no problem repeats the number or the text that was wrong', async () => {
    const broadcast = found(/get broadcasts\/(\S+)/);
    const wrong = '+3363998001999';
    const bodies = [
      await get(`/v1/broadcasts/${broadcast}/recipients/${wrong}`),
      await get(`/v1/broadcasts/none/recipients/33639980001`),
      await get('/v1/nowhere/33639980001'),
      await get(`/v1/notices?before=33639980001&x=33639980001`),
      await get('/v1/notices', {
        method: 'POST',
        body: JSON.stringify({ headline: '0639980001', regions: ['33639980001'] }),
      }),
      await get('/v1/notices', { method: 'POST', body: '{"msisdn":33639980001' }),
    ];
    for (const body of bodies) {
      expect(body).toContain('"code"');
      expect(body).not.toMatch(/63998/);
    }
  });

  test('R19: no log of any program holds a number, a text or a secret', async () => {
    const texts = JSON.parse(await get(`/v1/broadcasts/${found(/get broadcasts\/(\S+)/)}/lanes`)) as {
      items: object[];
    };
    const sent = JSON.stringify(texts).match(/"text":"(?:[^"\\]|\\.){40}/g) ?? [];
    stopping.abort(new Error('over'));
    await demo.catch(() => {});
    const [run = ''] = readdirSync(join(folder, 'demo'));
    for (const name of readdirSync(join(folder, 'demo', run)).filter((file) => file.endsWith('.log'))) {
      logs.set(name, readFileSync(join(folder, 'demo', run, name), 'utf8'));
    }
    expect([...logs.keys()].sort()).toEqual(['api.log', 'dispatcher.log', 'simulator.log']);
    expect(sent.length).toBeGreaterThan(1);
    for (const [name, log] of logs) {
      expect([name, log.length > 200]).toEqual([name, true]);
      expect([name, NUMBER.exec(log)?.[0], SECRET.exec(log)?.[0]]).toEqual([name, undefined, undefined]);
      for (const text of sent) expect([name, log.includes(text.slice('"text":"'.length))]).toEqual([name, false]);
    }
  }, 30_000);
});
