/**
 * The npm package `smpp` on the floor's work, as a process: one session, no store, receipts acknowledged.
 * Arguments: port, window, messages, first number, text.
 */
import smpp from 'smpp';
import { ACCOUNT } from './account.ts';

interface Pdu {
  readonly command: string;
  response(): Pdu;
}
interface Session {
  send(pdu: Pdu, onResponse?: () => void): boolean;
  on(event: string, listener: (pdu: Pdu) => void): void;
}
interface Package {
  connect(options: { host: string; port: number }): Session;
  PDU: new (command: string, fields: Record<string, unknown>) => Pdu;
}

const { connect, PDU } = smpp as unknown as Package;
const [port = 0, window = 0, messages = 0, firstNumber = 0] = process.argv.slice(2, 6).map(Number);
const text = process.argv[6] ?? '';

const session = connect({ host: '127.0.0.1', port });
let sent = 0;
let answered = 0;
let receipts = 0;

session.on('connect', () => {
  const { systemId: system_id, password } = ACCOUNT;
  // Left alone the package binds as 5.0, which the simulator refuses as an SMSC of version 3.4 does.
  session.send(new PDU('bind_transceiver', { system_id, password, interface_version: 0x34 }), fill);
});
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  receipts += 1;
  // Long enough for the last answer to be read at the other end.
  if (receipts === messages) setTimeout(() => process.exit(0), 300);
});

function fill(): void {
  while (sent < messages && sent - answered < window) {
    const fields = {
      source_addr: 'ALERTE',
      source_addr_ton: 5,
      destination_addr: String(firstNumber + sent),
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      registered_delivery: 1,
      short_message: text,
    };
    sent += 1;
    session.send(new PDU('submit_sm', fields), () => {
      answered += 1;
      fill();
    });
  }
}
