/** The rows of docs/routes.md as the schema has them. */
import { z } from 'zod';
import { routeSchema } from '../../src/broadcasts/routes.ts';

interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
}

export interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly byDefault: string;
  readonly description: string;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'null') return '`null`';
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'table' : 'object';
  const { minimum, maximum } = schema;
  return minimum === undefined || maximum === undefined
    ? String(schema.type)
    : `${schema.type}, ${minimum} to ${maximum}`;
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required';
  const own = schema.type === 'object' && schema.properties !== undefined;
  return schema.default === undefined || own ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function rows(schema: JsonSchema, before = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${before}${name}`;
    const byDefault = defaultOf(field, schema.required?.includes(name) ?? false);
    const row = { path, type: typeOf(field), byDefault, description: field.description ?? '' };
    return [row, ...rows(field, `${path}.`)];
  });
}

/** One row for each field of a route, nested ones by their path. */
export const routeFields = (): FieldRow[] => rows(z.toJSONSchema(routeSchema, { io: 'input' }) as JsonSchema);

export const rowText = ({ path, type, byDefault, description }: FieldRow): string =>
  `| \`${path}\` | ${type} | ${byDefault} | ${description} |`;
