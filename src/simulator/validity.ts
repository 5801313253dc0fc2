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

/** When the message lapses, in milliseconds since the epoch, or Infinity. */
export function validUntil(text: string, nowMs: number): number {
  const match = SHAPE.exec(text);
  if (match === null) return Number.POSITIVE_INFINITY;
  const [year, month, day, hour, minute, second, tenth, quarters] = match.slice(1, 9).map(Number) as [...Eight<number>];
  if (match[9] === 'R') {
    const rest = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
    return nowMs + year * YEAR_MS + month * MONTH_MS + day * DAY_MS + rest;
  }
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second, tenth * 100);
  return local + (match[9] === '-' ? quarters : -quarters) * QUARTER_HOUR_MS;
}

type Eight<T> = [T, T, T, T, T, T, T, T];
