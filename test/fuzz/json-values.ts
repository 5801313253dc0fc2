/** JSON for a schema of the OpenAPI document: mostly what it asks for, and then something that it does not. */
import type { Random } from './random.ts';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Strings that some field of the API takes, or that some programs stumble over. */
const WORDS: readonly string[] = [
  '15',
  '18',
  '112',
  '22',
  '35',
  '2A',
  '*',
  'fr',
  'en',
  'exercise',
  'emergency-numbers-hard-to-reach',
  'restored-keep-alternative',
  '02 61 91 00 35',
  '+33261910035',
  '33639980001',
  'a,b,2026-06-02T15:00:00-00:00',
  'Le 15 est injoignable',
  '0'.repeat(64),
];

const TIMES: readonly string[] = [
  '2099-01-01T00:00:00Z',
  '2026-06-02T18:00:00+02:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999+14:00',
  '2026-02-30T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
];

const ODD_STRINGS: readonly string[] = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e',
  '\ufeff',
  'é'.repeat(300),
  'x'.repeat(5_000),
  '😀',
  '__proto__',
  'constructor',
  'null',
  '../../etc/passwd',
  '%00',
  '{rec}',
  "'; --",
  '-1',
  '1e400',
  'NaN',
];

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [[[[]]]],
  Array.from({ length: 300 }, (_, i) => i),
];

/** Strings that earlier replies held, by the name of the field or parameter that takes them. */
export type Known = ReadonlyMap<string, readonly string[]>;

/** A value that fits the schema, as far as it can be told. */
export function jsonOf(random: Random, schema: Schema, known: Known, name = '', depth = 0): unknown {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined && options.length > 0) return jsonOf(random, random.pick(options), known, name, depth);
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((part) => jsonOf(random, part, known, name, depth) as object));
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  const type = typeof schema.type === 'string' ? schema.type : random.pick(schema.type ?? ['string']);
  if (type === 'object') return objectOf(random, schema, known, depth);
  if (type === 'array') {
    const most = Math.min(schema.maxItems ?? 4, 4);
    const length = Math.max(schema.minItems ?? 0, random.below(most + 1));
    return Array.from({ length }, () => jsonOf(random, schema.items ?? {}, known, name, depth + 1));
  }
  if (type === 'boolean') return random.chance(0.5);
  if (type === 'null') return null;
  if (type === 'integer' || type === 'number') return numberOf(random, schema);
  return stringOf(random, schema, known.get(name) ?? []);
}

function objectOf(random: Random, schema: Schema, known: Known, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isNeeded = schema.required?.includes(name) ?? false;
    if (isNeeded || (depth < 5 && random.chance(0.5))) object[name] = jsonOf(random, property, known, name, depth + 1);
  }
  if (typeof schema.additionalProperties === 'object' && random.chance(0.5)) {
    object[random.pick(WORDS)] = jsonOf(random, schema.additionalProperties, known, '', depth + 1);
  }
  return object;
}

function numberOf(random: Random, { minimum = 0, maximum = 1_000, type }: Schema): number {
  const value = minimum + random.below(Math.min(maximum - minimum, 100_000) + 1);
  return type === 'integer' ? value : value + 0.5;
}

function stringOf(random: Random, schema: Schema, known: readonly string[]): string {
  if (schema.format === 'date-time') return random.pick(TIMES);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  const expression = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  const candidates = random.chance(0.85) && known.length > 0 ? known : WORDS;
  const fits = (text: string) =>
    text.length >= minLength && text.length <= maxLength && (expression?.test(text) ?? true);
  for (let tries = 0; tries < 20; tries += 1) {
    const text = random.pick(candidates);
    if (fits(text)) return text;
  }
  return [...candidates, ...WORDS].find(fits) ?? random.pick(WORDS);
}

export const oddString = (random: Random): string => random.pick(ODD_STRINGS);

/** The value with something wrong somewhere inside. */
export function twisted(random: Random, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || random.chance(0.1)) return oddValue(random);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.3)) return [...value, oddValue(random)];
    const at = random.below(value.length);
    return value.map((item, i) => (i === at ? twisted(random, item) : item));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(0.2)) return withField(value, oddString(random), oddValue(random));
  const [name, inner] = random.pick(entries);
  if (random.chance(0.2)) return Object.fromEntries(entries.filter(([other]) => other !== name));
  return withField(value, name, twisted(random, inner));
}

/** Also under names such as `__proto__`, which an assignment would take for something else. */
const withField = (value: object, name: string, inner: unknown): object =>
  Object.fromEntries([...Object.entries(value), [name, inner]]);

function oddValue(random: Random): unknown {
  return random.chance(0.5) ? oddString(random) : random.pick(ODD_VALUES);
}
