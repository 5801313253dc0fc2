/**
 * A notice from a CAP 1.2 message. Owns the mapping of elements to fields; refuses what Tocsin could only guess: other
 * scopes, areas that are no départements, info blocks that disagree. Values are then held to the same rules as JSON.
 */
import { type Fault, TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import { type NoticeInput, parseNoticeInput, REFERENCES_MAX } from '../notices/notice-input.ts';
import type { Stored } from '../store/records.ts';
import { readAlert } from './document.ts';
import { CAP_PARAMETERS } from './elements.ts';
import { type EventTemplate, eventCodeOf, templateFor } from './event-codes.ts';
import { type Infos, united, wordsOf } from './infos.ts';
import { type FindNotice, whyNoFollowUp } from './references.ts';
import type { SignatureRules } from './signature.ts';
import { type CapElement, childOf, childrenOf, refuse } from './xml-tree.ts';

export interface ReadDeps {
  /** To choose by event code where the message names none. */
  readonly templates?: readonly EventTemplate[];
  readonly find?: FindNotice;
  readonly signatures?: SignatureRules;
}

/** CAP 1.2 §3.3.2: whole seconds and a numeric offset. */
const CAP_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$/;
const TIMES = ['sent', 'effective', 'onset', 'expires'];
const ALERT_FIELDS = ['identifier', 'sender', 'sent', 'status', 'msgType'] as const;
const LEAD_FIELDS = ['urgency', 'severity', 'certainty'] as const;
const WORD_FIELDS = ['event', 'headline', 'description', 'expires'] as const;
const SINGLE_PARAMETERS = ['template', 'audience', 'route', 'inDoubt', 'followsUp'] as const;
/** What a message is not for, in the words of CAP 1.2 §3.2.1. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: {
    System: 'is for functions of warning systems, not for the public',
    Draft: 'is a template or draft, not to be acted on',
  },
  msgType: {
    Ack: 'acknowledges a message and warns nobody',
    Error: 'rejects a message and warns nobody',
  },
  scope: {
    Restricted: 'is only for those whom its restriction names',
    Private: 'is only for its addresses',
  },
};

/** A message on its way to a notice: values by field, and the line that each stands on. */
interface Draft {
  readonly raw: Record<string, unknown>;
  readonly lines: Map<string, number>;
  readonly faults: Fault[];
}

/** Throws `invalid/invalid_cap` and other codes of document.ts; each fault is at `line N`. */
export async function fromCap(xml: Uint8Array | string, deps: ReadDeps = {}): Promise<NoticeInput> {
  const alert = readAlert(xml, deps.signatures);
  const draft: Draft = { raw: { category: 'Infra' }, lines: new Map(), faults: [] };
  readHead(alert, draft);
  const [first, ...more] = childrenOf(alert, 'info');
  const infos = first && united([first, ...more]);
  if (infos) readInfos([first, ...more], infos, draft);
  const followed = await followedBy(alert, draft, deps.find);
  if (followed) takeFrom(followed, draft, infos !== undefined);
  else if (!infos) {
    refuse([...draft.faults, { at: `line ${alert.line}`, message: 'must have an info: without one it says nothing' }]);
  }
  chooseTemplate(infos?.lead ?? alert, draft, followed !== undefined, deps.templates ?? []);
  return parseWithLines(draft, infos?.lead.line ?? alert.line);
}

function set({ raw, lines }: Draft, field: string, value: unknown, line: number): void {
  raw[field] = value;
  lines.set(field, line);
}

function setText(draft: Draft, field: string, child: CapElement | undefined): void {
  if (child?.text) set(draft, field, child.text, child.line);
}

function readHead(alert: CapElement, draft: Draft): void {
  for (const field of ALERT_FIELDS) {
    const child = childOf(alert, field);
    if (child) set(draft, field, child.text, child.line);
  }
  for (const [field, reasons] of Object.entries(REFUSED)) {
    const child = childOf(alert, field);
    const reason = child && reasons[child.text];
    if (reason) draft.faults.push({ at: `line ${child.line}`, message: `${field} ${child.text} ${reason}` });
    else if (field === 'scope' && child?.text !== 'Public') {
      draft.faults.push({ at: `line ${child?.line}`, message: `scope must be Public, is "${child?.text}"` });
    }
  }
  readReferences(childOf(alert, 'references'), draft);
  draft.faults.push(...timeFaults(alert));
}

/** More than any notice may have are not kept: each would be looked up in the store. */
function readReferences(references: CapElement | undefined, draft: Draft): void {
  if (references === undefined) return;
  const { line, text } = references;
  const names = text.split(/\s+/).filter(Boolean);
  if (names.length <= REFERENCES_MAX) set(draft, 'references', names, line);
  else {
    const message = `references names ${names.length} messages, and may name ${REFERENCES_MAX}`;
    draft.faults.push({ at: `line ${line}`, message });
  }
}

function readInfos(blocks: readonly CapElement[], infos: Infos, draft: Draft): void {
  const { lead, regions, services, parameters } = infos;
  for (const field of LEAD_FIELDS) setText(draft, field, childOf(lead, field));
  for (const field of WORD_FIELDS) setText(draft, field, wordsOf(blocks, lead, field));
  draft.faults.push(...infos.faults, ...blocks.flatMap(timeFaults));
  set(draft, 'regions', regions, childOf(lead, 'area')?.line ?? lead.line);
  if (services.length > 0) set(draft, 'services', services, lead.line);
  const ofTemplate: [string, string][] = [];
  for (const [name, { value, line }] of parameters) {
    const single = SINGLE_PARAMETERS.find((field) => CAP_PARAMETERS[field] === name);
    if (single) set(draft, single, value, line);
    else if (name.startsWith(CAP_PARAMETERS.templateParameter)) {
      ofTemplate.push([name.slice(CAP_PARAMETERS.templateParameter.length), value]);
    } else draft.faults.push({ at: `line ${line}`, message: `there is no parameter ${name}` });
  }
  set(draft, 'parameters', Object.fromEntries(ofTemplate), lead.line);
}

function timeFaults({ children }: CapElement): Fault[] {
  return children
    .filter(({ name, text }) => TIMES.includes(name) && !CAP_TIME.test(text))
    .map(({ name, line }) => ({
      at: `line ${line}`,
      message: `${name} must have a numeric offset, as 2026-06-02T18:00:00+02:00; UTC is -00:00, never Z`,
    }));
}

/** The notice here that an Update or Cancel follows up: the last that it refers to and can. */
async function followedBy(
  alert: CapElement,
  { raw, lines, faults }: Draft,
  find: FindNotice | undefined,
): Promise<Stored<Notice> | undefined> {
  const { status, msgType, followsUp, references, regions = [], audience } = raw as Partial<NoticeInput>;
  if (find === undefined || followsUp !== undefined || (msgType !== 'Update' && msgType !== 'Cancel')) return undefined;
  for (const reference of [...(references ?? [])].reverse()) {
    const found = await find(reference);
    if (!found) continue;
    if (found.value.status !== status) {
      const message = `references a notice that is ${found.value.status}, but is ${status} itself`;
      faults.push({ at: `line ${lines.get('references') ?? alert.line}`, message });
      return undefined;
    }
    const follower = { status, regions, ...(audience === undefined ? {} : { audience }) };
    if (whyNoFollowUp(found.value, follower) === undefined) return found;
  }
  return undefined;
}

/** What a follow-up leaves out is as in the notice that it follows, since it goes to the same people. */
function takeFrom({ id, value: first }: Stored<Notice>, { raw }: Draft, hasInfo: boolean): void {
  const { services, audience, inDoubt, route, regions, expires, urgency, severity, certainty } = first;
  const common = { services, audience, inDoubt, expires, ...(route === undefined ? {} : { route }) };
  const whole = { regions, urgency, severity, certainty, parameters: {} };
  const taken: Record<string, unknown> = { followsUp: id, ...common, ...(hasInfo ? {} : whole) };
  for (const [field, value] of Object.entries(taken)) raw[field] ??= value;
}

function chooseTemplate(info: CapElement, draft: Draft, follows: boolean, templates: readonly EventTemplate[]): void {
  const { raw, lines, faults } = draft;
  const { code, line = info.line, fault } = eventCodeOf(info);
  if (fault) faults.push({ at: `line ${line}`, message: fault });
  const named = raw.template;
  if (named !== undefined) {
    const known = templates.find(({ id }) => id === named);
    if (code === undefined || known === undefined || known.eventCode === code) return;
    const message = `template ${named} tells of ${known.eventCode}, but eventCode is ${code}`;
    faults.push({ at: `line ${lines.get('template') ?? line}`, message });
    return;
  }
  const chosen = templateFor(code, raw.msgType as Notice['msgType'], follows, templates);
  if (chosen !== undefined) set(draft, 'template', chosen, line);
}

/** The rules of JSON, with the lines of the XML. */
function parseWithLines({ raw, lines, faults }: Draft, otherwise: number): NoticeInput {
  const told = new Set(faults.map(({ at }) => at));
  let input: NoticeInput | undefined;
  const found = [...faults];
  try {
    input = parseNoticeInput(raw);
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    for (const { at: pointer, message } of error.faults) {
      const [, field = ''] = pointer.split('/');
      const at = `line ${lines.get(field) ?? otherwise}`;
      // What has its own reason already needs no second one.
      if (lines.has(field) && told.has(at)) continue;
      found.push({ at, message: `${pointer.slice(1)}: ${wordsFor(field, lines.has(field), message)}` });
    }
  }
  refuse(found);
  return input as NoticeInput;
}

/** A parameter that is missing is better named than the field that it fills. */
function wordsFor(field: string, given: boolean, message: string): string {
  const parameter = field in CAP_PARAMETERS ? CAP_PARAMETERS[field as keyof typeof CAP_PARAMETERS] : undefined;
  if (given) return message;
  if (field === 'services') return `is missing: give parameters ${CAP_PARAMETERS.service}`;
  if (field === 'template') return `is missing: give parameter ${CAP_PARAMETERS.template}, or an eventCode of OET`;
  return parameter === undefined ? 'is missing' : `is missing: give parameter ${parameter}`;
}
