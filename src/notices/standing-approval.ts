/**
 * A standing approval: an authority approves a template within bounds for a period, before there is anything to tell, so
 * that the crisis cell can act in seconds within it. Owns its shape and what may come in as one.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FALLBACK_LANGUAGE, type Language, type Template } from '../templates/template.ts';
import { NOTICE_INPUT_FIELDS } from './notice-input.ts';

const SEVERITIES = NOTICE_INPUT_FIELDS.severity.options;
const STATUSES = NOTICE_INPUT_FIELDS.status.options;
/** Longer than that nobody knows any more what was approved. */
export const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

const dateTime = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time with an offset' });
const value = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}\u202d\u202e]*$/u, 'must have no control characters');
const each = <T extends z.ZodType>(item: T, most: number) => z.array(item).min(1).max(most);

/** What a parameter may be. One that has no bounds must be left out of the notice. */
export const Bounds = z.union([
  z.strictObject({ allowed: each(value, 50).describe('one of these, exactly') }),
  z.strictObject({
    maxLength: z.int().min(1).max(500).describe('characters'),
    pattern: value.optional().describe('the whole text, with * for any run of characters'),
  }),
  z.strictObject({
    withinHours: z.number().positive().max(720).describe('a moment: at most so long after submission'),
  }),
]);
export type Bounds = z.output<typeof Bounds>;

export const StandingApprovalInput = z.strictObject({
  regions: NOTICE_INPUT_FIELDS.regions.min(1),
  template: NOTICE_INPUT_FIELDS.template,
  statuses: each(z.enum(STATUSES), 3),
  severities: each(z.enum(SEVERITIES), 5),
  services: NOTICE_INPUT_FIELDS.services.describe('the most that may be affected'),
  languages: each(z.string().min(2).max(20), 30).describe('of the texts that may go out'),
  parameters: z.record(z.string().max(100), Bounds).default({}),
  numbersVerifiedWithinDays: z.int().min(1).max(365).default(90).describe('since the test call of each number printed'),
  validFrom: dateTime.optional().describe('default: now'),
  validUntil: dateTime.describe(`${MOST_DAYS} days later at most`),
  maxUses: z.int().min(1).max(1_000).optional().describe('notices; default: no limit'),
});
export type StandingApprovalInput = z.output<typeof StandingApprovalInput>;

export interface StandingApproval extends Omit<StandingApprovalInput, 'validFrom'> {
  readonly validFrom: string;
  /** Whose approval it is; without one each region's prefecture, or the ministry where its giver decides for all. */
  readonly authority?: string;
  /** Whether its giver decided for all regions. */
  readonly forAll: boolean;
  /** The person who gave it. */
  readonly by: string;
  readonly givenAt: string;
  /** Of each language: hex SHA-256 of the wording that was approved. */
  readonly wordings: Readonly<Record<Language, string>>;
  /** Notices that it let through. */
  readonly uses: number;
  readonly lastUse?: { readonly notice: string; readonly at: string };
  readonly revoked?: { readonly by: string; readonly at: string };
}

/** What is wrong with one that `template` (undefined: unknown) and the clock cannot bear. */
export function standingFaults(
  input: StandingApprovalInput,
  template: Template | undefined,
  nowMs: number,
): { at: string; message: string }[] {
  const faults: { at: string; message: string }[] = [];
  const [from, until] = [
    input.validFrom === undefined ? nowMs : Date.parse(input.validFrom),
    Date.parse(input.validUntil),
  ];
  if (until <= Math.max(from, nowMs))
    faults.push({ at: '/validUntil', message: 'must be later than now and validFrom' });
  if (until - from > MOST_DAYS * DAY_MS) {
    faults.push({ at: '/validUntil', message: `must be ${MOST_DAYS} days after validFrom at most` });
  }
  if (!template) return [...faults, { at: '/template', message: `there is no template "${input.template}"` }];
  for (const [name, bounds] of Object.entries(input.parameters)) {
    const spec = template.parameters.find((one) => one.name === name);
    const at = `/parameters/${name}`;
    if (!spec) faults.push({ at, message: `template ${template.id} has no parameter ${name}` });
    else if ((spec.kind === 'moment') !== 'withinHours' in bounds) {
      const wanted = spec.kind === 'moment' ? 'a moment takes withinHours' : 'a text takes allowed or maxLength';
      faults.push({ at, message: wanted });
    }
  }
  return faults;
}

/** Hex SHA-256 of what makes a template's text in a language, for whoever approves texts that are yet to be written. */
export function wordingDigest(template: Template, language: Language): string {
  const { wordings, id, numbers, parameters, ...others } = template;
  const wording = wordings[language] ?? wordings[language.split('-')[0] ?? ''] ?? wordings[FALLBACK_LANGUAGE];
  // Who reviewed it, and on which line it stands, changes no text.
  const { reviewedBy: _, reviewedAt: __, line: ___, ...text } = wording ?? {};
  const content = ['tocsin wording 1', id, numbers, parameters, others, text];
  return createHash('sha256').update(JSON.stringify(content), 'utf8').digest('hex');
}
