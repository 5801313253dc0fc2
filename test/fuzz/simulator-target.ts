/** The simulator under a client that sends mutated PDUs: it answers each request, stays, and forgets nobody's session. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Simulator } from '../../src/simulator/running.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { cstr, pdu, u8 } from '../smpp/octets.ts';
import { PDUS } from './corpus.ts';
import { framed, mutated } from './mutations.ts';
import { Random } from './random.ts';
import { Answers, bare, CODE, cut, headerOf, INVALID_LENGTH, isResponse } from './wire.ts';

const WITHIN_MS = 10_000;
const FIRST_SEQUENCE = 1_000_000;
const ENQUIRY = 0x7000_0000;
const ACCOUNT = { systemId: 'a', password: 'b', maxBinds: 100 };
/** Accepted messages are forgotten at once: no receipt comes between the answers. */
const NO_RECEIPTS = { receipts: { mix: { delivered: 0, none: 1 }, delayMs: { min: 0, max: 0 } } };

export class FuzzedSimulator {
  readonly #simulator: Simulator;

  private constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  static async open(): Promise<FuzzedSimulator> {
    return new FuzzedSimulator(await startSimulator({ behaviour: { accounts: [ACCOUNT], ...NO_RECEIPTS } }));
  }

  close(): Promise<void> {
    return this.#simulator.stop();
  }

  /** PDUs whose length is right: each request is answered, by its sequence number. */
  async framed(seed: number, from: number, to: number): Promise<void> {
    const [socket, answers] = await this.#bound();
    const inputs = Array.from({ length: to - from }, (_, i) => framedInput(seed, from + i, FIRST_SEQUENCE + i));
    socket.write(Buffer.concat(inputs));
    socket.write(bare(CODE.enquire, ENQUIRY));
    const answered = await answers.until(() => answers.of(ENQUIRY).length > 0 || answers.closed, WITHIN_MS);
    if (!answered) throw new Error('the simulator does not answer any more');
    if (answers.of(ENQUIRY).length === 0) throw new Error('the simulator closed the session');
    for (const input of inputs) {
      const { command, sequence } = headerOf(input);
      const wanted = isResponse(command) ? 0 : 1;
      const got = answers.of(sequence).length;
      if (got !== wanted) throw new Error(`${got} answers where ${wanted} is due`);
    }
    socket.destroy();
    // The table of who got what would grow with every mutated destination.
    this.#simulator.record.clear();
  }

  /** Octets as they come, then the end of the stream: the simulator nacks what it cannot cut, and closes. */
  async raw(seed: number, index: number): Promise<void> {
    const [socket, answers] = await this.#bound();
    const input = rawInput(seed, index);
    socket.end(input);
    if (!(await answers.until(() => answers.closed, WITHIN_MS))) throw new Error('the connection is not closed');
    const isNacked = answers
      .of(0)
      .some(({ command, status }) => command === CODE.genericNack && status === INVALID_LENGTH);
    const ends = isUnbound(input);
    if (!ends && (cut(input) === 'bad') !== isNacked)
      throw new Error(`a generic_nack ${isNacked ? 'too many' : 'is missing'}`);
  }

  async #bound(): Promise<[Socket, Answers]> {
    const socket = connect({ port: this.#simulator.smppPort, host: '127.0.0.1', allowHalfOpen: true });
    const answers = new Answers(socket);
    socket.on('end', () => socket.end());
    await once(socket, 'connect');
    socket.write(pdu(9, 0, 1, cstr('a'), cstr('b'), cstr(''), u8(0x34), u8(0), u8(0), cstr('')));
    if (!(await answers.until(() => answers.of(1).length > 0, WITHIN_MS))) throw new Error('the bind is not answered');
    if (answers.of(1)[0]!.status !== 0) throw new Error('the bind is refused: sessions of earlier inputs are left');
    return [socket, answers];
  }
}

export function framedInput(seed: number, index: number, sequence: number): Buffer {
  const octets = framed(Random.of(seed, 'simulator', index), PDUS, sequence);
  if (headerOf(octets).command === CODE.unbind) octets.writeUInt32BE(CODE.enquire, 4);
  return octets;
}

export const rawInput = (seed: number, index: number): Buffer => mutated(Random.of(seed, 'simulator raw', index), PDUS);

/** Whether the stream holds an unbind, after which nothing is read. */
function isUnbound(octets: Buffer): boolean {
  for (let at = 0; octets.length - at >= 16; at += headerOf(octets, at).length) {
    const { length, command } = headerOf(octets, at);
    if (length < 16 || length > octets.length - at) return false;
    if (command === CODE.unbind) return true;
  }
  return false;
}
