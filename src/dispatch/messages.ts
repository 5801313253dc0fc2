/**
 * Messages of subscribers (mobile-originated): kept as replies, and answered when they are durable. While the store is
 * down, or they come too fast for it, the SMSC is asked to send them again. Nothing of them goes into a log.
 */
import type { Reply } from '../broadcasts/replies.ts';
import type { Route } from '../broadcasts/routes.ts';
import { ESM_CLASS, STATUS } from '../smpp/constants.ts';
import type { Deliver } from '../smpp/deliver.ts';
import type { Session } from '../smpp/session.ts';
import { decodeGsm7Unpacked } from '../sms/gsm7.ts';

export interface MessagesDeps {
  readonly route: Pick<Route, 'alphabet'>;
  /** Resolves when the reply is durable. */
  readonly keep: (reply: Reply) => Promise<void>;
  readonly onStoreFault: (error: Error) => void;
  readonly now: () => number;
}

/** Replies on their way to the store: more wait at the SMSC. */
const MOST_AT_ONCE = 1_000;
/** Characters of a reply that are kept: ten segments of a long message. */
const LONGEST = 1_600;

const UCS2 = 8;
const DEFAULT_ALPHABET = 0;

export class Messages {
  readonly #deps: MessagesDeps;
  #underWay = 0;

  constructor(deps: MessagesDeps) {
    this.#deps = deps;
  }

  take(session: Session<number>, deliver: Deliver): void {
    const { sequence, command } = deliver;
    const answer = (status: number) => session.respond(sequence, status, command);
    const msisdn = deliver.source.replace(/^\+/, '');
    if (!/^\d{1,15}$/.test(msisdn)) {
      // A service, not a subscriber: there is nobody whose reply it could be.
      answer(STATUS.ESME_ROK);
      return;
    }
    if (this.#underWay >= MOST_AT_ONCE) {
      answer(STATUS.ESME_RX_T_APPN);
      return;
    }
    this.#underWay += 1;
    const { keep, now, onStoreFault } = this.#deps;
    const text = this.#textOf(deliver).slice(0, LONGEST);
    keep({ at: new Date(now()).toISOString(), msisdn, text })
      .then(
        () => answer(STATUS.ESME_ROK),
        (error: Error) => {
          onStoreFault(error);
          answer(STATUS.ESME_RX_T_APPN);
        },
      )
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  #textOf({ text, esmClass, dataCoding }: Deliver): string {
    const hasHeader = (esmClass & ESM_CLASS.udhi) !== 0 && text.length > 0;
    const body = hasHeader ? text.subarray(1 + text[0]!) : text;
    if (dataCoding === UCS2) {
      const whole = Buffer.from(body.subarray(0, body.length - (body.length % 2)));
      return whole.swap16().toString('utf16le');
    }
    const { alphabet } = this.#deps.route;
    const isSeptets = dataCoding === DEFAULT_ALPHABET && alphabet !== 'latin1' && alphabet !== 'ascii';
    // Whatever it is that claims to be a text, something readable is kept of it.
    return isSeptets && body.every((octet) => octet < 0x80) ? decodeGsm7Unpacked(body) : body.toString('latin1');
  }
}
