/**
 * Reads the wordings: `templates/<id>/template.yaml` says what the template is, `templates/<id>/<language>.txt` words it.
 * Refuses, with file and line, whatever could not be rendered in the hour it is needed; style is for lint.ts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import { findPhoneNumbers } from '../sms/phone-in-text.ts';
import { readYaml, splitFrontMatter } from './front-matter.ts';
import { parseMessage } from './placeholders.ts';
import { BUILT_IN_PLACEHOLDERS, compiled, FALLBACK_LANGUAGE, type Template, type Wording } from './template.ts';

const TEMPLATE_FILE = 'template.yaml';
const WORDING_FILE = /^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\.txt$/;
const TEMPLATE_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const line = (max: number) => z.string().trim().min(1).max(max);

const TemplateFields = z.strictObject({
  title: line(200),
  event: line(100),
  event_code: z.string().regex(/^OET-\d{3}$/, 'must be a code of the OASIS event terms, such as OET-074'),
  category: z.literal('Infra'),
  numbers: z.enum(['required', 'none']),
  max_segments: z.int().min(1).max(8).default(4),
  parameters: z
    .record(
      z.string().regex(/^[a-z][a-z_]{0,30}$/, 'must be a name in small letters'),
      z.strictObject({
        kind: z.enum(['text', 'moment']).default('text'),
        description: line(300),
        required: z.boolean().default(true),
        max_length: z.int().min(1).max(200).default(60),
      }),
    )
    .default({}),
});

const WordingFields = z.strictObject({
  language: z.string(),
  title: line(160),
  source: line(40),
  guidance: line(60),
  moment: z
    .string()
    .regex(/\{hour\}.*\{minute\}/, 'must have {hour} and {minute}')
    .regex(/\{day\}.*\{month\}|\{month\}.*\{day\}/, 'must have {day} and {month}'),
  alphabet: z.enum(['gsm7', 'ucs2']).default('gsm7'),
  prefix_exercise: line(20),
  prefix_test: line(20),
  reviewed_by: line(100).nullish(),
  reviewed_at: z.iso.date().nullish(),
});

export class Templates {
  readonly #byId: ReadonlyMap<string, Template>;

  private constructor(byId: ReadonlyMap<string, Template>) {
    this.#byId = byId;
  }

  /** Throws `invalid/invalid_templates` with every fault of every file. */
  static async load(folder: string | URL): Promise<Templates> {
    const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
    const faults: Fault[] = [];
    const byId = new Map<string, Template>();
    const entries = await readdir(root, { withFileTypes: true }).catch((error: Error) => {
      faults.push({ at: root, message: `cannot be read: ${error.message}` });
      refuseFaults('invalid_templates', 'The templates have faults', faults);
      return [];
    });
    const ids = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    for (const id of ids.sort()) {
      const template = await loadTemplate(root, id, faults);
      if (template) byId.set(id, template);
    }
    if (ids.length === 0) faults.push({ at: root, message: 'holds no template' });
    refuseFaults('invalid_templates', 'The templates have faults', faults);
    return new Templates(byId);
  }

  list(): Template[] {
    return [...this.#byId.values()];
  }

  find(id: string): Template | undefined {
    return this.#byId.get(id);
  }

  /** Throws `not-found/unknown_template`. */
  get(id: string): Template {
    const template = this.#byId.get(id);
    if (template) return template;
    throw new TocsinError('not-found', 'unknown_template', `There is no template "${id}"`);
  }
}

async function loadTemplate(root: string, id: string, faults: Fault[]): Promise<Template | undefined> {
  const names = (await readdir(join(root, id))).sort();
  const file = `${id}/${TEMPLATE_FILE}`;
  if (!TEMPLATE_ID.test(id)) faults.push({ at: id, message: 'the folder must be named in small letters and hyphens' });
  if (!names.includes(TEMPLATE_FILE)) {
    faults.push({ at: file, message: 'is missing' });
    return undefined;
  }
  const fields = readYaml(TemplateFields, await readFile(join(root, file), 'utf8'), file);
  faults.push(...fields.faults);
  if (!fields.value) return undefined;

  const { event_code: eventCode, max_segments: maxSegments, parameters, ...rest } = fields.value;
  const specs = Object.entries(parameters).map(([name, { max_length: maxLength, ...spec }]) => ({
    name,
    maxLength,
    ...spec,
  }));
  const known = new Set<string>([...BUILT_IN_PLACEHOLDERS, ...specs.map((spec) => spec.name)]);
  for (const { name } of specs.filter((spec) => BUILT_IN_PLACEHOLDERS.some((taken) => taken === spec.name))) {
    faults.push({ at: file, message: `${name}: is a name that Tocsin fills in itself` });
  }

  const wordings: Record<string, Wording> = {};
  for (const name of names.filter((candidate) => candidate !== TEMPLATE_FILE)) {
    const at = `${id}/${name}`;
    const language = WORDING_FILE.exec(name)?.[1];
    if (language === undefined) {
      faults.push({ at, message: `must be ${TEMPLATE_FILE} or a language's .txt` });
      continue;
    }
    const wording = readWording(await readFile(join(root, at), 'utf8'), at, language, known, faults);
    if (wording) wordings[language] = wording;
  }
  const fallback = `${id}/${FALLBACK_LANGUAGE}.txt`;
  if (!names.includes(`${FALLBACK_LANGUAGE}.txt`)) faults.push({ at: fallback, message: 'is missing' });
  return { id, eventCode, maxSegments, parameters: specs, wordings, ...rest };
}

function readWording(
  content: string,
  file: string,
  language: string,
  known: ReadonlySet<string>,
  faults: Fault[],
): Wording | undefined {
  const split = splitFrontMatter(content);
  if (!split) {
    faults.push({ at: `${file}:1`, message: 'must begin with front matter between two lines of ---' });
    return undefined;
  }
  const fields = readYaml(WordingFields, split.yaml, file, split.yamlLine);
  faults.push(...fields.faults);
  const lineAt = (offset: number) => split.textLine + split.text.slice(0, offset).split('\n').length - 1;
  const parsed = parseMessage(split.text, language);
  const unknown = [...parsed.placeholders]
    .filter(([name]) => !known.has(name))
    .map(([name, offset]) => ({ message: `{${name}} is neither a parameter nor filled in by Tocsin`, offset }));
  // R1: a number in a wording would reach every region, whatever the directory says.
  const numbers = findPhoneNumbers(split.text).map(({ at }) => ({
    message: 'has a phone number: numbers come from the directory only, by {numbers}',
    offset: at,
  }));
  const found = [...parsed.faults, ...unknown, ...numbers].map(({ message, offset }) => ({
    at: `${file}:${lineAt(offset)}`,
    message,
  }));
  if (split.text === '') found.push({ at: `${file}:${split.textLine}`, message: 'has no text' });
  faults.push(...found);
  if (!fields.value) return undefined;
  if (fields.value.language !== language) {
    faults.push({ at: `${file}:${split.yamlLine}`, message: `language: must be ${language}, as the file is named` });
  }
  if (found.length > 0) return undefined;

  const { prefix_exercise: Exercise, prefix_test: Test, reviewed_by, reviewed_at, ...rest } = fields.value;
  const wording: Wording = {
    ...rest,
    file,
    line: split.textLine,
    prefixes: { Exercise, Test },
    ...(reviewed_by ? { reviewedBy: reviewed_by } : {}),
    ...(reviewed_at ? { reviewedAt: reviewed_at } : {}),
    text: split.text,
  };
  compiled(wording);
  return wording;
}
