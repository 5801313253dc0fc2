/** What a message in ICU MessageFormat refers to, and what in it would not mean what its author thinks. */
import { IntlMessageFormat } from 'intl-messageformat';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

/** Element types of the parser (its enum is not exported by intl-messageformat). */
const TYPE = { literal: 0, argument: 1, number: 2, date: 3, time: 4, select: 5, plural: 6, pound: 7 } as const;

/** Something in a message; `offset` is a UTF-16 index in it. */
interface Located {
  readonly message: string;
  readonly offset: number;
}

export interface Parsed {
  /** Every placeholder with the place of its first use. */
  readonly placeholders: ReadonlyMap<string, number>;
  readonly faults: readonly Located[];
}

export function parseMessage(text: string, language: string): Parsed {
  let ast: readonly Element[];
  try {
    ast = new IntlMessageFormat(text, language, undefined, { ignoreTag: true, captureLocation: true }).getAst();
  } catch (error) {
    const { message, location } = error as Error & { location?: { start: { offset: number } } };
    const fault = { message: `is no ICU MessageFormat: ${message}`, offset: location?.start.offset ?? 0 };
    return { placeholders: new Map(), faults: [fault] };
  }
  const placeholders = new Map<string, number>();
  const faults: Located[] = [];
  collect(ast, placeholders, faults);
  return { placeholders, faults };
}

function collect(elements: readonly Element[], placeholders: Map<string, number>, faults: Located[]): void {
  for (const element of elements) {
    const offset = element.location?.start.offset ?? 0;
    if (element.type === TYPE.literal) {
      // ICU reads an apostrophe before a brace as a quote: `d'{region}` would print the brace.
      if (/[{}]/.test(element.value)) {
        faults.push({ message: "an apostrophe before { quotes it: write '' (twice) or \u2019", offset });
      }
      continue;
    }
    if (element.type === TYPE.pound) continue;
    if (element.type === TYPE.number || element.type === TYPE.date || element.type === TYPE.time) {
      // Their output carries no-break spaces and the server's zone.
      faults.push({ message: `{${element.value}} must have no format: Tocsin formats times and numbers`, offset });
    }
    if (!placeholders.has(element.value)) placeholders.set(element.value, offset);
    if (element.type === TYPE.select || element.type === TYPE.plural) {
      for (const option of Object.values(element.options)) collect(option.value, placeholders, faults);
    }
  }
}
