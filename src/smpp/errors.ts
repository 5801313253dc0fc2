/**
 * The errors of the wire, cut by what the caller must do: FrameError closes the session, PduError is answered and
 * the session goes on, BindError leaves the route unbound. None of them carries an address or a text.
 */
import { TocsinError } from '../errors.ts';
import { commandName, statusName } from './constants.ts';

/** The byte stream is no SMPP any more, or never was: close the session. */
export class FrameError extends TocsinError {
  readonly commandLength: number;

  constructor(commandLength: number, maxPduBytes: number) {
    super(
      'invalid',
      'smpp_command_length',
      `command_length ${commandLength} is outside 16 to ${maxPduBytes}: the stream cannot be cut into PDUs`,
    );
    this.name = 'FrameError';
    this.commandLength = commandLength;
  }
}

/** One PDU is not usable: answer it with `status` (a response of its kind, or generic_nack) and go on. */
export class PduError extends TocsinError {
  readonly command: number;
  readonly sequence: number;
  readonly status: number;

  constructor(command: number, sequence: number, status: number, reason: string) {
    super('invalid', 'smpp_pdu', `${commandName(command)}: ${reason}`);
    this.name = 'PduError';
    this.command = command;
    this.sequence = sequence;
    this.status = status;
  }
}

export type BindFailure = 'refused' | 'timeout' | 'closed';

/** The bind did not succeed; `status` is the SMSC's answer where it gave one. */
export class BindError extends TocsinError {
  readonly failure: BindFailure;
  readonly status: number | undefined;

  constructor(failure: BindFailure, status?: number) {
    super(
      'unavailable',
      `smpp_bind_${failure}`,
      status === undefined ? `bind ${failure}` : `bind refused with ${statusName(status)}`,
    );
    this.name = 'BindError';
    this.failure = failure;
    this.status = status;
  }
}

export function notBound(): TocsinError {
  return new TocsinError('unavailable', 'smpp_not_bound', 'the session is not bound');
}
