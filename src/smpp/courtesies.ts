/**
 * The answers that a session owes whatever its state, and the anomalies that go with them: enquire_link, unknown
 * commands, PDUs and streams that cannot be read. It keeps nothing.
 */
import { COMMAND, STATUS } from './constants.ts';
import type { FrameError } from './errors.ts';
import type { InboundSink } from './inbound.ts';
import type { PduWriter } from './pdu-writer.ts';
import type { Anomaly } from './session-events.ts';

type Courtesies = Pick<InboundSink, 'enquiry' | 'unknown' | 'badDeliver' | 'notice'> & {
  badFrame: (error: FrameError) => void;
};

export function courtesies(writer: PduWriter, onAnomaly: (anomaly: Anomaly) => void): Courtesies {
  return {
    // SMPP 3.4 §4.11: by either side, at any time; before the bind too.
    enquiry: (sequence) => writer.writeBare(COMMAND.enquire_link_resp, STATUS.ESME_ROK, sequence),
    unknown: (command, sequence) => {
      writer.writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDID, sequence);
      onAnomaly({ kind: 'unknown_command', command, sequence });
    },
    badDeliver: (error) => {
      writer.writeDeliverResp(error.command, error.status, error.sequence);
      onAnomaly({ kind: 'bad_pdu', error });
    },
    notice: (kind) => onAnomaly({ kind }),
    badFrame: (error) => {
      // There is no sequence number to be trusted: §4.3.1 says 0.
      writer.writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDLEN, 0);
      onAnomaly({ kind: 'bad_frame', error });
    },
  };
}
