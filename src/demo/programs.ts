/**
 * Tocsin's own programs as child processes, as they run in production: each logs into a file, is waited for until it is
 * healthy, and is ended by its process id, the last started first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HEALTHY_WITHIN_MS = 30_000;
const ENDS_WITHIN_MS = 20_000;
const POLL_MS = 50;
const TAIL_LINES = 15;

export interface ProgramPlan {
  /** `api` is dist/bin/api.js. */
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the program is ready. */
  readonly health: string;
}

export class Programs {
  readonly #node: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;
  readonly #running: { name: string; child: ChildProcess }[] = [];

  /** `env` is what every program gets; `folder` takes the logs. */
  constructor(setup: {
    node: string;
    folder: string;
    env: Readonly<Record<string, string | undefined>>;
    signal: AbortSignal;
  }) {
    this.#node = setup.node;
    this.#folder = setup.folder;
    this.#env = setup.env;
    this.#signal = setup.signal;
  }

  /** Throws, with the end of its log, when the program ends or does not become healthy. */
  async start({ name, args = [], env = {}, health }: ProgramPlan): Promise<number> {
    this.#signal.throwIfAborted();
    const log = join(this.#folder, `${name}.log`);
    const output = openSync(log, 'a');
    const child = spawn(this.#node, [programFile(name), ...args], {
      env: { ...this.#env, ...env },
      // A group of its own: Ctrl-C is for the demo, which then ends its programs in order.
      detached: true,
      stdio: ['ignore', output, output],
    });
    this.#running.push({ name, child });
    const end = Date.now() + HEALTHY_WITHIN_MS;
    while (!(await answers(health))) {
      const ended = hasEnded(child);
      if (ended || Date.now() > end) {
        const what = ended ? 'ended at its start' : `was not ready within ${HEALTHY_WITHIN_MS} ms`;
        throw new Error(`${name} ${what}. The end of ${log}:\n${tail(log)}`);
      }
      await pause(POLL_MS, undefined, { signal: this.#signal });
    }
    return child.pid ?? 0;
  }

  /** Runs a program to its end and returns what it printed; throws when it fails. */
  async run(name: string, args: readonly string[]): Promise<string> {
    const child = spawn(this.#node, [programFile(name), ...args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code === 0) return out();
    throw new Error(`${name} ${args.slice(0, 2).join(' ')} ended with ${code}:\n${err()}`);
  }

  /** The first program that has ended by itself, if any did. */
  ended(): string | undefined {
    return this.#running.find(({ child }) => hasEnded(child))?.name;
  }

  async stopAll(): Promise<void> {
    for (const { child } of this.#running.splice(0).reverse()) await stop(child);
  }
}

const programFile = (name: string): string => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));
const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const tail = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}
