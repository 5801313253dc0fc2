/** Whether a notice is within a standing approval in one region, and every reason why it is not. Pure. */
import { type AlternativeNumber, isStale } from '../directory/alternative-numbers.ts';
import { readMoment } from '../templates/moments.ts';
import type { Language, Template } from '../templates/template.ts';
import { findWording } from '../templates/wordings.ts';
import { wrote } from './decide.ts';
import { freeWords } from './free-words.ts';
import type { Notice } from './notice.ts';
import { type Bounds, type StandingApproval, wordingHash } from './standing-approval.ts';
import { waiversOf } from './waivers.ts';

const HOUR_MS = 3_600_000;

/** A notice as it would be submitted at `nowMs`, its texts with it. */
export interface Candidate {
  readonly notice: Notice;
  readonly template: Template;
  readonly region: string;
  /** What the directory has for the region. */
  readonly numbers: readonly AlternativeNumber[];
  readonly nowMs: number;
}

/** Empty when the notice is within the approval. */
export function outsideOf(approval: StandingApproval, candidate: Candidate): string[] {
  const { notice, region, nowMs } = candidate;
  const reasons = validityFaults(approval, nowMs);
  const beside = (field: string, value: string, allowed: readonly string[]) =>
    allowed.includes(value) ? [] : [`${field} ${value} is not among ${allowed.join(', ')}`];

  if (approval.template !== notice.template) reasons.push(`it is for template ${approval.template}`);
  if (!approval.regions.includes(region)) reasons.push(`it is not for region ${region}`);
  // R6 and the four eyes: words that one wrote oneself were approved by nobody.
  if (wrote(notice, approval.by)) reasons.push(`${approval.by} gave it, and wrote this notice`);
  reasons.push(...beside('status', notice.status, approval.statuses));
  reasons.push(...beside('severity', notice.severity, approval.severities));
  for (const service of notice.services) reasons.push(...beside('service', service, approval.services));
  for (const field of freeWords(notice, candidate.template)) reasons.push(`nobody approved the words of its ${field}`);
  reasons.push(
    ...waiverFaults(approval, candidate),
    ...parameterFaults(approval, candidate),
    ...textFaults(approval, candidate),
  );
  return [...new Set(reasons)];
}

function validityFaults(approval: StandingApproval, nowMs: number): string[] {
  const { revoked, validFrom, validUntil, maxUses, uses } = approval;
  if (revoked) return [`${revoked.by} revoked it on ${revoked.at.slice(0, 16)}`];
  if (nowMs < Date.parse(validFrom)) return [`it holds from ${validFrom}`];
  if (nowMs >= Date.parse(validUntil)) return [`it held until ${validUntil}`];
  if (maxUses !== undefined && uses >= maxUses) return [`it was used ${uses} times, as often as it may be`];
  return [];
}

function waiverFaults({ waives = [] }: StandingApproval, { notice, region }: Candidate): string[] {
  const accepted: readonly string[] = waives;
  return waiversOf(notice.waivers, region)
    .filter(({ code }) => !accepted.includes(code))
    .map(({ code }) => `${code} is waived, which it does not accept`);
}

function parameterFaults(approval: StandingApproval, { notice, nowMs }: Candidate): string[] {
  return Object.entries(notice.parameters).flatMap(([name, value]) => {
    if (value.trim() === '') return [];
    const bounds = Object.hasOwn(approval.parameters, name) ? approval.parameters[name] : undefined;
    if (!bounds) return [`parameter ${name} must be left out`];
    const fault = boundFault(bounds, value.trim(), nowMs);
    return fault === undefined ? [] : [`parameter ${name} ${fault}`];
  });
}

function boundFault(bounds: Bounds, value: string, nowMs: number): string | undefined {
  if ('allowed' in bounds) return bounds.allowed.includes(value) ? undefined : 'is none of the values allowed';
  if ('withinHours' in bounds) {
    const ms = readMoment(value);
    const within = ms !== undefined && ms >= nowMs && ms <= nowMs + bounds.withinHours * HOUR_MS;
    return within ? undefined : `is not within ${bounds.withinHours} hours from now`;
  }
  if (value.length > bounds.maxLength) return `has ${value.length} characters, ${bounds.maxLength} are allowed`;
  return bounds.pattern === undefined || fits(bounds.pattern, value) ? undefined : `is not like "${bounds.pattern}"`;
}

/** `*` stands for any run of characters. In linear time: no expression of somebody's making is ever run. */
export function fits(pattern: string, value: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return value === head;
  if (value.length < head.length + tail.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
  const end = value.length - tail.length;
  let at = head.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** What the texts themselves show: their languages, the wording as it is today, and how sure their numbers are. */
function textFaults(approval: StandingApproval, { notice, template, region, numbers, nowMs }: Candidate): string[] {
  const renderings = (notice.renderings ?? []).filter((rendering) => rendering.region === region);
  if (renderings.length === 0) return ['the text cannot be written'];
  const days = approval.numbersVerifiedWithinDays;
  return renderings.flatMap(({ wording, wordings, numbers: printed }) => [
    ...(wordings ?? [{ language: wording }]).flatMap((used) =>
      wordingFaults(approval, template, region, used.language),
    ),
    ...printed.flatMap(({ service, number, region: from }) => {
      const entry = numbers.find((one) => one.service === service && one.number === number && one.region === from);
      if (entry && !isStale(entry, nowMs, days)) return [];
      return [`the number for service ${service} was not verified by a test call in the last ${days} days`];
    }),
  ]);
}

function wordingFaults(approval: StandingApproval, template: Template, code: string, language: Language): string[] {
  if (!approval.languages.includes(language)) {
    return [`language ${language} is not among ${approval.languages.join(', ')}`];
  }
  const wording = findWording(template, { code }, language);
  const approved = wording !== undefined && approval.wordings.includes(wordingHash(template, wording));
  return approved ? [] : [`the wording in ${language} has changed since`];
}
