/**
 * The state of a session: one value, changed in one place, by a literal table of what may follow what.
 */
import { TocsinError } from '../errors.ts';

export type SessionState = 'open' | 'binding' | 'bound' | 'unbinding' | 'closed';

/** SMPP 3.4 §2.2; `unbinding` reads what is outstanding and sends no more requests. */
export const SESSION_CHANGES: Readonly<Record<SessionState, readonly SessionState[]>> = {
  open: ['binding', 'closed'],
  binding: ['bound', 'closed'],
  bound: ['unbinding', 'closed'],
  unbinding: ['closed'],
  closed: [],
};

export type ChangeReason =
  | 'bind_sent'
  | 'bind_accepted'
  | 'bind_refused'
  | 'bind_timeout'
  | 'unbind_asked'
  | 'unbound'
  | 'unbind_timeout'
  | 'unbound_by_peer'
  | 'peer_closed'
  | 'transport_error'
  | 'bad_frame'
  | 'pdu_timeout'
  | 'half_open'
  | 'destroyed';

export interface StateChange {
  from: SessionState;
  to: SessionState;
  reason: ChangeReason;
}

export class SessionLife {
  #state: SessionState = 'open';
  readonly #onChange: (change: StateChange) => void;

  constructor(onChange: (change: StateChange) => void) {
    this.#onChange = onChange;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Goes to another state and tells of it; throws where the table has no such change. */
  change(to: SessionState, reason: ChangeReason): void {
    const from = this.#state;
    if (!SESSION_CHANGES[from].includes(to)) {
      throw new TocsinError('conflict', 'smpp_session_state', `a session does not go from ${from} to ${to}`);
    }
    this.#state = to;
    this.#onChange({ from, to, reason });
  }
}
