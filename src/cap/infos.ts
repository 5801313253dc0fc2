/**
 * The info blocks of an alert as one: the French one leads, areas are united. What must agree and does not is a fault,
 * never a choice, since a notice has one severity and one expiry for all its regions and languages.
 */
import type { Fault } from '../errors.ts';
import { CAP_PARAMETERS, REGION_GEOCODE } from './elements.ts';
import { type CapElement, childOf, childrenOf } from './xml-tree.ts';

/** CAP 1.2 §3.2.2: what an info block without a language is in. */
const DEFAULT_LANGUAGE = 'en-US';
/** The same in every language, or it would be two notices. */
const SAME_IN_ALL = ['urgency', 'severity', 'certainty', 'expires'] as const;
const WORDS = ['event', 'headline', 'description'] as const;
/** ISO 3166-2 names a département FR-35; overseas ones have their letters there, which stay out. */
const ISO_GEOCODE = /^ISO[ _-]?3166-2$/i;
const ISO_REGION = /^FR-(\d{2}|2[AB])$/;

export interface Infos {
  /** The one whose words are taken. */
  readonly lead: CapElement;
  readonly regions: readonly string[];
  readonly services: readonly string[];
  /** Parameters of ours by name, without services and those that only go out. */
  readonly parameters: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  readonly faults: readonly Fault[];
}

/** `infos`: at least one. */
export function united(infos: readonly [CapElement, ...CapElement[]]): Infos {
  const lead = infos.find((info) => /^fr\b/i.test(languageOf(info))) ?? infos[0];
  const faults: Fault[] = [...agreementFaults(infos), ...overrideFaults(infos)];
  const regions = infos.flatMap((info) => regionsOf(info, faults));
  const { services, parameters } = parametersOf(infos, faults);
  return { lead, regions: [...new Set(regions)], services, parameters, faults };
}

/** The text of a field: an info block of the same language may add it later (CAP 1.2 §3.2.2). */
export function wordsOf(infos: readonly CapElement[], lead: CapElement, field: string): CapElement | undefined {
  const own = childOf(lead, field);
  if (own?.text) return own;
  return infos
    .filter((info) => sameLanguage(info, lead))
    .map((info) => childOf(info, field))
    .find((child) => child?.text);
}

function agreementFaults(infos: readonly [CapElement, ...CapElement[]]): Fault[] {
  const faults: Fault[] = [];
  const [first, ...others] = infos;
  for (const info of infos) {
    const categories = childrenOf(info, 'category');
    if (categories.some(({ text }) => text === 'Infra')) continue;
    const found = categories.map(({ text }) => text).join(', ');
    const message = `category must be Infra, is ${found}: Tocsin tells of emergency numbers that fail, of nothing else`;
    faults.push({ at: `line ${categories[0]?.line ?? info.line}`, message });
  }
  const compared: [string, (info: CapElement) => string][] = [
    // CAP 1.2 §3.2.2: all info blocks of an alert share category and eventCode.
    ['category', (one) => sorted(childrenOf(one, 'category').map(({ text }) => text))],
    ['eventCode', (one) => sorted(childrenOf(one, 'eventCode').map(pairOf))],
    ...SAME_IN_ALL.map((name): [string, (info: CapElement) => string] => [
      name,
      (one) => childOf(one, name)?.text ?? '',
    ]),
  ];
  for (const info of others) {
    for (const [name, value] of compared) {
      if (value(info) === value(first)) continue;
      const { line } = childOf(info, name) ?? info;
      faults.push({ at: `line ${line}`, message: `its ${name} differs from the first info's` });
    }
  }
  return faults;
}

/** CAP 1.2 §3.2.2: a later info of the same language may expand, not override, what an earlier one says. */
function overrideFaults(infos: readonly CapElement[]): Fault[] {
  return infos.flatMap((info, i) =>
    WORDS.flatMap((name): Fault[] => {
      const later = childOf(info, name);
      if (!later?.text) return [];
      const earlier = infos.slice(0, i).find((one) => sameLanguage(one, info) && childOf(one, name)?.text);
      const said = earlier && childOf(earlier, name);
      if (!said || said.text === later.text) return [];
      const message = `${name} is another than on line ${said.line}, in the same language: which one is meant?`;
      return [{ at: `line ${later.line}`, message }];
    }),
  );
}

/** Only départements by their code: a shape on a map would have to be guessed into regions (R8). */
function regionsOf(info: CapElement, faults: Fault[]): string[] {
  return childrenOf(info, 'area').flatMap((area) => {
    const codes = childrenOf(area, 'geocode').flatMap((geocode) => {
      const name = childOf(geocode, 'valueName')?.text ?? '';
      const value = childOf(geocode, 'value')?.text ?? '';
      if (name === REGION_GEOCODE) return [value];
      const iso = ISO_GEOCODE.test(name) ? ISO_REGION.exec(value)?.[1] : undefined;
      return iso === undefined ? [] : [iso];
    });
    if (codes.length === 0) {
      const message = `area "${childOf(area, 'areaDesc')?.text}" must have a geocode ${REGION_GEOCODE}`;
      faults.push({ at: `line ${area.line}`, message });
    }
    return codes;
  });
}

/** Parameters of other systems are none of ours; ours that come twice in an info, or say two things, are faults. */
function parametersOf(infos: readonly CapElement[], faults: Fault[]): Pick<Infos, 'services' | 'parameters'> {
  const services: string[] = [];
  const parameters = new Map<string, { value: string; line: number }>();
  for (const info of infos) {
    const own: string[] = [];
    const seen = new Set<string>();
    for (const parameter of childrenOf(info, 'parameter')) {
      const { line } = parameter;
      const name = childOf(parameter, 'valueName')?.text ?? '';
      const value = childOf(parameter, 'value')?.text ?? '';
      if (!name.startsWith('tocsin:') || goesOutOnly(name)) continue;
      if (name === CAP_PARAMETERS.service) {
        own.push(value);
        continue;
      }
      const at = `line ${line}`;
      const earlier = parameters.get(name);
      if (seen.has(name)) faults.push({ at, message: `parameter ${name} must come once` });
      else if (earlier && earlier.value !== value) {
        faults.push({ at, message: `parameter ${name} differs from that on line ${earlier.line}` });
      }
      seen.add(name);
      parameters.set(name, earlier ?? { value, line });
    }
    if (services.length > 0 && own.length > 0 && sorted(own) !== sorted(services)) {
      faults.push({
        at: `line ${info.line}`,
        message: `its parameters ${CAP_PARAMETERS.service} differ from another info's`,
      });
    }
    if (services.length === 0) services.push(...own);
  }
  return { services, parameters };
}

const goesOutOnly = (name: string): boolean =>
  name === CAP_PARAMETERS.alternativeNumber || name.startsWith(CAP_PARAMETERS.text);

const sameLanguage = (one: CapElement, other: CapElement): boolean =>
  languageOf(one).toLowerCase() === languageOf(other).toLowerCase();

const languageOf = (info: CapElement): string => childOf(info, 'language')?.text || DEFAULT_LANGUAGE;

const pairOf = (element: CapElement): string => element.children.map(({ text }) => text).join('=');

const sorted = (values: readonly string[]): string => [...new Set(values)].sort().join(' ');
