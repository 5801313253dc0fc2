/**
 * A client session on a loopback socket whose SMSC sends mutated PDUs. The session owes each request its answer, keeps
 * every submission in account, survives what it must survive, and ends where the protocol says so.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Session } from '../../src/smpp/session.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { cstr, pdu } from '../smpp/octets.ts';
import { PDUS } from './corpus.ts';
import { framed, mutated } from './mutations.ts';
import { Random } from './random.ts';
import {
  Answers,
  bare,
  CODE,
  cut,
  headerOf,
  INVALID_LENGTH,
  isDeliverable,
  isResponse,
  UNKNOWN_COMMAND,
} from './wire.ts';

const WITHIN_MS = 10_000;
const WINDOW = 50;
/** Sequence numbers of the SMSC's requests: apart from those of the client, which begin at 1. */
const FIRST_SEQUENCE = 1_000_000;
const ENQUIRY = 0x7000_0000;
const BIND_RESP = 0x80000009;
const TEMPLATE = new SubmitTemplate({
  source: { address: 'ALERTE', ton: 5, npi: 0 },
  registeredDelivery: 1,
  shortMessage: Buffer.from('hello'),
});

/** An SMSC that binds whoever comes and then does what it is told. */
export class FuzzedClient {
  readonly #server: Server;
  readonly #accepted: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accepted.push(socket));
  }

  static async open(): Promise<FuzzedClient> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FuzzedClient(server);
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** PDUs whose length is right: the session reads them all and stays, unless it is told to unbind. */
  async framed(seed: number, from: number, to: number): Promise<void> {
    const live = await this.#bound();
    const inputs = Array.from({ length: to - from }, (_, i) => framedInput(seed, from + i, FIRST_SEQUENCE + i));
    live.submit();
    live.far.write(Buffer.concat(inputs));
    live.far.write(bare(CODE.enquire, ENQUIRY));
    const answered = await live.answers.until(() => live.answers.of(ENQUIRY).length > 0 || live.ended, WITHIN_MS);
    if (!answered) throw new Error('the session does not answer any more');
    if (live.answers.of(ENQUIRY).length === 0) throw new Error(`the session ended: ${live.reason}`);
    for (const input of inputs) requireAnswer(input, live.answers);
    await live.end();
    live.requireAccount();
  }

  /** Octets as they come: the session ends, since the SMSC says no more, and nacks what it cannot cut (§4.3.1). */
  async raw(seed: number, index: number): Promise<void> {
    const live = await this.#bound();
    const input = rawInput(seed, index);
    live.submit();
    live.far.end(input);
    if (!(await live.answers.until(() => live.ended && live.answers.closed, WITHIN_MS))) {
      throw new Error('the session does not end');
    }
    const nacks = live.answers.of(0).filter(({ command }) => command === CODE.genericNack);
    const isNacked = nacks.some(({ status }) => status === INVALID_LENGTH);
    if (cut(untilUnbind(input)) === 'bad' && !isNacked) throw new Error('a bad command_length without generic_nack');
    live.requireAccount();
  }

  async #bound(): Promise<LiveSession> {
    const { port } = this.#server.address() as AddressInfo;
    const near = connect(port, '127.0.0.1');
    await once(near, 'connect');
    while (this.#accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const live = new LiveSession(near, this.#accepted.shift()!);
    await live.bind();
    return live;
  }
}

class LiveSession {
  readonly far: Socket;
  readonly answers: Answers;
  readonly #session: Session<number>;
  #submitted = 0;
  #settled = new Set<number>();
  #inFlight: number[] = [];
  reason: string | undefined;

