/**
 * API and dispatcher for real work on one machine, on the configured Redis or else on a private one whose data stays in
 * the data folder. When one of the programs ends, all end: a supervisor outside decides what then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKey, Keys } from '../api/keys.ts';
import { connectRedis, ready, type Store } from '../store/connection.ts';
import { startEmbeddedRedis } from './embedded-redis.ts';
import { findOrInstallRedis } from './redis-binary.ts';

export interface OneMachine {
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataFolder: string;
  readonly prefix: string;
  /** The configured Redis; undefined starts a private one. */
  readonly redisUrl?: string | undefined;
  readonly say: (line: string) => void;
  /** Aborted when all shall end. */
  readonly signal: AbortSignal;
}

/** A national broadcast leaves gigabytes of AOF, which Redis reads before it answers. */
const REDIS_DEADLINE_MS = 15 * 60_000;
const PROGRAMS = ['api', 'dispatcher'] as const;

/** Runs until told to stop or until a program ends; resolves with the exit status. */
export async function runOneMachine(machine: OneMachine): Promise<number> {
  const { say, signal } = machine;
  const embedded = machine.redisUrl === undefined ? await privateRedis(machine) : undefined;
  const redisUrl = machine.redisUrl ?? embedded?.url ?? '';
  try {
    await firstKey(redisUrl, machine);
    const env = { ...machine.env, TOCSIN_REDIS_URL: redisUrl };
    // The URL has its password in it by now.
    for (const name of ['URL_FILE', 'PASSWORD', 'PASSWORD_FILE']) {
      delete (env as Record<string, string | undefined>)[`TOCSIN_REDIS_${name}`];
    }
    const children = PROGRAMS.map((name) => start(machine.node, name, env));
    const ends = children.map(({ name, child }) => ended(name, child));
    const stopped = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const redisEnds = embedded ? [embedded.ended.then((how) => ({ name: 'private Redis', how }))] : [];
    const first = await Promise.race([...ends, ...redisEnds, stopped]);
    if (first) say(`The ${first.name} has ended (${first.how}), so all end.`);
    for (const { child } of children) if (child.exitCode === null) child.kill('SIGTERM');
    await Promise.all(ends);
    return first ? 1 : 0;
  } finally {
    await embedded?.stop();
  }
}

async function privateRedis({ say, dataFolder }: OneMachine) {
  const binary = await findOrInstallRedis({ say });
  const folder = join(dataFolder, 'redis');
  const redis = await startEmbeddedRedis({ binary, folder, deadlineMs: REDIS_DEADLINE_MS });
  say(`TOCSIN_REDIS_URL is not set: a private Redis runs on ${redis.url}, its data is kept in ${folder}.`);
  say(`For the command line beside it: export TOCSIN_REDIS_URL=${redis.url}`);
  return redis;
}

/** Makes and prints the first admin key of an installation; its secret is never shown again. */
async function firstKey(url: string, { prefix, say }: OneMachine): Promise<void> {
  const redis = connectRedis(url, 'worker', () => {});
  try {
    await ready(redis);
    const store: Store = { redis, prefix };
    if ((await new Keys({ store }).list({ limit: 1 })).length > 0) return;
    const wanted = { name: 'first admin', person: 'first admin', role: 'admin' as const };
    const { secret } = await createKey(store, wanted, 'system');
    say('The first admin key, shown this once. Keep it; make a key for each person with it:');
    say(`  ${secret}`);
  } finally {
    redis.disconnect();
  }
}

function start(node: string, name: string, env: Readonly<Record<string, string | undefined>>) {
  const file = fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));
  // A group of its own: Ctrl-C is for this process, which then ends the others in order.
  return { name, child: spawn(node, [file], { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] }) };
}

const ended = (name: string, child: ChildProcess): Promise<{ name: string; how: string }> =>
  new Promise((resolve) => {
    child.once('exit', (code, by) => resolve({ name, how: by ?? `status ${code}` }));
  });
