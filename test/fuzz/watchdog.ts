/** Ends the process where one input never ends: it watches from a thread of its own, since nothing else then runs. */
import { Worker } from 'node:worker_threads';

const SILENT_MS = 30_000;

const WATCH = `
const { workerData: { cell, names, seed, silentMs } } = require('node:worker_threads');
let last = [-1, -1];
let since = Date.now();
setInterval(() => {
  const now = [Atomics.load(cell, 0), Atomics.load(cell, 1)];
  if (now[0] !== last[0] || now[1] !== last[1] || now[0] < 0) { last = now; since = Date.now(); return; }
  if (Date.now() - since < silentMs) return;
  require('node:fs').writeSync(2, 'HANGS: npm run fuzz -- --seed ' + seed + ' --only ' + names[now[0]] + ' --from ' + now[1] + ' --inputs 1\\n');
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;

export class Watchdog {
  readonly #cell = new Int32Array(new SharedArrayBuffer(8)).fill(-1);
  readonly #names: readonly string[];
  readonly #worker: Worker;

  constructor(names: readonly string[], seed: number) {
    this.#names = names;
    const workerData = { cell: this.#cell, names, seed, silentMs: SILENT_MS };
    this.#worker = new Worker(WATCH, { eval: true, workerData });
    this.#worker.unref();
  }

  /** The input at hand. */
  see(target: string, index: number): void {
    Atomics.store(this.#cell, 1, index);
    Atomics.store(this.#cell, 0, this.#names.indexOf(target));
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
