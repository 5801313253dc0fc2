/**
 * Sorts the PDUs that a client session can receive: reads the hot ones (submit_sm_resp, deliver_sm, data_sm) and names
 * the rest. It answers nothing and knows no state; a PDU it cannot read is handed over as a PduError.
 */
import { COMMAND } from './constants.ts';
import { type Deliver, readDeliver } from './deliver.ts';
import { PduError } from './errors.ts';
import { HEADER_BYTES } from './frames.ts';
import { findNul, readLatin1, readU32 } from './octets.ts';
import { isResponse } from './pdu.ts';

/** Where each kind of PDU goes. */
export interface InboundSink {
  submitResponse: (sequence: number, status: number, messageId: string) => void;
  deliver: (deliver: Deliver) => void;
  badDeliver: (error: PduError) => void;
  enquiry: (sequence: number) => void;
  unbind: (sequence: number) => void;
  nack: (sequence: number, status: number) => void;
  /** Any other response, enquire_link_resp apart. */
  response: (command: number, sequence: number, status: number) => void;
  /** A PDU that wants no answer (SMPP 3.4 §4.12.1, §4.1.7). */
  notice: (kind: 'alert_notification' | 'outbind') => void;
  /** A request that is none of a client's. */
  unknown: (command: number, sequence: number) => void;
}

export function sortInbound(buf: Buffer, start: number, end: number, sink: InboundSink): void {
  const command = readU32(buf, start + 4);
  if (command === COMMAND.submit_sm_resp) {
    const at = start + HEADER_BYTES;
    // §4.4.2: no body with an error status; some send one, others send none with ESME_ROK.
    const messageId = end > at ? readLatin1(buf, at, findNul(buf, at, end)) : '';
    sink.submitResponse(readU32(buf, start + 12), readU32(buf, start + 8), messageId);
  } else if (command === COMMAND.deliver_sm || command === COMMAND.data_sm) {
    sortDeliver(buf, start, end, sink);
  } else {
    sortRare(command, readU32(buf, start + 12), readU32(buf, start + 8), sink);
  }
}

function sortDeliver(buf: Buffer, start: number, end: number, sink: InboundSink): void {
  let deliver: Deliver;
  try {
    deliver = readDeliver(buf, start, end);
  } catch (error) {
    if (!(error instanceof PduError)) throw error;
    sink.badDeliver(error);
    return;
  }
  sink.deliver(deliver);
}

function sortRare(command: number, sequence: number, status: number, sink: InboundSink): void {
  switch (command) {
    case COMMAND.enquire_link:
      sink.enquiry(sequence);
      return;
    case COMMAND.enquire_link_resp:
      return;
    case COMMAND.unbind:
      sink.unbind(sequence);
      return;
    case COMMAND.generic_nack:
      sink.nack(sequence, status);
      return;
    case COMMAND.alert_notification:
      sink.notice('alert_notification');
      return;
    case COMMAND.outbind:
      sink.notice('outbind');
      return;
    default:
      if (isResponse(command)) sink.response(command, sequence, status);
      else sink.unknown(command, sequence);
  }
}
