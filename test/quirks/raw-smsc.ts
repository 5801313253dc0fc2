/** The other end of a link by hand: binds are answered unless told otherwise, everything else is for the test to say. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { COMMAND } from '../../src/smpp/constants.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { decodePdu, encodePdu, type Pdu, type PduInput } from '../../src/smpp/pdu.ts';
import { waitFor } from '../support/wait-for.ts';

export class RawSmsc {
  port = 0;
  /** Connections, the latest last. */
  readonly sockets: Socket[] = [];
  /** What came, over all connections. */
  readonly received: Pdu[] = [];
  readonly #server = createServer((socket) => this.#connected(socket));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #connected(socket: Socket): void {
    this.sockets.push(socket);
    const reader = new FrameReader();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk, (buf, start, end) => {
        const pdu = decodePdu(buf, start, end);
        this.received.push(pdu);
        if (pdu.command === COMMAND.bind_transceiver) {
          this.send({ command: COMMAND.bind_transceiver_resp, sequence: pdu.sequence, system_id: 'raw' });
        }
      });
    });
  }

  get socket(): Socket {
    return this.sockets.at(-1)!;
  }

  send(...pdus: PduInput[]): void {
    this.write(Buffer.concat(pdus.map((pdu) => encodePdu(pdu))));
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets);
  }

  answer(submission: Pdu, messageId = `m${submission.sequence}`): void {
    this.send({ command: COMMAND.submit_sm_resp, sequence: submission.sequence, message_id: messageId });
  }

  of(command: number): Pdu[] {
    return this.received.filter((pdu) => pdu.command === command);
  }

  /** Waits for so many PDUs of a command. */
  async until(command: number, count = 1): Promise<Pdu[]> {
    return waitFor(
      () => (this.of(command).length >= count ? this.of(command) : undefined),
      5_000,
      `PDUs of ${command.toString(16)}`,
    );
  }
}
