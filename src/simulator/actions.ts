/**
 * What can be done to a session at any moment, by name: the same names serve `session.schedule` and the HTTP control.
 * Each fault is the bytes that real SMSCs were seen to send.
 */
import { COMMAND, ESM_CLASS, STATUS } from '../smpp/constants.ts';
import { encodePdu } from '../smpp/pdu.ts';
import type { Action } from './plan.ts';
import type { SmscLink } from './smsc-link.ts';
import type { SmscState } from './state.ts';

export interface ActionDetails {
  /** Sender and recipient of send-mo and unknown-receipt, and of the faulty deliver_sm. */
  source: string;
  destination: string;
  text: string;
  /** Id of unknown-receipt. */
  messageId: string;
  /** sequence_number of generic-nack and unknown-response. */
  sequence: number;
}

const DEFAULT_DETAILS: ActionDetails = {
  source: '33639980001',
  destination: '38000',
  text: 'STOP',
  messageId: 'no-such-message',
  sequence: 0,
};

/** No command of SMPP 3.4. */
const UNKNOWN_COMMAND = 0x00010777;
const HEADER_BYTES = 16;
/** A command_length that no PDU of SMPP 3.4 comes near. */
const HUGE_LENGTH = 0x00fffffe;

const TRUNCATED_TLV = Buffer.from([0x14, 0x01, 0x00, 0x10, 0x41, 0x42]);
const MISTYPED_TLV = Buffer.from([0x04, 0x27, 0x00, 0x04, 0x00, 0x00, 0x00, 0x02]);
/** A stray NUL in front of message_state. */
const STRAY_NUL = Buffer.from([0x00, 0x04, 0x27, 0x00, 0x01, 0x02]);

type Perform = (link: SmscLink, state: SmscState, details: ActionDetails) => void;

const PERFORM: Readonly<Record<Action, Perform>> = {
  drop: (link) => link.drop(),
  reset: (link) => link.drop(true),
  'drop-mid-pdu': (link, state, details) => {
    const whole = mobileOriginated(link, state, details);
    link.writer.write(whole.subarray(0, Math.floor(whole.length / 2)));
    link.end();
  },
  unbind: (link, state) => {
    if (link.mode !== 'bound') return;
    link.request(state.now, { command: COMMAND.unbind });
    link.become('unbinding');
  },
  freeze: (link) => link.freeze(),
  thaw: (link) => link.thaw(),
  enquire: (link, state) => link.request(state.now, { command: COMMAND.enquire_link }),
  'generic-nack': (link, _state, { sequence }) =>
    link.send({ command: COMMAND.generic_nack, status: STATUS.ESME_RINVCMDLEN, sequence }),
  'unknown-command': (link, state) =>
    link.writer.write(header(HEADER_BYTES, UNKNOWN_COMMAND, link.awaiting.next(state.now))),
  'unknown-response': (link, _state, { sequence }) =>
    link.send({ command: COMMAND.submit_sm_resp, sequence: sequence || 0x7ffffff0, message_id: 'nobody-asked' }),
  'length-zero': (link) => link.writer.write(header(0, COMMAND.enquire_link, 1)),
  'length-four': (link) => link.writer.write(header(4, COMMAND.enquire_link, 1)),
  'length-fifteen': (link) => link.writer.write(header(15, COMMAND.enquire_link, 1)),
  'length-huge': (link) => link.writer.write(header(HUGE_LENGTH, COMMAND.deliver_sm, 1)),
  http: (link) => link.writer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'latin1')),
  'header-only': (link, state) => {
    link.writer.write(header(120, COMMAND.deliver_sm, link.awaiting.next(state.now)));
    link.writer.flush();
    link.mute();
  },
  'truncated-tlv': (link, state, details) => deliverWith(link, state, details, TRUNCATED_TLV),
  'mistyped-tlv': (link, state, details) => deliverWith(link, state, details, MISTYPED_TLV),
  'stray-nul': (link, state, details) => deliverWith(link, state, details, STRAY_NUL),
  'short-deliver': (link, state, details) => {
    const short = Buffer.from(mobileOriginated(link, state, details).subarray(0, HEADER_BYTES + 3));
    short.writeUInt32BE(short.length, 0);
    link.writer.write(short);
  },
  outbind: (link, state) =>
    link.request(state.now, {
      command: COMMAND.outbind,
      system_id: state.plan.behaviour.bind.systemId,
      password: '',
    }),
  'alert-notification': (link, state, { source, destination }) =>
    link.request(state.now, {
      command: COMMAND.alert_notification,
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: source,
      esme_addr_ton: 1,
      esme_addr_npi: 1,
      esme_addr: destination,
    }),
  'send-mo': (link, state, details) => link.writer.write(mobileOriginated(link, state, details)),
  'unknown-receipt': (link, state, details) => {
    const { messageId } = details;
    const text = state.plan.receiptText({
      id: messageId,
      state: 'delivered',
      submittedAtMs: state.now,
      doneAtMs: state.now,
      text: '',
    });
    const esmClass = ESM_CLASS.deliveryReceipt;
    link.writer.write(mobileOriginated(link, state, { ...details, text }, esmClass, messageId));
  },
};

/** Does one of the actions to a session that is open. */
export function perform(state: SmscState, link: SmscLink, action: Action, details: Partial<ActionDetails> = {}): void {
  if (link.mode === 'closed') return;
  state.record.happened(action);
  PERFORM[action](link, state, { ...DEFAULT_DETAILS, ...details });
}

/** Does what `session.schedule` has for this number of submissions. */
export function performScheduled(state: SmscState, link: SmscLink): void {
  for (const entry of state.plan.schedule) {
    const isDue = link.submits === entry.afterSubmits || (entry.repeat && link.submits % entry.afterSubmits === 0);
    if (!isDue || entry.left <= 0) continue;
    entry.left--;
    perform(state, link, entry.action);
  }
}

function header(length: number, command: number, sequence: number): Buffer {
  const octets = Buffer.alloc(HEADER_BYTES);
  octets.writeUInt32BE(length, 0);
  octets.writeUInt32BE(command, 4);
  octets.writeUInt32BE(sequence, 12);
  return octets;
}

function mobileOriginated(
  link: SmscLink,
  state: SmscState,
  details: ActionDetails,
  esmClass = 0,
  receiptedMessageId?: string,
): Buffer {
  return encodePdu({
    command: COMMAND.deliver_sm,
    sequence: link.awaiting.next(state.now),
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: details.source,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: details.destination,
    esm_class: esmClass,
    short_message: Buffer.from(details.text, 'latin1'),
    tlvs: receiptedMessageId === undefined ? {} : { receipted_message_id: receiptedMessageId },
  });
}

function deliverWith(link: SmscLink, state: SmscState, details: ActionDetails, tail: Buffer): void {
  const octets = Buffer.concat([mobileOriginated(link, state, details), tail]);
  octets.writeUInt32BE(octets.length, 0);
  link.writer.write(octets);
}
