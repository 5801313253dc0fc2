/** A client that sends and keeps bytes, for what a library would hide: frames, lengths, order, silence. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { COMMAND } from '../../src/smpp/constants.ts';
import { decodePdu, encodePdu, type Pdu, type PduInput } from '../../src/smpp/pdu.ts';
import { waitFor } from '../support/wait-for.ts';

export class RawClient {
  readonly socket: Socket;
  /** Chunks as they came. */
  readonly chunks: Buffer[] = [];
  closedBy: 'end' | 'reset' | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    socket.on('end', () => {
      this.closedBy ??= 'end';
    });
    socket.on('error', () => {
      this.closedBy = 'reset';
    });
  }

  get octets(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** The whole PDUs so far; stops at a length that cannot be. */
  frames(): Buffer[] {
    const frames: Buffer[] = [];
    const all = this.octets;
    for (let at = 0; at + 16 <= all.length; ) {
      const length = all.readUInt32BE(at);
      if (length < 16 || at + length > all.length) break;
      frames.push(all.subarray(at, at + length));
      at += length;
    }
    return frames;
  }

  pdus(): Pdu[] {
    return this.frames().map((frame) => decodePdu(frame, 0, frame.length));
  }

  send(pdu: PduInput): void {
    this.socket.write(encodePdu(pdu));
  }

  submit(sequence: number, to: number, fields: Partial<PduInput> = {}): void {
    this.send({
      command: COMMAND.submit_sm,
      sequence,
      destination_addr: String(to),
      registered_delivery: 1,
      short_message: Buffer.from('ALERTE'),
      ...fields,
    });
  }

  /** Waits for a PDU of this command. */
  async next(command: number, deadlineMs = 5000): Promise<Pdu> {
    const found = await waitFor(
      () => this.pdus().find((pdu) => pdu.command === command),
      deadlineMs,
      `a PDU ${command.toString(16)}`,
    );
    return found;
  }
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const client = new RawClient(socket);
  await once(socket, 'connect');
  return client;
}

export async function boundRaw(port: number): Promise<RawClient> {
  const client = await openRaw(port);
  client.send({
    command: COMMAND.bind_transceiver,
    sequence: 1,
    system_id: 'tocsin',
    password: 'secret',
    interface_version: 0x34,
  });
  await client.next(COMMAND.bind_transceiver_resp);
  client.chunks.length = 0;
  return client;
}
