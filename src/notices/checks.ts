/**
 * What a notice must be before anybody is asked to approve it. Each check tells every fault it finds and where; an empty
 * or unknown area is a fault, it never means everyone (R8), and no fictional number reaches an Actual notice (R22).
 */
import { findRegion } from '../directory/regions.ts';
import { isService } from '../directory/services.ts';
import { kindOf } from '../sms/msisdn.ts';
import { findPhoneNumbers } from '../sms/phone-in-text.ts';
import { parameterProblems } from '../templates/parameters.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { Template } from '../templates/template.ts';
import type { AudienceView, Notice } from './notice.ts';

type Statement = Pick<
  Notice,
  | 'status'
  | 'msgType'
  | 'references'
  | 'expires'
  | 'event'
  | 'headline'
  | 'description'
  | 'template'
  | 'parameters'
  | 'services'
  | 'regions'
>;

/** Faults of what the author wrote, known without the audience or the directory. */
export function statementProblems(notice: Statement, template: Template | undefined, nowMs: number): Problem[] {
  const problems: Problem[] = [];
  const add = (code: string, at: string, message: string) => problems.push({ code, at, message });

  if (Date.parse(notice.expires) <= nowMs) add('expired_notice', '/expires', 'is not in the future');
  if (notice.regions.length === 0) add('empty_area', '/regions', 'name at least one region');
  for (const [i, code] of notice.regions.entries()) {
    if (!findRegion(code)) add('unknown_region', `/regions/${i}`, `there is no region "${code}"`);
  }
  for (const [i, service] of notice.services.entries()) {
    if (!isService(service)) add('unknown_service', `/services/${i}`, `there is no service "${service}"`);
  }
  // CAP 1.2 §3.2.1: an Update or Cancel says which messages it is about.
  if (notice.msgType !== 'Alert' && notice.references.length === 0) {
    add('missing_references', '/references', `msgType ${notice.msgType} must name the messages it is about`);
  }
  for (const field of ['event', 'headline', 'description'] as const) {
    for (const { at } of findPhoneNumbers(notice[field] ?? '')) {
      const message = `has a phone number at character ${at + 1}: numbers come from the directory only`;
      add('phone_number_in_text', `/${field}`, message);
    }
  }
  if (template) problems.push(...parameterProblems(template, notice.parameters));
  else add('unknown_template', '/template', `there is no template "${notice.template}"`);
  return problems;
}

/**
 * An audience of more recipients than this for each inhabitant is held (R8). All operators of France together have some 1.2
 * SIMs for an inhabitant; one operator's share is well below, so more than this is no region's own, whatever season it is.
 */
export const IMPLAUSIBLE_RATIO = 1.25;

/** Faults of the audience for this notice's status and regions. */
export function audienceProblems(notice: Pick<Notice, 'status' | 'regions'>, audience: AudienceView): Problem[] {
  const problems: Problem[] = [];
  const add = (code: string, at: string, message: string) => problems.push({ code, at, message });

  const recipients = recipientsByRegion(audience);
  if (audience.recipients === 0) add('empty_audience', '/audience', 'has no recipients');
  else {
    for (const [i, region] of notice.regions.entries()) {
      const here = recipients.get(region) ?? 0;
      if (here === 0)
        add('region_without_recipients', `/regions/${i}`, `the audience has nobody in region "${region}"`);
      problems.push(...crowdProblems(region, here, i));
    }
  }
  if (notice.status === 'Actual' && audience.fictional > 0) {
    const message = `has ${audience.fictional} numbers from ranges kept for fiction; an Actual notice takes none`;
    add('fictional_recipient_in_actual', '/audience', message);
  }
  if (notice.status !== 'Exercise' && audience.unassigned > 0) {
    const message = `has ${audience.unassigned} numbers of no country (+999); they serve in an Exercise only`;
    add('unassigned_number_outside_exercise', '/audience', message);
  }
  return problems;
}

/** R8: an area that failed to load alerted ten million people. Held until somebody confirms it by name. */
function crowdProblems(region: string, recipients: number, i: number): Problem[] {
  const expected = findRegion(region)?.expectedAudience ?? 0;
  if (expected === 0 || recipients <= expected * IMPLAUSIBLE_RATIO) return [];
  const message = `the audience has ${recipients} recipients here, the region ${expected} inhabitants: waive it by name if it is so`;
  return [{ code: 'implausible_audience', at: `/regions/${i}`, message, about: { region } }];
}

/** Alternative numbers that the public could not dial. */
export function numberProblems(status: Notice['status'], rendering: Pick<Rendering, 'region' | 'numbers'>): Problem[] {
  const problems: Problem[] = [];
  for (const { service, number } of rendering.numbers) {
    const at = `region ${rendering.region}, service ${service}`;
    const kind = kindOf(Number(number));
    if (kind === 'fictional' && status === 'Actual') {
      const message = 'its alternative number is from a range kept for fiction; an Actual notice takes none';
      problems.push({ code: 'fictional_number_in_actual', at, message });
    }
    if (kind === 'unassigned' && status !== 'Exercise') {
      const message = 'its alternative number is of no country (+999); it serves in an Exercise only';
      problems.push({ code: 'unassigned_number_outside_exercise', at, message });
    }
  }
  return problems;
}

export function recipientsByRegion(audience: AudienceView): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { region, recipients } of audience.groups) totals.set(region, (totals.get(region) ?? 0) + recipients);
  return totals;
}
