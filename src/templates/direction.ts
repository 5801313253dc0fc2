/**
 * Keeps what is written from left to right in one piece inside a text that runs from right to left. Uses the left-to-right
 * mark alone: unlike the isolates, telephones of any age know it, and it can turn no word around (Unicode UAX #9).
 */

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
const MARK = '\u200e';

export function isRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/**
 * The value between two marks, where it needs them: several numbers with signs between them, a plus, or punctuation at
 * an end would change places. Names and a number alone stand as they are: each mark costs a unit of 70.
 */
export function leftToRight(value: string): string {
  if (value === '' || isRightToLeft(value) || /^\d+$/.test(value) || /^\p{L}[^\d]*\p{L}$/u.test(value)) return value;
  return `${MARK}${value}${MARK}`;
}
