/**
 * A standing approval: an authority approves a template within bounds for a period, before there is anything to tell, so
 * that the crisis cell can act in seconds within it. Owns its shape and what may come in as one.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Language, Template, Wording } from '../templates/template.ts';
import { findWording } from '../templates/wordings.ts';
import { SEVERITIES } from './notice.ts';
import { NOTICE_INPUT_FIELDS } from './notice-input.ts';
import type { Waiver } from './waivers.ts';

const STATUSES = NOTICE_INPUT_FIELDS.status.options;
/**
 * What may be waived in a notice that an approval lets through: its giver saw the very wordings, whose hashes it holds, so
 * it matters less who else has read them. Whatever else is waived is for a person to look at.
 */
export const WAIVES = ['unreviewed_wording'] as const satisfies readonly Waiver['code'][];
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
  waives: z
    .array(z.enum(WAIVES, `must be ${WAIVES.join(' or ')}: whatever else is waived is for a person to approve`))
    .max(WAIVES.length)
    .optional()
    .describe('problems that may be waived in a notice, since the wordings are approved as they stand; default: none'),
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
  /** Hashes of the wordings that were approved. */
  readonly wordings: readonly string[];
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
    // `advice.de` is the German of `advice`.
    const spec = template.parameters.find((one) => one.name === name.split('.')[0]);
    const at = `/parameters/${name}`;
    if (!spec) faults.push({ at, message: `template ${template.id} has no parameter ${name}` });
    else if ((spec.kind === 'moment') !== 'withinHours' in bounds) {
      const wanted = spec.kind === 'moment' ? 'a moment takes withinHours' : 'a text takes allowed or maxLength';
      faults.push({ at, message: wanted });
    }
  }
  return faults;
}

/**
 * Hex SHA-256 of what a wording's texts are made of, and of the event that CAP names: whoever approves texts that are yet to
 * be written approves this. Who read it, and where it stands, changes no text.
 */
export function wordingHash({ id, event, numbers, parameters, time }: Template, wording: Wording): string {
  const { reviewedBy: _by, reviewedAt: _at, reviewedText: _read, line: _line, file: _file, ...text } = wording;
  const content = ['tocsin wording 2', id, event, numbers, parameters, time, text];
  return createHash('sha256').update(JSON.stringify(content), 'utf8').digest('hex');
}

/** Of every wording that these regions get in these languages. */
export function wordingHashes(
  template: Template,
  regions: readonly string[],
  languages: readonly Language[],
): string[] {
  const hashes = regions.flatMap((code) =>
    languages.flatMap((language) => {
      const wording = findWording(template, { code }, language);
      return wording ? [wordingHash(template, wording)] : [];
    }),
  );
  return [...new Set(hashes)].sort();
}
