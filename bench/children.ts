/** The processes that a benchmark starts: each is known by its id, and none outlives the benchmark, whatever ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ENDS_WITHIN_MS = 20_000;
const TAIL_LINES = 12;

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly log: string;
}

export class Children {
  readonly #folder: string;
  readonly #running = new Map<number, Child>();
  /** Ids of processes that somebody else started for us. */
  readonly #adopted = new Set<number>();
  #started = 0;

  constructor(folder: string) {
    this.#folder = folder;
    // The last resort: 'exit' handlers are synchronous, and a signal is sent at once.
    process.once('exit', () => this.killAll());
  }

  /** Starts a program with its output in a log; `stdout: 'pipe'` leaves the standard output to the caller. */
  start(
    name: string,
    program: string,
    args: readonly string[],
    options: { env?: Readonly<Record<string, string | undefined>>; stdout?: 'pipe' } = {},
  ): Child {
    this.#started += 1;
    const log = join(this.#folder, `${name}-${this.#started}.log`);
    const output = openSync(log, 'a');
    // A group of its own: Ctrl-C is for the benchmark, which then ends its children in order.
    const child = spawn(program, args, {
      detached: true,
      env: options.env ?? process.env,
      stdio: ['ignore', options.stdout ?? output, output],
    });
    closeSync(output);
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    const started = { name, pid: child.pid, process: child, log };
    this.#running.set(child.pid, started);
    child.once('exit', () => this.#running.delete(started.pid));
    return started;
  }

  /** Has `pid` killed with the others should the benchmark end before it. */
  adopt(pid: number): void {
    this.#adopted.add(pid);
  }

  release(pid: number): void {
    this.#adopted.delete(pid);
  }

  async stop(child: Child): Promise<void> {
    if (!this.#running.has(child.pid)) return;
    const ended = new Promise((resolve) => child.process.once('exit', resolve));
    const timer = setTimeout(() => child.process.kill('SIGKILL'), ENDS_WITHIN_MS);
    child.process.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }

  async stopAll(): Promise<void> {
    for (const child of [...this.#running.values()].reverse()) await this.stop(child);
  }

  killAll(): void {
    for (const pid of [...this.#running.keys(), ...this.#adopted]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
  }
}

export const hasEnded = ({ process: child }: Child): boolean => child.exitCode !== null || child.signalCode !== null;

export const tailOf = (child: Child): string =>
  readFileSync(child.log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
