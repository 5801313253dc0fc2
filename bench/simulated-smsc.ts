/** The SMSC simulator as a process of its own, and its record: the only place where a benchmark counts. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/demo/embedded-redis.ts';
import type { BehaviourInput } from '../src/simulator/behaviour.ts';
import type { RecordSnapshot } from '../src/simulator/record.ts';
import type { TextCount } from '../src/simulator/text-register.ts';
import { ACCOUNT, WARM_UP_ACCOUNT } from './account.ts';
import { type Child, type Children, hasEnded, tailOf } from './children.ts';
import { until } from './waiting.ts';

const PROGRAM = fileURLToPath(new URL('../dist/bin/simulator.js', import.meta.url));
const MAX_BINDS = 200;

/** Receipts in random order, 25 to 500 ms later. */
export const RECEIPT_DELAY = { min: 25, max: 500 } as const;

export class SimulatedSmsc {
  readonly smppPort: number;
  readonly child: Child;
  readonly #control: string;

  private constructor(smppPort: number, control: string, child: Child) {
    this.smppPort = smppPort;
    this.#control = control;
    this.child = child;
  }

  static async start(children: Children, signal: AbortSignal): Promise<SimulatedSmsc> {
    const [smppPort, httpPort] = [await freePort(), await freePort()];
    const ports = ['--smpp-port', String(smppPort), '--http-port', String(httpPort)];
    const child = children.start('simulator', process.execPath, [PROGRAM, ...ports]);
    const smsc = new SimulatedSmsc(smppPort, `http://127.0.0.1:${httpPort}`, child);
    await until({ what: 'the simulator is ready', deadlineMs: 15_000, pollMs: 50, signal }, async () => {
      if (hasEnded(child)) throw new Error(`the simulator ended:\n${tailOf(child)}`);
      return smsc.#call('GET', '/healthz').catch(() => undefined);
    });
    await smsc.behave({});
    return smsc;
  }

  /** Lets the account submit so many segments a second, throttles what is more. */
  async allow(segmentsPerSecond: number | null): Promise<void> {
    await this.behave({ accounts: [{ ...ACCOUNT, maxBinds: MAX_BINDS, segmentsPerSecond }] });
  }

  /** Replaces the behaviour; accounts and the receipts' delay are the benchmark's unless given. */
  async behave(behaviour: BehaviourInput): Promise<void> {
    await this.#call('PUT', '/behaviour', {
      accounts: [ACCOUNT, WARM_UP_ACCOUNT].map((account) => ({ ...account, maxBinds: MAX_BINDS })),
      ...behaviour,
      receipts: { delayMs: RECEIPT_DELAY, ...behaviour.receipts },
    });
  }

  async record(): Promise<RecordSnapshot> {
    return (await this.#call('GET', '/record')) as RecordSnapshot;
  }

  /** What came of each text, by the SHA-256 of its octets. */
  async texts(): Promise<Map<string, TextCount>> {
    const texts = (await this.#call('GET', '/record/texts?limit=5000')) as TextCount[];
    return new Map(texts.map((text) => [text.sha256, text]));
  }

  async reset(): Promise<void> {
    await this.#call('POST', '/reset');
  }

  /** Whether anything came to a recipient. */
  async hasSeen(msisdn: number): Promise<boolean> {
    const { parts } = (await this.#call('GET', `/record/recipients/${msisdn}`)) as { parts: unknown[] };
    return parts.length > 0;
  }

  /** Does something to every open connection: see docs/simulator.md, "Actions". */
  async act(action: string): Promise<void> {
    await this.#call('POST', `/actions/${action}`, {});
  }

  /** Recipients to whom some part of a text came more than once. */
  async seenTwice(limit: number): Promise<number[]> {
    const list = (await this.#call('GET', `/record/recipients?min=2&limit=${limit}`)) as { msisdn: string }[];
    return list.map(({ msisdn }) => Number(msisdn));
  }

  /** Sessions bound now. */
  async bound(): Promise<number> {
    const links = (await this.#call('GET', '/links')) as { mode: string; systemId: string | null }[];
    return links.filter(({ systemId }) => systemId !== null).length;
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#control}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} of the simulator: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
