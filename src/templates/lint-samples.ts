/** Writes a wording for every region, as it will usually be and as long as it can become, and counts its segments. */
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import { NATIONAL } from '../directory/places.ts';
import type { Region } from '../directory/regions.ts';
import { SERVICES } from '../directory/services.ts';
import { TocsinError } from '../errors.ts';
import type { MandatoryLanguages } from './languages.ts';
import type { LintFinding } from './lint-finding.ts';
import { render } from './render.ts';
import type { Rendering } from './rendering.ts';
import type { Language, Template, Wording } from './template.ts';

export interface TriedOut {
  readonly findings: readonly LintFinding[];
  readonly segments?: { readonly min: number; readonly max: number; readonly worst: number };
}

/** The services of the breakdown of 2 June 2021, each with a number of its own. */
const USUAL_SERVICES = ['15', '17', '18', '112'];
const ALL_SERVICES = SERVICES.map(({ number }) => number);
const SAMPLE_MS = Date.UTC(2021, 5, 2, 16, 0);
/** From ARCEP's range for fiction 02 61 91. */
const USUAL_NUMBERS = USUAL_SERVICES.map((service, i) => sampleNumber(service, `02 61 91 00 1${i}`));
/** Of no country (+999), and of the most digits that are in use in France. */
const WORST_NUMBERS = ALL_SERVICES.map((service, i) =>
  sampleNumber(service, `+999 123 456 7${String(i).padStart(2, '0')}`),
);
/** Words of a usual length, for a parameter that is as long as it may be. */
const FILLER = "N'appelez qu'en cas d'urgence. ";

/** A text in French comes with what is appended to it in its region, as it will be sent. */
export function tryOut(
  template: Template,
  wording: Wording,
  regions: readonly Region[],
  { appendedIn }: Pick<MandatoryLanguages, 'appendedIn'>,
): TriedOut {
  const at = `${wording.file}:${wording.line}`;
  const usual: { segments: number; units: number; region: string }[] = [];
  let worst = 0;
  for (const region of regions) {
    try {
      const { segments, units } = renderSample(template, wording, region, appendedIn(region.code), 'usual');
      usual.push({ segments, units, region: region.name });
      worst = Math.max(worst, renderSample(template, wording, region, appendedIn(region.code), 'worst').segments);
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error;
      const detail = error.faults[0]?.message ?? error.message;
      const message = `${region.name}: ${error.code}: ${detail}`;
      return { findings: [{ at, rule: 'segments', message, severity: 'error' }] };
    }
  }
  const counts = usual.map(({ segments }) => segments);
  const overOne = counts.filter((count) => count > 1).length;
  const longest = usual.reduce((most, one) => (one.units > most.units ? one : most), usual[0] ?? NO_SAMPLE);
  const { region, segments, units } = longest;
  const message = `${overOne} of ${regions.length} regions need more than one segment; the longest, ${region}, ${segments} (${units} units)`;
  return {
    findings: overOne === 0 ? [] : [{ at, rule: 'segments', message, severity: 'warning' }],
    ...(usual.length > 0 ? { segments: { min: Math.min(...counts), max: Math.max(...counts), worst } } : {}),
  };
}

const NO_SAMPLE = { segments: 0, units: 0, region: '' };

function renderSample(
  template: Template,
  wording: Wording,
  region: Region,
  appended: readonly Language[],
  size: 'usual' | 'worst',
): Rendering {
  const services = size === 'usual' ? USUAL_SERVICES : ALL_SERVICES;
  const { prefixes } = wording;
  return render({
    template,
    region,
    language: wording.language,
    status: prefixes.Test.length > prefixes.Exercise.length ? 'Test' : 'Exercise',
    services,
    numbers: size === 'usual' ? USUAL_NUMBERS : WORST_NUMBERS,
    parameters: sampleParameters(template, size),
    atMs: SAMPLE_MS,
    appended,
  });
}

function sampleParameters(template: Template, size: 'usual' | 'worst'): Record<string, string> {
  const wanted = template.parameters.filter(({ required }) => required || size === 'worst');
  return Object.fromEntries(
    wanted.map(({ name, kind, maxLength }) => {
      const longest = FILLER.repeat(Math.ceil(maxLength / FILLER.length)).slice(0, maxLength);
      return [name, kind === 'moment' ? new Date(SAMPLE_MS).toISOString() : size === 'worst' ? longest : 'Texte'];
    }),
  );
}

/** For the whole country, since it is in place of each region's own. */
function sampleNumber(service: string, display: string): AlternativeNumber {
  const number = display.replace(/\D/g, '').replace(/^0/, '33');
  const enteredAt = new Date(SAMPLE_MS).toISOString();
  return { region: NATIONAL, service, number, display, owner: 'sample', enteredBy: 'lint', enteredAt, version: 1 };
}
