/**
 * A notice from a CAP 1.2 message. Owns the mapping of elements to fields; refuses what Tocsin could only guess: other
 * scopes, areas that are no départements, info blocks that disagree. Values are then held to the same rules as JSON.
 */
import { type Fault, TocsinError } from '../errors.ts';
import { type NoticeInput, parseNoticeInput } from '../notices/notice-input.ts';
import { type CapElement, childOf, childrenOf, readAlert, refuse } from './document.ts';
import { CAP_PARAMETERS, REGION_GEOCODE } from './elements.ts';

/** CAP 1.2 §3.3.2: whole seconds and a numeric offset. */
const CAP_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$/;
/** CAP 1.2 §3.2.2: what an info block without a language is in. */
const DEFAULT_LANGUAGE = 'en-US';
const ALERT_FIELDS = ['identifier', 'sender', 'sent', 'status', 'msgType'] as const;
const INFO_FIELDS = ['event', 'urgency', 'severity', 'certainty', 'expires', 'headline', 'description'] as const;
const SINGLE_PARAMETERS = ['template', 'audience', 'route', 'inDoubt', 'followsUp'] as const;

/** Throws `invalid/invalid_cap`; each fault is at `line N`. */
export function fromCap(xml: Uint8Array | string): NoticeInput {
  const alert = readAlert(xml);
  const infos = childrenOf(alert, 'info');
  const info = infos.find((one) => /^fr\b/i.test(languageOf(one))) ?? infos[0];
  if (!info) {
    refuse([{ at: `line ${alert.line}`, message: 'must have an info: a notice without one says nothing' }]);
    return unreachable();
  }
  const raw: Record<string, unknown> = { category: 'Infra' };
  const lines = new Map<string, number>();
  const set = (field: string, value: unknown, line: number) => {
    raw[field] = value;
    lines.set(field, line);
  };
  for (const field of ALERT_FIELDS) setText(alert, field, set);
  for (const field of INFO_FIELDS) setText(info, field, set);
  const references = childOf(alert, 'references');
  if (references) set('references', references.text.split(/\s+/).filter(Boolean), references.line);

  const faults = [...scopeFaults(alert), ...agreementFaults(infos), ...timeFaults([alert, info])];
  faults.push(...readAreas(info, set), ...readParameters(info, set));
  return parseWithLines(raw, lines, faults, info.line);
}

function setText(element: CapElement, field: string, set: (field: string, value: unknown, line: number) => void) {
  const child = childOf(element, field);
  if (child) set(field, child.text, child.line);
}

function scopeFaults(alert: CapElement): Fault[] {
  const scope = childOf(alert, 'scope');
  if (scope?.text === 'Public') return [];
  return [{ at: `line ${scope?.line}`, message: `scope must be Public: "${scope?.text}" is not for everybody` }];
}

/** CAP 1.2 §3.2.2: all info blocks of an alert share category and eventCode; to us, area and expires too. */
function agreementFaults(infos: readonly CapElement[]): Fault[] {
  const faults: Fault[] = [];
  const [first] = infos;
  for (const info of infos) {
    if (!childrenOf(info, 'category').some(({ text }) => text === 'Infra')) {
      faults.push({ at: `line ${info.line}`, message: 'category must be Infra' });
    }
    const compared: [string, (info: CapElement) => string][] = [
      ['category', (one) => sorted(childrenOf(one, 'category').map(({ text }) => text))],
      ['eventCode', (one) => sorted(childrenOf(one, 'eventCode').map(pairOf))],
      ['area', (one) => sorted(childrenOf(one, 'area').flatMap((area) => childrenOf(area, 'geocode').map(pairOf)))],
      ['expires', (one) => childOf(one, 'expires')?.text ?? ''],
    ];
    for (const [name, value] of compared) {
      if (first === undefined || value(info) === value(first)) continue;
      faults.push({ at: `line ${info.line}`, message: `its ${name} differs from the first info's` });
    }
  }
  return faults;
}

