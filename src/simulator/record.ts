/**
 * What the simulator received and did, as counts: the truth that tests and the demo hold against a client's own books.
 * It owns counters, texts and who got what; it never decides anything.
 */
import { commandName, statusName } from '../smpp/constants.ts';
import type { SubmittedPart } from './concatenation.ts';
import { SeenTable } from './seen-table.ts';
import { SenderRegister } from './sender-register.ts';
import { SlidingSecond } from './sliding-second.ts';
import { TextRegister } from './text-register.ts';

const ESC = 0x1b;

/** Receipts by what became of them; `unanswered` ones were given up after all retries. */
const RECEIPT_COUNTS = {
  sent: 0,
  acknowledged: 0,
  nackedTemporary: 0,
  nackedPermanent: 0,
  resent: 0,
  repeated: 0,
  unknownIds: 0,
  unknownAcknowledged: 0,
  malformed: 0,
  unanswered: 0,
};

export class SimulatorRecord {
  submits = 0;
  accepted = 0;
  throttled = 0;
  /** Accepted parts that had come to their destination before, and so are copies. */
  repeatedParts = 0;
  /** Parts that end in half an extension character (ESC without its second septet). */
  brokenPairs = 0;
  /** Accepted submissions that were never answered, or answered late, on purpose. */
  responsesLost = 0;
  responsesLate = 0;
  cancelled = 0;
  /** Those cancel_sm that were passed over in silence, on purpose. */
  cancelsUnheard = 0;
  highestSequence = 0;
  /** Milliseconds since the epoch, with fractions; 0 before the first. */
  firstSubmitAt = 0;
  lastSubmitAt = 0;
  /** The longest that the SMSC itself stood still since the first submission: what came then was taken later, in a bunch. */
  longestPauseMs = 0;
  receipts = { ...RECEIPT_COUNTS };
  readonly texts = new TextRegister();
  readonly seen = new SeenTable();
  readonly senders = new SenderRegister();

  #submitsPerSecond = new SlidingSecond();
  #acceptedPerSecond = new SlidingSecond();
  readonly #refused = new Map<number, number>();
  readonly #binds = new Map<number, number>();
  readonly #received = new Map<number, number>();
  readonly #finals = new Map<string, number>();
  readonly #events = new Map<string, number>();

  submitted(nowMs: number, sequence: number): void {
    if (this.submits++ === 0) this.firstSubmitAt = nowMs;
    this.lastSubmitAt = nowMs;
    if (sequence > this.highestSequence) this.highestSequence = sequence;
    this.#submitsPerSecond.add(nowMs, 1);
  }

  /** The SMSC's clock ticks, later than it should. */
  ticked(lateMs: number): void {
    if (this.submits > 0 && lateMs > this.longestPauseMs) this.longestPauseMs = lateMs;
  }

  /** Counts an accepted submission; returns the content hash of its text. */
  took(nowMs: number, sender: number, destination: number, part: SubmittedPart): number {
    this.accepted++;
    this.senders.count(sender);
    this.#acceptedPerSecond.add(nowMs, 1);
    const content = this.texts.note(part, nowMs);
    if (this.seen.add(destination, content) > 1) this.repeatedParts++;
    if (part.dataCoding === 0 && part.end > part.start && part.buf[part.end - 1] === ESC) this.brokenPairs++;
    return content;
  }

  refused(status: number): void {
    count(this.#refused, status);
  }

  bound(status: number): void {
    count(this.#binds, status);
  }

  /** A PDU other than submit_sm and the answers to receipts. */
  received(command: number): void {
    count(this.#received, command);
  }

  /** The final state of a message was sent for the first time. */
  final(state: string): void {
    count(this.#finals, state);
  }

  /** What happened to sessions: `drop`, `unbind`, `frame error`. */
  happened(event: string): void {
    count(this.#events, event);
  }

  snapshot() {
    const seconds = (this.lastSubmitAt - this.firstSubmitAt) / 1000;
    return {
      submits: this.submits,
      accepted: this.accepted,
      throttled: this.throttled,
      refused: named(this.#refused, statusName),
      recipients: this.seen.recipients,
      duplicates: this.seen.duplicates,
      repeatedParts: this.repeatedParts,
      brokenPairs: this.brokenPairs,
      cancelled: this.cancelled,
      cancelsUnheard: this.cancelsUnheard,
      responsesLost: this.responsesLost,
      responsesLate: this.responsesLate,
      receipts: { ...this.receipts, byState: Object.fromEntries(this.#finals) },
      firstSubmitAt: this.firstSubmitAt || null,
      lastSubmitAt: this.lastSubmitAt || null,
      maxSubmitsInSlidingSecond: this.#submitsPerSecond.peak,
      maxInSlidingSecond: this.#acceptedPerSecond.peak,
      meanPerSecond: seconds > 0 ? (this.accepted - 1) / seconds : 0,
      highestSequence: this.highestSequence,
      longestPauseMs: this.longestPauseMs,
      binds: named(this.#binds, statusName),
      received: named(this.#received, commandName),
      events: Object.fromEntries(this.#events),
      sources: this.senders.counts(),
      textOverflow: this.texts.overflow,
    };
  }

  clear(): void {
    this.submits = this.accepted = this.throttled = this.repeatedParts = this.brokenPairs = 0;
    this.responsesLost = this.responsesLate = this.cancelled = this.cancelsUnheard = this.highestSequence = 0;
    this.firstSubmitAt = this.lastSubmitAt = this.longestPauseMs = 0;
    this.receipts = { ...RECEIPT_COUNTS };
    this.texts.clear();
    this.seen.clear();
    this.senders.clear();
    this.#submitsPerSecond = new SlidingSecond();
    this.#acceptedPerSecond = new SlidingSecond();
    for (const map of [this.#refused, this.#binds, this.#received, this.#finals, this.#events]) map.clear();
  }
}

export type RecordSnapshot = ReturnType<SimulatorRecord['snapshot']>;

function count<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function named(map: Map<number, number>, name: (key: number) => string): Record<string, number> {
  return Object.fromEntries([...map].map(([key, value]) => [name(key), value]));
}
