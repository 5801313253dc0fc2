/**
 * The order in which a telephone shows the characters of one line: the Unicode bidirectional algorithm (UAX #9) for texts
 * without embeddings, isolates or brackets, which is what wordings are. Written from the standard, and held against
 * another implementation (bidi-js 1.0) over every Arabic text of the 101 départements.
 */
type BidiType = 'L' | 'R' | 'AL' | 'EN' | 'AN' | 'ES' | 'ET' | 'CS' | 'WS' | 'ON';

const MARK = /[\u200e\u200f]/g;

/** Bidi_Class of the characters that texts have; all others are neutral. */
function typeOf(char: string): BidiType {
  if (char === '\u200e') return 'L';
  if (/[\u061b\u061f]|\p{Script=Arabic}/u.test(char) && char !== '\u060c') return 'AL';
  if (/\p{L}/u.test(char)) return 'L';
  if (/[0-9]/.test(char)) return 'EN';
  if (/[+-]/.test(char)) return 'ES';
  if (/[#%$€°]/.test(char)) return 'ET';
  if (/[,./:\u060c\u00a0]/.test(char)) return 'CS';
  return char === ' ' ? 'WS' : 'ON';
}

/** P2, P3: the direction of the first strong character. */
export function isShownRightToLeft(text: string): boolean {
  const first = [...text].map(typeOf).find((type) => ['L', 'R', 'AL'].includes(type));
  return first === 'AL' || first === 'R';
}

/** The line from left to right, as the eye sees it. */
export function shown(line: string): string {
  const chars = [...line];
  const base = isShownRightToLeft(line) ? 1 : 0;
  const types = neutralsResolved(weakResolved(chars.map(typeOf), base), base);
  // I1, I2.
  const levels = types.map((type) => {
    if (base === 1) return type === 'R' ? 1 : 2;
    return type === 'L' ? 0 : type === 'R' ? 1 : 2;
  });
  return reordered(chars, levels).join('').replace(MARK, '');
}

/** W2 to W7. */
function weakResolved(given: readonly BidiType[], base: 0 | 1): BidiType[] {
  const types = [...given];
  let strong: BidiType = base === 1 ? 'R' : 'L';
  for (const [i, type] of types.entries()) {
    if (type === 'L' || type === 'R' || type === 'AL') strong = type;
    if (type === 'EN' && strong === 'AL') types[i] = 'AN';
  }
  for (const [i, type] of types.entries()) if (type === 'AL') types[i] = 'R';
  for (const [i, type] of types.entries()) {
    const [before, after] = [types[i - 1], types[i + 1]];
    if (type === 'ES' && before === 'EN' && after === 'EN') types[i] = 'EN';
    if (type === 'CS' && before === after && (before === 'EN' || before === 'AN')) types[i] = before;
  }
  for (const step of [1, -1]) {
    const order = [...types.keys()];
    if (step === -1) order.reverse();
    for (const i of order) if (types[i] === 'ET' && types[i - step] === 'EN') types[i] = 'EN';
  }
  strong = base === 1 ? 'R' : 'L';
  for (const [i, type] of types.entries()) {
    if (type === 'ES' || type === 'ET' || type === 'CS') types[i] = 'ON';
    if (type === 'L' || type === 'R') strong = type;
    if (type === 'EN' && strong === 'L') types[i] = 'L';
  }
  return types;
}

/** N1, N2: numbers count as right-to-left. */
function neutralsResolved(given: readonly BidiType[], base: 0 | 1): BidiType[] {
  const embedding: BidiType = base === 1 ? 'R' : 'L';
  const isNeutral = (type: BidiType | undefined) => type === 'WS' || type === 'ON';
  const side = (type: BidiType | undefined): BidiType =>
    type === undefined ? embedding : type === 'EN' || type === 'AN' ? 'R' : type;
  const types = [...given];
  for (let from = 0; from < types.length; from += 1) {
    if (!isNeutral(types[from])) continue;
    let to = from;
    while (isNeutral(types[to])) to += 1;
    const [before, after] = [side(types[from - 1]), side(types[to])];
    types.fill(before === after ? before : embedding, from, to);
    from = to;
  }
  return types;
}

/** L2: from the highest level down, every run of that level or above is turned around. */
function reordered(chars: readonly string[], levels: readonly number[]): string[] {
  const order = chars.map((char, i) => ({ char, level: levels[i] ?? 0 }));
  for (let level = Math.max(...levels); level > 0; level -= 1) {
    for (let from = 0; from < order.length; from += 1) {
      if ((order[from]?.level ?? 0) < level) continue;
      let to = from;
      while ((order[to]?.level ?? 0) >= level) to += 1;
      order.splice(from, to - from, ...order.slice(from, to).reverse());
      from = to;
    }
  }
  return order.map(({ char }) => char);
}
