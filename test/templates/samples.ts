import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AlternativeNumber } from '../../src/directory/alternative-numbers.ts';
import { findRegion, type Region } from '../../src/directory/regions.ts';
import { TocsinError } from '../../src/errors.ts';
import { readTemplates, Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import type { RenderInput } from '../../src/templates/rendering.ts';
import { allWordings, wordingDigest } from '../../src/templates/wordings.ts';

export const REPOSITORY_TEMPLATES = new URL('../../templates/', import.meta.url);
export const HARD_TO_REACH = 'emergency-numbers-hard-to-reach';
/** 2 June 2021, 17:05 in Paris, 19:05 in Réunion. */
export const AT_MS = Date.UTC(2021, 5, 2, 15, 5);

export function regionOf(code: string): Region {
  const region = findRegion(code);
  if (!region) throw new Error(`no region ${code}`);
  return region;
}

/** Lines of config/directory.sample.csv, read without the module that reads them in earnest. */
export function sampleDirectory(): AlternativeNumber[] {
  const csv = readFileSync(new URL('../../config/directory.sample.csv', import.meta.url), 'utf8');
  const lines = csv.trim().split(/\r?\n/).slice(1);
  return lines.map((line) => {
    const [region = '', service = '', display = ''] = line.split(',');
    return numberOf(region, service, display.replace(/^\+33 ?/, '0'));
  });
}

export function numberOf(region: string, service: string, display: string): AlternativeNumber {
  const number = display.startsWith('+') ? display.replace(/\D/g, '') : `33${display.replace(/\D/g, '').slice(1)}`;
  const enteredAt = '2021-05-01T00:00:00Z';
  const verification = { by: 'tester', at: '2021-05-20T09:00:00Z' };
  return {
    region,
    service,
    number,
    display,
    owner: 'sample',
    enteredBy: 'sample',
    enteredAt,
    verification,
    version: 1,
  };
}

/** Services 15, 17, 18, 112 of Ille-et-Vilaine: 15 and 112 share a number. */
export const NUMBERS_35: readonly AlternativeNumber[] = [
  numberOf('35', '15', '02 61 91 00 35'),
  numberOf('35', '17', '02 61 91 00 36'),
  numberOf('35', '18', '02 61 91 00 37'),
  numberOf('35', '112', '02 61 91 00 35'),
];

export function inputOf(templates: Templates, changes: Partial<RenderInput> = {}): RenderInput {
  return {
    template: templates.get(HARD_TO_REACH),
    region: regionOf('35'),
    language: 'fr',
    status: 'Exercise',
    services: ['15', '17', '18', '112'],
    numbers: NUMBERS_35,
    parameters: {},
    atMs: AT_MS,
    ...changes,
  };
}

/** The error of a rendering that must be refused. */
export function refusalOf(templates: Templates, changes: Partial<RenderInput>): TocsinError {
  try {
    render(inputOf(templates, changes));
  } catch (error) {
    if (error instanceof TocsinError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const TEMPLATE_YAML = `title: Essai
event: Essai
event_code: OET-074
category: Infra
numbers: required
`;

export const FRONT_MATTER = `language: fr
title: Essai
source: Préfet
guidance: Appelez
moment: "{day}/{month} {hour}h{minute}"
prefix_exercise: EXERCICE
prefix_test: TEST
`;

const REVIEW = `reviewed_by: Une relectrice
reviewed_at: 2026-01-15
`;

export const GOOD_TEXT = '{source} {of_region} {time}. Appelez {numbers}. Sourds: SMS {deaf}';

/** The file of a wording that was read by somebody as it stands. */
export function wordingFile(text: string, frontMatter = FRONT_MATTER, review = REVIEW): string {
  const field = (name: string) => new RegExp(`^${name}: "?(.*?)"?$`, 'm').exec(frontMatter)?.[1] ?? '';
  const digest = wordingDigest({
    language: field('language'),
    title: field('title'),
    source: field('source'),
    moment: field('moment'),
    alphabet: field('alphabet') === 'ucs2' ? 'ucs2' : 'gsm7',
    prefixes: { Exercise: field('prefix_exercise'), Test: field('prefix_test') },
    text,
  });
  const head = review === '' ? frontMatter : `${frontMatter}${review}reviewed_text: ${digest}\n`;
  return `---\n${head}---\n${text}\n`;
}

/** A folder with one template `essai`; `files` replace or add to a good one. */
export async function templateFolder(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-templates-'));
  const all = { 'essai/template.yaml': TEMPLATE_YAML, 'essai/fr.txt': wordingFile(GOOD_TEXT), ...files };
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

export async function loadTemplate(files: Record<string, string> = {}) {
  const templates = await Templates.load(await templateFolder(files));
  return templates.get('essai');
}

export const templateYaml = (more: string) => TEMPLATE_YAML + more;

/** The wordings that are shipped, as if a native reader had read every one of them. */
export async function reviewedTemplates(): Promise<Templates> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-reviewed-'));
  await cp(fileURLToPath(REPOSITORY_TEMPLATES), folder, { recursive: true });
  const { templates } = await readTemplates(folder);
  for (const wording of templates.flatMap(allWordings)) {
    const path = join(folder, wording.file);
    const review = `reviewed_by: Une relectrice\nreviewed_at: 2026-01-15\nreviewed_text: ${wordingDigest(wording)}\n`;
    const content = await readFile(path, 'utf8');
    await writeFile(path, content.replace(/(?:reviewed_\w+:.*\n)+/, review));
  }
  return Templates.load(folder);
}
