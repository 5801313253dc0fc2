/**
 * Who must approve: for each region and severity the authorities and how many of their people, when a waiting approval
 * escalates, and who their deputies are. Nothing here reads a file (policy-file.ts) or tells anybody (escalation/).
 */
import { z } from 'zod';
import { authorityOf, findAuthority, MINISTRY } from '../directory/authorities.ts';
import { findRegion } from '../directory/regions.ts';
import { isSamePerson } from '../store/person.ts';
import { type Approver, type Notice, type Requirement, SEVERITIES } from './notice.ts';

/** Which authority is meant by this in any region: its own prefecture. */
const OWN_PREFECTURE = 'prefecture';
const MOST_PERSONS = 9;
const MOST_MINUTES = 1_440;

const id = z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be up to 40 small letters, digits and -');
const authority = z
  .string()
  .refine(
    (term) => term === OWN_PREFECTURE || findAuthority(term) !== undefined,
    'must be prefecture (the own one of each region), ministry, or one of them: prefecture-35',
  );
const region = z.string().refine((code) => findRegion(code) !== undefined, 'must be the code of a département: "2A"');

const ruleSchema = z.strictObject({
  regions: z
    .union([z.literal('*'), z.array(region).min(1)])
    .default('*')
    .describe('regions that the rule is for; * for all'),
  severities: z
    .union([z.literal('*'), z.array(z.enum(SEVERITIES)).min(1)])
    .default('*')
    .describe('severities of notices that it is for; * for all'),
  approvals: z
    .array(
      z.strictObject({
        from: z
          .array(authority)
          .min(1)
          .default([OWN_PREFECTURE, MINISTRY.id])
          .describe('authorities, any of which will do'),
        count: z.number().int().min(1).max(MOST_PERSONS).default(1).describe('how many of their people'),
      }),
    )
    .min(1)
    .describe('all of these must be met, each by other people than the others'),
  escalateAfterMinutes: z
    .number()
    .positive()
    .max(MOST_MINUTES)
    .nullable()
    .default(10)
    .describe('from the submission; then deputies may approve; null for never'),
  sms: z.boolean().default(true).describe('whether the people who may approve, and later their deputies, get an SMS'),
  webhooks: z.array(id).default([]).describe('ids of webhooks that are told of both'),
});
export type PolicyRule = z.infer<typeof ruleSchema>;

const personSchema = z.strictObject({
  id: id.describe('name of the entry'),
  person: z.string().trim().min(1).max(200).describe('as in the API key or the identity provider'),
  authorities: z.array(authority).default([]).describe('authorities that they approve for'),
  deputyFor: z.array(authority).default([]).describe('authorities that they approve for once it has escalated'),
  phone: z.string().optional().describe('number for SMS'),
  language: z.enum(['fr', 'en']).default('fr').describe('language of those SMS'),
});

const webhookSchema = z.strictObject({
  id: id.describe('name of the webhook'),
  url: z.string().describe('https, or http to this machine itself'),
  secretFile: z.string().min(1).optional().describe('file of the secret that signs, from the folder of this file'),
});

export const policySchema = z.strictObject({
  rules: z.array(ruleSchema).min(1, 'has no rule').describe('the first that fits a region and a severity holds'),
  people: z.array(personSchema).default([]),
  webhooks: z.array(webhookSchema).default([]),
});

export type PolicyPerson = Omit<z.infer<typeof personSchema>, 'phone'> & {
  /** E.164. */
  readonly msisdn?: number;
};
export interface PolicyWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}
export interface PolicyParts {
  readonly rules: readonly PolicyRule[];
  readonly people?: readonly PolicyPerson[];
  readonly webhooks?: readonly PolicyWebhook[];
}

/** In which capacity somebody acts in a region. */
export interface Capacity {
  /** Id of the authority. */
  readonly authority: string;
  readonly deputy: boolean;
}

export class ApprovalPolicy {
  readonly people: readonly PolicyPerson[];
  readonly webhooks: readonly PolicyWebhook[];
  readonly rules: readonly PolicyRule[];

  constructor({ rules, people = [], webhooks = [] }: PolicyParts) {
    this.rules = rules;
    this.people = people;
    this.webhooks = webhooks;
  }

  /** The first rule for a region and a severity. The file is refused unless there is one for each. */
  ruleFor(code: string, severity: Notice['severity']): PolicyRule {
    return this.rules.find((rule) => fits(rule, code, severity)) ?? DEFAULT_RULE;
  }

  /** What each region of a notice asks for when it is submitted at this time (ms since epoch). */
  requirements({ regions, severity }: Pick<Notice, 'regions' | 'severity'>, atMs: number): Record<string, Requirement> {
    return Object.fromEntries(
      regions.map((code) => {
        const { approvals, escalateAfterMinutes } = this.ruleFor(code, severity);
        const requirement: Requirement = {
          approvals: approvals.map(({ from, count }) => ({ from: from.map((term) => resolved(term, code)), count })),
          ...(escalateAfterMinutes === null
            ? {}
            : { escalatesAt: new Date(atMs + escalateAfterMinutes * 60_000).toISOString() }),
        };
        return [code, requirement];
      }),
    );
  }

  /**
   * The capacities in which somebody could act in a region, principal before deputy. Whoever the file lists acts for the
   * authorities it names alone; others by the regions of their key.
   */
  capacities(by: Pick<Approver, 'person' | 'regions' | 'authority'>, code: string): Capacity[] {
    const listed = this.people.find(({ person }) => isSamePerson(person, by.person));
    if (!listed) {
      const own = by.authority ?? (by.regions === '*' ? MINISTRY : authorityOf({ code })).id;
      return [{ authority: own, deputy: false }];
    }
    return [
      ...listed.authorities.map((term) => ({ authority: resolved(term, code), deputy: false })),
      ...listed.deputyFor.map((term) => ({ authority: resolved(term, code), deputy: true })),
    ];
  }

  /** The people listed for any of these authorities in a region: those who approve, or their deputies. */
  peopleOf(authorities: readonly string[] | '*', code: string, deputies: boolean): PolicyPerson[] {
    const wanted = authorities === '*' ? [authorityOf({ code }).id, MINISTRY.id] : authorities;
    return this.people.filter(({ authorities: own, deputyFor }) =>
      (deputies ? deputyFor : own).some((term) => wanted.includes(resolved(term, code))),
    );
  }
}

export function fits({ regions, severities }: PolicyRule, code: string, severity: Notice['severity']): boolean {
  return (regions === '*' || regions.includes(code)) && (severities === '*' || severities.includes(severity));
}

/** The authority that a term means in a region. */
const resolved = (term: string, code: string): string => (term === OWN_PREFECTURE ? authorityOf({ code }).id : term);

const DEFAULT_RULE: PolicyRule = ruleSchema.parse({ approvals: [{}] });

/** One approval by the prefecture or the ministry. */
export const DEFAULT_POLICY = new ApprovalPolicy({ rules: [DEFAULT_RULE] });