  constructor(near: Socket, far: Socket) {
    this.far = far;
    this.answers = new Answers(far);
    const settle = (ref: number) => {
      if (this.#settled.has(ref)) throw new Error('a submission was answered twice');
      this.#settled.add(ref);
    };
    this.#session = new Session<number>(
      near,
      { systemId: 'tocsin', password: 'secret', window: WINDOW },
      {
        onResponse: (ref) => {
          settle(ref);
          this.#session.release(1);
        },
        onLateResponse: () => {
          throw new Error('a late response without an expiry');
        },
        onExpired: settle,
        onDeliver: ({ command, sequence }) => this.#session.respond(sequence, 0, command),
        onClosed: ({ reason, inFlight }) => {
          this.reason = reason;
          this.#inFlight = inFlight;
        },
      },
    );
  }

  get ended(): boolean {
    return this.reason !== undefined;
  }

  async bind(): Promise<void> {
    const bound = this.#session.bind();
    if (!(await this.answers.until(() => this.answers.of(1).length > 0, WITHIN_MS)))
      throw new Error('there is no bind');
    this.far.write(pdu(BIND_RESP, 0, 1, cstr('SMSC')));
    await bound;
  }

  /** Fills the window: responses of the SMSC may hit one of these. */
  submit(): void {
    const refs = Array.from({ length: WINDOW }, (_, i) => i);
    const msisdns = refs.map((i) => 33_639_980_000 + i);
    this.#session.submit(TEMPLATE, msisdns, refs, 0, WINDOW);
    this.#submitted = WINDOW;
  }

  async end(): Promise<void> {
    this.far.destroy();
    const from = performance.now();
    while (!this.ended && performance.now() - from < WITHIN_MS) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Everything submitted was answered, or is told as in flight: once. */
  requireAccount(): void {
    if (!this.ended) throw new Error('the session did not end');
    const told = new Set([...this.#settled, ...this.#inFlight]);
    const twice = this.#settled.size + this.#inFlight.length > told.size;
    if (told.size !== this.#submitted || twice) throw new Error('submissions are out of account');
  }
}

/** Any but unbind, which ends the session, with a sequence number of its own; responses may hit a submission. */
export function framedInput(seed: number, index: number, sequence: number): Buffer {
  const random = Random.of(seed, 'client', index);
  const octets = framed(random, PDUS, sequence);
  const { command } = headerOf(octets);
  if (command === CODE.unbind) octets.writeUInt32BE(CODE.enquire, 4);
  if (isResponse(command) && random.chance(0.5)) octets.writeUInt32BE(2 + random.below(2 * WINDOW), 12);
  return octets;
}

export const rawInput = (seed: number, index: number): Buffer => mutated(Random.of(seed, 'client raw', index), PDUS);

function requireAnswer(input: Buffer, answers: Answers): void {
  const { command, sequence } = headerOf(input);
  if (isResponse(command)) return;
  const got = answers.of(sequence);
  if (command === CODE.alert || command === CODE.outbind) {
    if (got.length > 0) throw new Error('an answer to a PDU that has none');
    return;
  }
  const [answer] = got;
  if (answer === undefined || got.length > 1) throw new Error(`a request got ${got.length} answers`);
  if (command === CODE.enquire || command === CODE.deliver || command === CODE.data) {
    if (answer.command !== (command | 0x80000000) >>> 0) throw new Error('an answer of another kind');
    const isFine = command === CODE.enquire || isDeliverable(input);
    if ((answer.status === 0) !== isFine)
      throw new Error(isFine ? 'a PDU refused for nothing' : 'a broken PDU was taken');
  } else if (answer.command !== CODE.genericNack || answer.status !== UNKNOWN_COMMAND) {
    throw new Error('an unknown command without generic_nack');
  }
}

/** What a session reads of a stream: nothing after an unbind, which it answers and then closes. */
function untilUnbind(octets: Buffer): Buffer {
  let at = 0;
  while (octets.length - at >= 16) {
    const { length, command } = headerOf(octets, at);
    if (length < 16 || length > octets.length - at) break;
    at += length;
    if (command === CODE.unbind) return octets.subarray(0, at);
  }
  return octets;
}
