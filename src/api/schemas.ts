/** The shapes that leave the API, for its document. Requests are checked by the schemas of the modules that own them. */
import { z } from 'zod';
import { NOTICE_STATES } from '../notices/lifecycle.ts';
import { NOTICE_INPUT_FIELDS, ProposalInput } from '../notices/notice-input.ts';
import { WaiverInput } from '../notices/waivers.ts';
import { ROLES } from './rights.ts';

export const time = z.iso.datetime({ offset: true }).meta({ example: '2026-06-02T18:00:00+02:00' });
export const count = z.int().nonnegative();
export const counts = z.record(z.string(), count);
export const sha256 = z.string().meta({ description: 'SHA-256, hexadecimal' });
export const version = z.int().positive().meta({ description: 'Version of the record: its ETag' });
export const level = z.enum(['departement', 'region', 'national']);
const printed = z.object({
  service: z.string(),
  number: z.string(),
  display: z.string(),
  region: z.string().meta({ description: 'The place of the directory that it came from: "35", "R53", "FR"' }),
  from: level.meta({ description: 'How near that place is' }),
  verifiedAt: time.optional(),
});

export const fault = z.object({
  at: z.string().meta({ description: 'JSON pointer, line, query or header', example: '/regions/0' }),
  message: z.string(),
});

