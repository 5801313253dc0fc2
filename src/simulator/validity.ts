/** Reads validity_period (SMPP 3.4 §7.1.1): absolute or relative, sixteen characters. What it cannot read has no end. */

const SHAPE = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+\-R])$/;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** §7.1.1.2 counts calendar months and years; a simulator need not. */
const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;
const QUARTER_HOUR_MS = 15 * MINUTE_MS;

/** A moment, in milliseconds since the epoch, or a time from when the message is accepted. */
interface Validity {
  readonly ms: number;
  readonly isRelative: boolean;
}

const ENDLESS: Validity = { ms: Number.POSITIVE_INFINITY, isRelative: false };

/** The last one is kept: the messages of a campaign say the same, and reading it costs more than all else about one. */
export class ValidityReader {
  #text = '';
  #validity = ENDLESS;

  /** When a message that is accepted now lapses, in milliseconds since the epoch, or Infinity. */
  until(text: string, nowMs: number): number {
    if (text !== this.#text) {
      this.#text = text;
      this.#validity = read(text);
    }
    const { ms, isRelative } = this.#validity;
    return isRelative ? nowMs + ms : ms;
  }
}

function read(text: string): Validity {
  const match = SHAPE.exec(text);
  if (match === null) return ENDLESS;
  const [year, month, day, hour, minute, second, tenth, quarters] = match.slice(1, 9).map(Number) as [...Eight<number>];
  if (match[9] === 'R') {
    const time = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
    return { ms: year * YEAR_MS + month * MONTH_MS + day * DAY_MS + time, isRelative: true };
  }
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second, tenth * 100);
  return { ms: local + (match[9] === '-' ? quarters : -quarters) * QUARTER_HOUR_MS, isRelative: false };
}

type Eight<T> = [T, T, T, T, T, T, T, T];
