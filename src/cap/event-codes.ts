/** What is told of, in the codes of the OASIS Event Terms List, and which template tells of it. */
import type { Notice } from '../notices/notice.ts';
import { type CapElement, childOf, childrenOf } from './xml-tree.ts';

export const EVENT_CODE_LIST = 'OET:v1.2';
/** "Emergency telephone outage", category Infra. */
export const DEFAULT_EVENT_CODE = 'OET-074';

/** The events that Tocsin tells of, each with the template that an alert gets which names none. */
const EVENTS: Readonly<Record<string, string | undefined>> = {
  [DEFAULT_EVENT_CODE]: 'emergency-numbers-hard-to-reach',
  // "Communications service disruption": the only template of this code, if there is one.
  'OET-045': undefined,
};
const TEMPLATE_OF_CANCEL = 'end';
const TEMPLATE_OF_UPDATE = 'correction';
const FOLLOW_UP_TEMPLATES: readonly string[] = [TEMPLATE_OF_CANCEL, TEMPLATE_OF_UPDATE, 'restored-keep-alternative'];
/** Any version of the list: its codes keep their meaning. */
const LIST_NAME = /^OET(?::v?\d+(?:\.\d+)*)?$/i;

export interface EventTemplate {
  readonly id: string;
  readonly eventCode: string;
}

/** The event of an info by its OET code; a fault when it has such codes, but none that Tocsin tells of. */
export function eventCodeOf(info: CapElement): { code?: string; line?: number; fault?: string } {
  const listed = childrenOf(info, 'eventCode').filter((one) => LIST_NAME.test(childOf(one, 'valueName')?.text ?? ''));
  const codes = listed.map((one) => childOf(one, 'value')?.text ?? '');
  const line = listed[0]?.line;
  if (line === undefined) return {};
  const code = codes.find((one) => Object.hasOwn(EVENTS, one));
  if (code !== undefined) return { code, line };
  const known = Object.keys(EVENTS).join(' and ');
  return { line, fault: `eventCode is ${codes.join(', ')}: Tocsin tells of ${known} only` };
}

/** The template for an alert that names none; undefined when there is none, or a choice. */
export function templateFor(
  code: string | undefined,
  msgType: Notice['msgType'],
  follows: boolean,
  templates: readonly EventTemplate[],
): string | undefined {
  const has = (id: string | undefined) => templates.some((template) => template.id === id);
  if (msgType === 'Cancel' && has(TEMPLATE_OF_CANCEL)) return TEMPLATE_OF_CANCEL;
  if (msgType === 'Update' && follows && has(TEMPLATE_OF_UPDATE)) return TEMPLATE_OF_UPDATE;
  if (code === undefined) return undefined;
  if (has(EVENTS[code])) return EVENTS[code];
  const fitting = templates.filter(({ id, eventCode }) => eventCode === code && !FOLLOW_UP_TEMPLATES.includes(id));
  return fitting.length === 1 ? fitting[0]?.id : undefined;
}