export const problem = z
  .object({
    type: z.string().meta({ example: 'urn:tocsin:problem:unknown_region' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable', example: 'unknown_region' }),
    faults: z.array(fault),
    instance: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

export const rendering = z
  .object({
    region: z.string(),
    language: z.string(),
    wording: z.string(),
    wordings: z
      .array(
        z.object({
          language: z.string(),
          file: z.string(),
          review: z.object({ by: z.string(), at: z.string() }).optional(),
        }),
      )
      .optional()
      .meta({ description: 'What the text was written from, and who has read that' }),
    text: z.string(),
    encoding: z.enum(['gsm7', 'ucs2']),
    units: count,
    segments: count,
    sha256,
    numbers: z.array(printed),
    transliterated: z.array(z.object({ from: z.string(), to: z.string(), at: count })),
  })
  .meta({ id: 'Rendering' });

const required = z.object({
  from: z.union([z.literal('*'), z.array(z.string())]).meta({ description: 'Ids of authorities; * for any' }),
  count,
});

export const decision = z
  .object({
    region: z.string(),
    authority: z.string(),
    by: z.string(),
    at: time,
    decision: z.enum(['approved', 'returned']),
    hash: sha256,
    reasons: z.string().optional(),
    deputy: z.literal(true).optional().meta({ description: 'A deputy, after the escalation' }),
    proposal: ProposalInput.optional().meta({ description: 'What they would say instead' }),
    basis: z
      .union([
        z.object({ kind: z.literal('prepared'), notice: z.string(), hash: sha256, at: time }),
        z.object({ kind: z.literal('standing'), approval: z.string(), givenAt: time }),
      ])
      .optional()
      .meta({ description: 'What was approved before the submission, where that makes this approval' }),
  })
  .meta({ id: 'Decision' });

const waiver = WaiverInput.extend({ by: z.string(), at: time });

export const notice = z
  .object({
    id: z.string(),
    version,
    ...NOTICE_INPUT_FIELDS,
    scope: z.literal('Public'),
    state: z.enum(NOTICE_STATES),
    author: z.string(),
    editors: z.array(z.string()),
    createdAt: time,
    waivers: z.array(waiver),
    submitted: z.object({ by: z.string(), at: time }).optional(),
    renderings: z.array(rendering).optional(),
    renderingsHash: sha256.optional(),
    prepared: z
      .array(
        z.object({
          kind: z.string(),
          template: z.string(),
          parameters: z.record(z.string(), z.string()),
          hashes: z.record(z.string(), sha256).meta({ description: 'Of the texts of each region' }),
        }),
      )
      .optional()
      .meta({ description: 'Its follow-ups, approved with it' }),
    audienceDigest: sha256.optional(),
    routes: z.record(z.string(), z.array(z.string())).optional().meta({ description: 'By region, as submitted' }),
    requires: z
      .record(z.string(), z.object({ approvals: z.array(required), escalatesAt: time.optional() }))
      .optional()
      .meta({ description: 'Approvals that each region asks for, as submitted; without it, one' }),
    decisions: z.array(decision),
    calls: z
      .array(
        z.object({
          stage: z.enum(['submitted', 'escalated']),
          at: time,
          regions: z.array(z.string()),
          notifications: z.array(z.string()),
        }),
      )
      .optional()
      .meta({ description: 'Who was told that it waits' }),
    broadcast: z.string().optional(),
    timings: z.record(z.string(), time),
  })
  .meta({ id: 'Notice' });

export const forecast = z
  .object({
    segments: count,
    segmentsPerSecond: z.number(),
    limitedBy: z.enum(['route', 'machine']),
    seconds: z.number(),
    finishAt: time,
  })
  .meta({ id: 'Forecast', description: 'When the last message would leave, were it launched now' });

export const trouble = z.object({
  code: z.string(),
  at: z.string(),
  message: z.string(),
  about: z
    .object({ region: z.string().optional(), service: z.string().optional(), language: z.string().optional() })
    .optional(),
});

export const preview = z
  .object({
    frozen: z.boolean().meta({ description: 'Whether the texts are those of the submission' }),
    renderings: z.array(rendering.extend({ recipients: count })),
    regions: z.array(
      z.object({
        region: z.string(),
        name: z.string(),
        authority: z.string(),
        recipients: count,
        routes: z.array(z.string()).meta({ description: 'All that may carry it' }),
        hash: sha256.meta({ description: 'What an approval must name' }),
        decisions: z.array(decision),
        approved: z.boolean().meta({ description: 'Whether nothing is missing and nobody has returned it' }),
        missing: z
          .array(required.extend({ people: z.array(z.string()), deputies: z.array(z.string()) }))
          .meta({ description: 'What is still asked for, and who the policy names for it' }),
        escalatesAt: time.optional().meta({ description: 'From then on deputies may approve' }),
      }),
    ),
    totals: z.object({ recipients: count, segments: count }),
    problems: z.array(trouble).meta({ description: 'What a submission now would be refused for' }),
    waived: z.array(trouble.extend({ waiver })).meta({ description: 'What would be refused if nobody had waived it' }),
    warnings: z.array(trouble).meta({ description: 'What somebody should look at, but may be right' }),
    launchPhrase: z.string().meta({ example: 'EXERCISE 101 REGIONS 100000 RECIPIENTS' }),
    forecast: forecast.optional(),
  })
  .meta({ description: 'Without what goes beyond the texts: see follow-up-schemas.ts' });

export const testCall = z.object({ by: z.string(), at: time, note: z.string().optional() });

export const alternativeNumber = z
  .object({
    region: z.string().meta({ description: 'INSEE code, R53 for an administrative region, FR for the whole country' }),
    service: z.string(),
    number: z.string().meta({ description: 'E.164 digits' }),
    display: z.string(),
    owner: z.string(),
    validFrom: time.optional(),
    validUntil: time.optional(),
    enteredBy: z.string(),
    enteredAt: time,
    verification: testCall.optional(),
    failedCall: testCall
      .optional()
      .meta({ description: 'The last test call, where the wrong people or none answered' }),
    version,
  })
  .meta({ id: 'AlternativeNumber' });

const numberEntry = alternativeNumber.omit({ version: true }).meta({ id: 'NumberEntry' });

export const numberEvent = z
  .object({
    at: time,
    by: z.string(),
    act: z.enum(['entered', 'changed', 'removed', 'verified', 'test_call_failed']),
    before: numberEntry.optional(),
    after: numberEntry.optional(),
  })
  .meta({ id: 'NumberEvent' });

export const audience = z
  .object({
    id: z.string(),
    version,
    name: z.string(),
    createdAt: time,
    createdBy: z.string(),
    recipients: count,
    groups: z.array(z.object({ region: z.string(), language: z.string(), recipients: count, blocks: count })),
    fictional: count,
    unassigned: count,
    lines: count,
    duplicates: count,
    rejected: count,
    rejectedByReason: counts,
    digest: sha256,
    purgingSince: time.optional(),
    purgedAt: time.optional().describe('its recipients are gone; the counts stay'),
  })
  .meta({ id: 'Audience' });

export const template = z
  .object({ id: z.string(), title: z.string(), event: z.string(), wordings: z.record(z.string(), z.looseObject({})) })
  .loose()
  .meta({ id: 'Template' });

export const scope = z.union([z.literal('*'), z.array(z.string().min(1).max(3)).max(200)]);

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    person: z.string(),
    role: z.enum(ROLES),
    regions: scope.optional(),
    createdAt: time,
    expiresAt: time.optional(),
    rotatedAt: time.optional(),
    previousUntil: time.optional(),
    revokedAt: time.optional(),
    lastUsedAt: time.optional(),
  })
  .meta({ id: 'ApiKey' });

export const auditEntry = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
    from: z.string().optional().describe('address of the client, or `host:<name>`'),
    changes: z
      .array(
        z.object({
          record: z.string(),
          version: count,
          before: z.record(z.string(), z.unknown()).optional(),
          after: z.record(z.string(), z.unknown()),
        }),
      )
      .optional()
      .describe('by JSON pointer, as it was and as it is; long values as `sha256:<hex>`'),
    previous: z.string(),
    hash: sha256,
  })
  .meta({ id: 'AuditEntry' });

/** A page of a list, newest first; `next` goes into `before` for the page that follows. */
export const pageOf = (item: z.ZodType) => z.object({ items: z.array(item), next: z.string().optional() });

/** The query of a page. */
export const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('items a page'),
  before: z.string().min(1).max(100).optional().describe('`next` of the page before'),
};
