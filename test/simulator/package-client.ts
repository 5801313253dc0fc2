/** The `smpp` package's client, typed as far as the tests use it: an independent peer for the simulator. */
import { once } from 'node:events';
import smpp from 'smpp';
import { waitFor } from '../support/wait-for.ts';

type Pdu = Record<string, unknown> & { command: string; command_status: number; sequence_number: number };

interface Session {
  send(pdu: unknown, onResponse?: (pdu: Pdu) => void): boolean;
  on(event: string, listener: (value: Pdu) => void): void;
  close(): void;
  destroy(): void;
}

const connect = (smpp as unknown as { connect(options: { host: string; port: number }): Session }).connect;

export interface SubmitInput {
  to: number | string;
  text?: string;
  fields?: Record<string, unknown>;
}

export class PackageClient {
  /** Every PDU that came, in order. */
  readonly pdus: Pdu[] = [];
  isClosed = false;
  /** Answer to deliver_sm and data_sm: a status, or null for none at all. */
  deliverStatus: number | null = 0;

  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
    session.on('pdu', (pdu) => {
      this.pdus.push(pdu);
      if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') {
        if (this.deliverStatus !== null) this.#reply(`${pdu.command}_resp`, pdu, this.deliverStatus);
      } else if (pdu.command === 'enquire_link' || pdu.command === 'unbind') {
        this.#reply(`${pdu.command}_resp`, pdu, 0);
      }
    });
    session.on('close', () => {
      this.isClosed = true;
    });
    session.on('error', () => {});
  }

  /** Sends a request and waits for its response. */
  request(command: string, fields: Record<string, unknown> = {}, deadlineMs = 5000): Promise<Pdu> {
    let response: Pdu | undefined;
    this.session.send(new smpp.PDU(command, fields), (pdu) => {
      response = pdu;
    });
    return waitFor(() => response, deadlineMs, `the response to ${command}`);
  }

  submit({ to, text = 'ALERTE', fields = {} }: SubmitInput): Promise<Pdu> {
    return this.request('submit_sm', submitFields({ to, text, fields }));
  }

  /** Sends a submission without waiting. */
  fire(input: SubmitInput): void {
    this.session.send(new smpp.PDU('submit_sm', submitFields(input)), () => {});
  }

  /** The texts of receipts that came, from short_message or message_payload. */
  receipts(): string[] {
    return this.pdus
      .filter(({ command }) => command === 'deliver_sm' || command === 'data_sm')
      .map((pdu) => String(textOf(pdu.short_message) || textOf(pdu.message_payload)));
  }

  #reply(command: string, to: Pdu, status: number): void {
    this.session.send(new smpp.PDU(command, { sequence_number: to.sequence_number, command_status: status }));
  }
}

function submitFields({ to, text = 'ALERTE', fields = {} }: SubmitInput): Record<string, unknown> {
  return {
    source_addr_ton: 5,
    source_addr: 'TOCSIN',
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: String(to),
    registered_delivery: 1,
    data_coding: 0,
    short_message: Buffer.from(text, 'latin1'),
    ...fields,
  };
}

function textOf(value: unknown): string {
  const message = (value as { message?: unknown } | undefined)?.message;
  if (message instanceof Uint8Array) return Buffer.from(message).toString('latin1');
  return typeof message === 'string' ? message : '';
}

/** Connects to the simulator, without a bind. */
export async function openClient(port: number): Promise<PackageClient> {
  const session = connect({ host: '127.0.0.1', port });
  const client = new PackageClient(session);
  await once(session as never, 'connect');
  return client;
}

/** Connects and binds; fails when the bind is refused. */
export async function boundClient(port: number, credentials: Record<string, unknown> = {}): Promise<PackageClient> {
  const client = await openClient(port);
  const answer = await bind(client, credentials);
  if (answer.command_status !== 0) throw new Error(`the bind was refused with ${answer.command_status}`);
  return client;
}

export function bind(client: PackageClient, fields: Record<string, unknown> = {}, command = 'bind_transceiver') {
  return client.request(command, { system_id: 'tocsin', password: 'secret', interface_version: 0x34, ...fields });
}
