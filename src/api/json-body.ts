/** JSON as it comes from outside: UTF-8 only, and a fault says where the text breaks, which JSON.parse does not always do. */
import { TocsinError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Nothing that the API takes is deeper than ten. */
const DEEPEST = 32;

/** Throws `not_utf8`, `malformed_json`, `too_deep` or `lone_surrogate`, the last three with line and column. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  refuseDepth(text);
  const value = parse(text);
  const half = loneSurrogateAt(text);
  if (half === undefined) return value;
  throw new TocsinError('invalid', 'lone_surrogate', 'The body holds half a character', {
    faults: [{ at: placeOf(text, half), message: 'is half of a surrogate pair' }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const offset = jsonBreaksAt(text);
    const at = placeOf(text, offset);
    const message = offset >= text.length ? 'The JSON ends too early' : 'The JSON breaks here';
    throw new TocsinError('invalid', 'malformed_json', `The body is not valid JSON: it breaks at ${at}`, {
      faults: [{ at, message }],
    });
  }
}

/** Before it is parsed: what walks through a value afterwards may do so by recursion. One pass, whatever the text. */
function refuseDepth(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') isInString = !isInString;
    else if (isInString) at += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    if (depth <= DEEPEST) continue;
    throw new TocsinError('invalid', 'too_deep', `The body is nested deeper than ${DEEPEST}`, {
      faults: [{ at: placeOf(text, at), message: 'is nested too deep' }],
    });
  }
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|[^u])/g;
const ESCAPE_LENGTH = 6;

/**
 * The offset of an escape that stands for half a character: it has no UTF-8, so no record of ours could hold it (RFC 7493
 * §2.1). Only escapes can make one, since the text itself is UTF-8.
 */
function loneSurrogateAt(text: string): number | undefined {
  let high: number | undefined;
  for (const { index, 1: digits } of text.matchAll(ESCAPE)) {
    const unit = digits === undefined ? 0 : Number.parseInt(digits, 16);
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    const hasHigh = high !== undefined && index === high + ESCAPE_LENGTH;
    if (isLow !== hasHigh || (high !== undefined && !hasHigh)) return high ?? index;
    high = unit >= 0xd800 && unit <= 0xdbff ? index : undefined;
  }
  return high;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new TocsinError('invalid', 'not_utf8', 'The body is not valid UTF-8');
  }
}

const SPACE = /[ \t\n\r]*/y;
// RFC 8259 §7: what a string may hold as it is, or escaped.
const SCALAR =
  /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const STRING_START = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;

type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or ]' | ', or }' | 'end';

/** The offset of the first character that no JSON text can have there (RFC 8259 §2). Iterative: depth is the sender's choice. */
export function jsonBreaksAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let wanted: Wanted = 'value';
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  };
  const afterValue = (): Wanted => (open.length === 0 ? 'end' : open.at(-1) === '{' ? ', or }' : ', or ]');
  for (;;) {
    at += match(SPACE).length;
    const next = text[at];
    if (next === undefined) return at;
    if (
      (next === ']' && (wanted === 'value or ]' || wanted === ', or ]')) ||
      (next === '}' && (wanted === 'name or }' || wanted === ', or }'))
    ) {
      open.pop();
      at += 1;
      wanted = afterValue();
    } else if (next === ',' && (wanted === ', or ]' || wanted === ', or }')) {
      at += 1;
      wanted = wanted === ', or ]' ? 'value' : 'name';
    } else if (next === ':' && wanted === ':') {
      at += 1;
      wanted = 'value';
    } else if ((next === '{' || next === '[') && (wanted === 'value' || wanted === 'value or ]')) {
      open.push(next);
      at += 1;
      wanted = next === '{' ? 'name or }' : 'value or ]';
    } else {
      const isName: boolean = wanted === 'name' || wanted === 'name or }';
      const isValue: boolean = wanted === 'value' || wanted === 'value or ]';
      const scalar = (isName && next === '"') || isValue ? match(SCALAR) : '';
      // A string that is not closed, or holds a control character, breaks where it stops being one.
      if (scalar === '') return next === '"' && (isName || isValue) ? at + match(STRING_START).length : at;
      at += scalar.length;
      wanted = isName ? ':' : afterValue();
    }
  }
}