function timeFaults(elements: readonly CapElement[]): Fault[] {
  return elements
    .flatMap(({ children }) => children)
    .filter(({ name, text }) => ['sent', 'effective', 'onset', 'expires'].includes(name) && !CAP_TIME.test(text))
    .map(({ name, line }) => ({
      at: `line ${line}`,
      message: `${name} must have a numeric offset, as 2026-06-02T18:00:00+02:00; UTC is -00:00, never Z`,
    }));
}

/** Only départements by their code: a shape on a map would have to be guessed into regions. */
function readAreas(info: CapElement, set: (field: string, value: unknown, line: number) => void): Fault[] {
  const faults: Fault[] = [];
  const regions: string[] = [];
  for (const area of childrenOf(info, 'area')) {
    const codes = childrenOf(area, 'geocode').filter((one) => childOf(one, 'valueName')?.text === REGION_GEOCODE);
    if (codes.length === 0) {
      const message = `area "${childOf(area, 'areaDesc')?.text}" must have a geocode ${REGION_GEOCODE}`;
      faults.push({ at: `line ${area.line}`, message });
    }
    regions.push(...codes.map((code) => childOf(code, 'value')?.text ?? ''));
  }
  set('regions', [...new Set(regions)], childOf(info, 'area')?.line ?? info.line);
  return faults;
}

/** Parameters of other systems are none of ours; ours that come twice, or that nobody knows, are faults. */
function readParameters(info: CapElement, set: (field: string, value: unknown, line: number) => void): Fault[] {
  const faults: Fault[] = [];
  const services: string[] = [];
  const parameters: [string, string][] = [];
  const seen = new Set<string>();
  set('services', services, info.line);
  for (const parameter of childrenOf(info, 'parameter')) {
    const name = childOf(parameter, 'valueName')?.text ?? '';
    const value = childOf(parameter, 'value')?.text ?? '';
    const at = `line ${parameter.line}`;
    if (!name.startsWith('tocsin:') || name === CAP_PARAMETERS.alternativeNumber) continue;
    if (name === CAP_PARAMETERS.service) {
      services.push(value);
      continue;
    }
    if (seen.has(name)) faults.push({ at, message: `parameter ${name} must come once` });
    seen.add(name);
    const single = SINGLE_PARAMETERS.find((field) => CAP_PARAMETERS[field] === name);
    if (single) set(single, value, parameter.line);
    else if (name.startsWith(CAP_PARAMETERS.templateParameter)) {
      parameters.push([name.slice(CAP_PARAMETERS.templateParameter.length), value]);
    } else faults.push({ at, message: `there is no parameter ${name}` });
  }
  set('parameters', Object.fromEntries(parameters), info.line);
  return faults;
}

/** The rules of JSON, with the lines of the XML. */
function parseWithLines(
  raw: Record<string, unknown>,
  lines: ReadonlyMap<string, number>,
  faults: readonly Fault[],
  otherwise: number,
): NoticeInput {
  let input: NoticeInput | undefined;
  const found = [...faults];
  try {
    input = parseNoticeInput(raw);
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    found.push(
      ...error.faults.map(({ at, message }) => {
        const field = at.split('/')[1] ?? '';
        return { at: `line ${lines.get(field) ?? otherwise}`, message: `${at.slice(1)}: ${message}` };
      }),
    );
  }
  refuse(found);
  return input ?? unreachable();
}

function languageOf(info: CapElement): string {
  return childOf(info, 'language')?.text || DEFAULT_LANGUAGE;
}

function pairOf(element: CapElement): string {
  return element.children.map(({ text }) => text).join('=');
}

function sorted(values: readonly string[]): string {
  return [...new Set(values)].sort().join(' ');
}

function unreachable(): never {
  throw new TocsinError('invalid', 'invalid_cap', 'This is no CAP 1.2 alert');
}
