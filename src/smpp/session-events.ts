/**
 * What a session tells its owner: the handlers it calls and what it calls them with. No behaviour.
 */
import type { Deliver } from './deliver.ts';
import type { FrameError, PduError } from './errors.ts';
import type { ChangeReason, StateChange } from './session-life.ts';

/** Things out of the ordinary that do not end the session by themselves. */
export type Anomaly =
  | { kind: 'unknown_command'; command: number; sequence: number }
  | { kind: 'unexpected_response'; command: number; sequence: number; status: number }
  | { kind: 'nack'; sequence: number; status: number }
  | { kind: 'bad_pdu'; error: PduError }
  | { kind: 'bad_frame'; error: FrameError }
  | { kind: 'not_bound'; command: number; sequence: number }
  | { kind: 'alert_notification' }
  | { kind: 'outbind' };

/** Called synchronously while a chunk is read, or from the session's timer; they must not throw. */
export interface SessionHandlers<Ref> {
  /** A submit_sm_resp, or a generic_nack in its place. An empty id with ESME_ROK: sent, but untraceable. */
  onResponse: (ref: Ref, status: number, messageId: string) => void;
  /** A response after the expiry of its place: there is nothing to release. */
  onLateResponse: (ref: Ref, status: number, messageId: string) => void;
  /** No response in time; the place is free already. */
  onExpired: (ref: Ref) => void;
  /** A deliver_sm or data_sm; the owner owes it a `respond`. */
  onDeliver: (deliver: Deliver) => void;
  onChunkEnd?: () => void;
  /** The transport takes more again after `writable` was false. */
  onDrain?: () => void;
  onState?: (change: StateChange) => void;
  onAnomaly?: (anomaly: Anomaly) => void;
  /** The last call of all. `inFlight`: submissions written and never answered, oldest first. */
  onClosed: (end: { reason: ChangeReason; inFlight: Ref[] }) => void;
}
