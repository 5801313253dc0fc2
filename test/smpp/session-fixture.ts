/**
 * A session on an in-memory pair: its other end is driven by hand, octet by octet, and time is a number. `flush` lets
 * what both sides have written arrive; nothing sleeps.
 */
import { Duplex } from 'node:stream';
import type { Deliver } from '../../src/smpp/deliver.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { decodePdu, type Pdu } from '../../src/smpp/pdu.ts';
import { Session } from '../../src/smpp/session.ts';
import type { Anomaly } from '../../src/smpp/session-events.ts';
import type { StateChange } from '../../src/smpp/session-life.ts';
import type { SessionOptions } from '../../src/smpp/session-options.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { cstr, pdu } from './octets.ts';

/** One end of a pair; `stalled` keeps what is written until it is let go. */
export class Pipe extends Duplex {
  other: Pipe | undefined;
  stalled = false;
  writes = 0;
  #held: (() => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes++;
    const pass = (): void => {
      this.other!.push(Buffer.from(chunk));
      done();
    };
    if (this.stalled) this.#held = pass;
    else pass();
  }

  override _final(done: () => void): void {
    this.other!.push(null);
    done();
  }

  letGo(): void {
    this.stalled = false;
    this.#held?.();
    this.#held = undefined;
  }
}

export class FakeClock {
  ms = 1_000_000;
  readonly ticks = new Set<() => void>();
  readonly now = (): number => this.ms;
  readonly setInterval = (tick: () => void, _ms: number): (() => void) => {
    this.ticks.add(tick);
    return tick;
  };
  readonly clearInterval = (tick: () => void): void => {
    this.ticks.delete(tick);
  };

  advance(ms: number): void {
    this.ms += ms;
    for (const tick of [...this.ticks]) tick();
  }
}

/** Two turns of the event loop: one for the writer, one for the pipe. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

export const MSISDN = 33639980001;
export const TEMPLATE = new SubmitTemplate({
  source: { address: 'ALERTE', ton: 5, npi: 0 },
  registeredDelivery: 1,
  shortMessage: Buffer.from('hello'),
});

export interface Fixture {
  session: Session<string>;
  clock: FakeClock;
  near: Pipe;
  far: Pipe;
  /** What the session has told, in order, as one word and its arguments. */
  told: unknown[][];
  delivers: Deliver[];
  anomalies: Anomaly[];
  changes: StateChange[];
  /** PDUs that the peer has received and the test has not taken. */
  received: Pdu[];
  /** Lets the peer send, and both sides read. */
  send: (...pdus: Buffer[]) => Promise<void>;
  submit: (...refs: string[]) => void;
  /** Commands received since the last call. */
  take: () => Promise<Pdu[]>;
}

export function openSession(options: Partial<SessionOptions> = {}): Fixture {
  const near = new Pipe();
  const far = new Pipe();
  near.other = far;
  far.other = near;
  const clock = new FakeClock();
  const told: unknown[][] = [];
  const delivers: Deliver[] = [];
  const anomalies: Anomaly[] = [];
  const changes: StateChange[] = [];
  const received: Pdu[] = [];
  const reader = new FrameReader();
  far.on('data', (chunk: Buffer) => {
    reader.push(chunk, (buf, start, end) => received.push(decodePdu(buf, start, end)));
  });
  const session = new Session<string>(
    near,
    { systemId: 'tocsin', password: 'secret', window: 4, clock, ...options },
    {
      onResponse: (ref, status, id) => told.push(['response', ref, status, id]),
      onLateResponse: (ref, status, id) => told.push(['late', ref, status, id]),
      onExpired: (ref) => told.push(['expired', ref]),
      onDeliver: (deliver) => {
        delivers.push(deliver);
        told.push(['deliver', deliver.sequence]);
      },
      onChunkEnd: () => told.push(['chunk end']),
      onDrain: () => told.push(['drain']),
      onState: (change) => changes.push(change),
      onAnomaly: (anomaly) => anomalies.push(anomaly),
      onClosed: ({ reason, inFlight }) => told.push(['closed', reason, inFlight]),
    },
  );
  return {
    session,
    clock,
    near,
    far,
    told,
    delivers,
    anomalies,
    changes,
    received,
    send: async (...pdus) => {
      far.write(Buffer.concat(pdus));
      await flush();
    },
    submit: (...refs) => {
      const msisdns = refs.map((_, i) => MSISDN + i);
      session.submit(TEMPLATE, msisdns, refs, 0, refs.length);
    },
    take: async () => {
      await flush();
      return received.splice(0);
    },
  };
}

/** A session that is bound, with nothing told yet. */
export async function boundSession(options: Partial<SessionOptions> = {}): Promise<Fixture> {
  const fixture = openSession(options);
  const bound = fixture.session.bind();
  const [bind] = await fixture.take();
  await fixture.send(pdu((bind!.command | 0x80000000) >>> 0, 0, bind!.sequence, cstr('SMSC')));
  await bound;
  fixture.told.length = 0;
  return fixture;
}

export const submitResp = (sequence: number, status = 0, id = `id${sequence}`): Buffer =>
  status === 0 ? pdu(0x80000004, 0, sequence, cstr(id)) : pdu(0x80000004, status, sequence);
