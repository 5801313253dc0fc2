/**
 * Splits a wording's file into YAML front matter and text. Owns the line numbers that findings name; refuses YAML
 * aliases, since a file that people edit by hand needs none and a bomb is made of them.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Fault } from '../errors.ts';

/** A field's value with the line it stands on is what a reader can mend; so faults are made here. */
export interface Fields<T> {
  readonly value?: T;
  readonly faults: readonly Fault[];
}

export interface SplitFile {
  readonly yaml: string;
  /** Line of the file on which the YAML begins, 1-based. */
  readonly yamlLine: number;
  readonly text: string;
  readonly textLine: number;
}

const FENCE = '---';

/** `---`, YAML, `---`, text. Undefined when the fences are not there. */
export function splitFrontMatter(file: string): SplitFile | undefined {
  const lines = file
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .split('\n');
  const end = lines.indexOf(FENCE, 1);
  if (lines[0]?.trim() !== FENCE || end === -1) return undefined;
  let start = end + 1;
  while (start < lines.length && lines[start]?.trim() === '') start += 1;
  return {
    yaml: lines.slice(1, end).join('\n'),
    yamlLine: 2,
    text: lines.slice(start).join('\n').trimEnd(),
    textLine: start + 1,
  };
}

/** Reads YAML by a schema; each fault is at `file:line`. */
export function readYaml<T>(schema: z.ZodType<T>, yaml: string, file: string, firstLine = 1): Fields<T> {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false });
  const place = (offset: number) => `${file}:${lineCounter.linePos(offset).line + firstLine - 1}`;
  if (document.errors.length > 0) {
    return { faults: document.errors.map((error) => ({ at: place(error.pos[0]), message: error.message })) };
  }
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 });
  } catch {
    return { faults: [{ at: `${file}:${firstLine}`, message: 'YAML aliases are not allowed' }] };
  }
  const parsed = schema.safeParse(raw ?? {});
  if (parsed.success) return { value: parsed.data, faults: [] };
  const faults = parsed.error.issues.map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...issue.path, ...keys.slice(0, 1)];
    const name = path.map(String).join('.');
    return { at: place(offsetOf(document, path)), message: name === '' ? issue.message : `${name}: ${issue.message}` };
  });
  return { faults };
}

/** Where a field's value is, or the nearest one around it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}
