/**
 * Reads the folder of the wordings: `<template>/template.yaml` says what the template is, `<template>/<language>.txt` words
 * it, `<template>/<authority>/<language>.txt` words it for the regions of one authority. Refuses, with file and line,
 * whatever could not be rendered in the hour it is needed; style is for lint.ts.
 */
import type { Dirent, PathLike } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findAuthority } from '../directory/authorities.ts';
import { refuseFaults, TocsinError } from '../errors.ts';
import { readYaml } from './front-matter.ts';
import { BUILT_IN_PLACEHOLDERS, FALLBACK_LANGUAGE, type Template, type Wording, type Wordings } from './template.ts';
import { type LoadFault, line, readWording } from './wording-file.ts';
import { MOST_SEGMENTS } from './wordings.ts';

const TEMPLATE_FILE = 'template.yaml';
const WORDING_FILE = /^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\.txt$/;
const TEMPLATE_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const TemplateFields = z.strictObject({
  title: line(200),
  event: line(100),
  event_code: z.string().regex(/^OET-\d{3}$/, 'must be a code of the OASIS event terms, such as OET-074'),
  category: z.literal('Infra'),
  numbers: z.enum(['required', 'none']),
  time: z.enum(['own', 'followed']).default('own'),
  max_segments: z.int().min(1).max(MOST_SEGMENTS).default(4),
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

export class Templates {
  readonly #byId: ReadonlyMap<string, Template>;

  private constructor(byId: ReadonlyMap<string, Template>) {
    this.#byId = byId;
  }

  /** Throws `invalid/invalid_templates` with every fault of every file. */
  static async load(folder: string | URL): Promise<Templates> {
    const { templates, faults } = await readTemplates(folder);
    refuseFaults('invalid_templates', 'The templates have faults', faults);
    return new Templates(new Map(templates.map((template) => [template.id, template])));
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

/** What can be read, and every fault of the rest. Throws `invalid/invalid_templates` where there is no such folder. */
export async function readTemplates(folder: string | URL): Promise<{ templates: Template[]; faults: LoadFault[] }> {
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const faults: LoadFault[] = [];
  const entries = await entriesOf(root).catch((error: Error) => {
    refuseFaults('invalid_templates', 'The templates have faults', [
      { at: root, message: `cannot be read: ${error.message}` },
    ]);
    return [];
  });
  const ids = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const templates: Template[] = [];
  for (const id of ids) {
    const template = await readTemplate(root, id, faults);
    if (template) templates.push(template);
  }
  if (ids.length === 0) faults.push({ at: root, rule: 'file', message: 'holds no template' });
  return { templates, faults };
}

async function entriesOf(folder: PathLike): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readTemplate(root: string, id: string, faults: LoadFault[]): Promise<Template | undefined> {
  const entries = await entriesOf(join(root, id));
  const file = `${id}/${TEMPLATE_FILE}`;
  const fault = (at: string, message: string) => faults.push({ at, rule: 'file', message });
  if (!TEMPLATE_ID.test(id)) fault(id, 'the folder must be named in small letters and hyphens');
  if (!entries.some(({ name }) => name === TEMPLATE_FILE)) {
    fault(file, 'is missing');
    return undefined;
  }
  const fields = readYaml(TemplateFields, await readFile(join(root, file), 'utf8'), file);
  faults.push(...fields.faults.map((one) => ({ ...one, rule: 'head' as const })));
  if (!fields.value) return undefined;

  const { event_code: eventCode, max_segments: maxSegments, parameters, ...rest } = fields.value;
  const specs = Object.entries(parameters).map(([name, { max_length: maxLength, ...spec }]) => ({
    name,
    maxLength,
    ...spec,
  }));
  for (const { name } of specs.filter((spec) => BUILT_IN_PLACEHOLDERS.some((taken) => taken === spec.name))) {
    faults.push({ at: file, rule: 'placeholder', message: `${name}: is a name that Tocsin fills in itself` });
  }

  const known = new Set<string>([...BUILT_IN_PLACEHOLDERS, ...specs.map((spec) => spec.name)]);
  const authorities: Record<string, Wordings> = {};
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    // The ministry's wordings are the common ones.
    const authority = findAuthority(name);
    if (authority && authority.regions !== '*') {
      const texts = (await entriesOf(join(root, id, name))).map((entry) => entry.name);
      authorities[name] = await readWordings(root, `${id}/${name}`, texts, known, faults, name);
    } else fault(`${id}/${name}`, 'is no authority: folders are named as authorities are, such as prefecture-35');
  }
  const texts = entries.filter((entry) => !entry.isDirectory() && entry.name !== TEMPLATE_FILE);
  const names = texts.map(({ name }) => name);
  const wordings = await readWordings(root, id, names, known, faults);
  const fallback = `${FALLBACK_LANGUAGE}.txt`;
  if (!names.includes(fallback)) fault(`${id}/${fallback}`, 'is missing');
  return { id, eventCode, maxSegments, parameters: specs, wordings, authorities, ...rest };
}

async function readWordings(
  root: string,
  folder: string,
  names: readonly string[],
  known: ReadonlySet<string>,
  faults: LoadFault[],
  authority?: string,
): Promise<Wordings> {
  const wordings: Record<string, Wording> = {};
  for (const name of names) {
    const at = `${folder}/${name}`;
    const language = WORDING_FILE.exec(name)?.[1];
    if (language === undefined) {
      faults.push({ at, rule: 'file', message: `must be ${TEMPLATE_FILE} or a language's .txt` });
      continue;
    }
    const wording = readWording(
      await readFile(join(root, at), 'utf8'),
      { file: at, language, known, authority },
      faults,
    );
    if (wording) wordings[language] = wording;
  }
  return wordings;
}
