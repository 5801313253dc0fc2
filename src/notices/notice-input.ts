/** What may come in as a notice: strict, every fault listed by its JSON pointer, nothing guessed. */
import { z } from 'zod';
import { refuseFaults } from '../errors.ts';
import { FOLLOW_UP_KINDS } from './follow-up-kinds.ts';
import { SEVERITIES } from './notice.ts';
import { WaiverInput } from './waivers.ts';

export const REFERENCES_MAX = 100;

const dateTime = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time with an offset, such as 2026-06-02T18:00:00+02:00' })
  .meta({ example: '2026-06-02T18:00:00+02:00' });
/** CAP 1.2 §3.2.1: no spaces, commas, < or & in sender and identifier. */
const capName = z
  .string()
  .max(200)
  .regex(/^[^\s,<&]+$/, 'must have no spaces, commas, < or &');
const regionCode = z
  .string()
  .regex(/^(?:\d{2,3}|2[AB])$/, 'must be the INSEE code of a département, as a string: "01", "2A", "974"');
const shortNumber = z.string().regex(/^\d{2,6}$/, 'must be the short number of a service, as a string: "15", "112"');
const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // Controls and overrides of direction would make the approved text look like another; surrogates are no text.
    .regex(/^[^\p{Cc}\p{Cs}\u202d\u202e\ufffe\uffff]*$/u, 'must have no control characters');
/** As plain text, in lines. */
const paragraphs = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^(?:[^\p{Cc}\p{Cs}\u202d\u202e\ufffe\uffff]|[\t\n])*$/u, 'must have no control characters');
const unique = (values: readonly string[]) => new Set(values).size === values.length;

export const NOTICE_INPUT_FIELDS = {
  identifier: capName.optional().describe('CAP identifier of a message that comes from elsewhere'),
  sender: capName.optional().describe('CAP sender of a message that comes from elsewhere'),
  sent: dateTime.optional().describe('CAP time of a message that comes from elsewhere'),
  status: z.enum(['Actual', 'Exercise', 'Test']).describe('Exercise and Test never reach a live route'),
  msgType: z.enum(['Alert', 'Update', 'Cancel']).default('Alert'),
  references: z
    .array(z.string().regex(/^[^\s,<&]+,[^\s,<&]+,[^\s,<&]+$/, 'must be sender,identifier,sent'))
    .max(REFERENCES_MAX)
    .default([])
    .describe('the earlier messages that an Update or Cancel is about'),
  followsUp: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('id of the notice that this one follows up: it goes to those only who were sent that one'),
  event: plainText(100).optional().describe("default: the template's"),
  category: z.literal('Infra').default('Infra'),
  urgency: z.enum(['Immediate', 'Expected', 'Future', 'Past', 'Unknown']).default('Immediate'),
  severity: z.enum(SEVERITIES).describe('decides priority'),
  certainty: z.enum(['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown']).default('Observed'),
  expires: dateTime.describe('no message is sent, nor kept by an SMSC, after this'),
  headline: plainText(160).optional(),
  description: paragraphs(4_000).optional(),
  template: z.string().min(1).max(100).describe('id of a template'),
  parameters: z.record(z.string().max(100), plainText(500)).default({}).describe("values of the template's parameters"),
  services: z
    .array(shortNumber)
    .min(1)
    .max(20)
    .refine(unique, 'must name each service once')
    .describe('affected services by short number'),
  regions: z
    .array(regionCode)
    .max(200)
    .refine(unique, 'must name each region once')
    .describe('INSEE codes of the départements concerned; an empty list is refused, it never means everyone'),
  audience: z.string().min(1).max(100).describe('id of an audience snapshot'),
  route: z.string().min(1).max(100).optional().describe('id of a route'),
  inDoubt: z
    .enum(['resend', 'hold'])
    .default('resend')
    .describe('what becomes of recipients whose submission was under way when a process died'),
  waivers: z
    .array(WaiverInput)
    .max(200)
    .default([])
    .describe('faults that somebody answers for by name; whoever approves sees them'),
  detectedAt: dateTime.optional().describe('when the breakdown was detected: the 30 minutes run from then'),
  followUps: z
    .partialRecord(z.enum(FOLLOW_UP_KINDS), z.record(z.string().max(100), plainText(500)))
    .optional()
    .describe(
      'values of the parameters of its follow-ups, which are approved together with it; `until` of `restored` is `expires` when left out',
    ),
} as const;

export const NoticeInput = z.strictObject(NOTICE_INPUT_FIELDS);

/** A new notice, defaults filled in. */
export type NoticeInput = z.output<typeof NoticeInput>;

/** Any of the fields, to change a draft; fields left out stay. */
export const NoticePatch = z.strictObject(withoutDefaults());
export type NoticePatch = z.output<typeof NoticePatch>;

export const FollowUpInput = z.strictObject({
  parameters: NOTICE_INPUT_FIELDS.parameters,
  regions: NOTICE_INPUT_FIELDS.regions.optional().describe('default: those of the notice that it follows'),
  expires: dateTime.optional().describe('default: that of the notice that it follows'),
  headline: NOTICE_INPUT_FIELDS.headline,
  description: NOTICE_INPUT_FIELDS.description,
  waivers: z.array(WaiverInput).max(200).optional().describe('besides those of the notice that it follows'),
});
/** What a follow-up does not have from the notice that it follows. */
export type FollowUpInput = z.output<typeof FollowUpInput>;

export const ProposalInput = z
  .strictObject({
    template: NOTICE_INPUT_FIELDS.template.optional(),
    parameters: z.record(z.string().max(100), plainText(500)).optional().describe('these only; the others stay'),
    headline: NOTICE_INPUT_FIELDS.headline,
    description: NOTICE_INPUT_FIELDS.description,
  })
  .refine((proposal) => Object.values(proposal).some((value) => value !== undefined), 'must change something');

export const DecisionInput = z.strictObject({
  region: regionCode,
  decision: z.enum(['approve', 'return']),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the hash of the region, as the preview shows it')
    .describe("hash of the region's renderings, from the preview: what is decided on"),
  reasons: paragraphs(2_000).optional().describe('needed to return'),
  proposal: ProposalInput.optional().describe('with a return: what to say instead; the author takes it over or not'),
});
export type DecisionInput = z.output<typeof DecisionInput>;

/** Reads a notice from JSON; throws `invalid/invalid_notice` with every fault and its JSON pointer. */
export function parseNoticeInput(raw: unknown): NoticeInput {
  const parsed = NoticeInput.safeParse(raw);
  if (parsed.success) return parsed.data;
  refuseFaults('invalid_notice', 'The notice has faults', parsed.error.issues.flatMap(faultsOf));
  throw parsed.error;
}

function faultsOf(issue: z.core.$ZodIssue): { at: string; message: string }[] {
  const at = pointer(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ at, message: issue.message }];
  return issue.keys.map((key) => ({ at: pointer([...issue.path, key]), message: 'is not a field here' }));
}

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

type Unwrapped<F> = F extends z.ZodDefault<infer Inner> ? Inner : F extends z.ZodOptional<infer Inner> ? Inner : F;
type PatchFields = {
  [K in keyof typeof NOTICE_INPUT_FIELDS]: z.ZodOptional<Unwrapped<(typeof NOTICE_INPUT_FIELDS)[K]>>;
};

/** A default in a patch would put back what the author had set. */
function withoutDefaults(): PatchFields {
  const fields = Object.entries(NOTICE_INPUT_FIELDS).map(([name, field]) => {
    const inner = field instanceof z.ZodDefault || field instanceof z.ZodOptional ? field.unwrap() : field;
    return [name, z.optional(inner as z.ZodType)];
  });
  return Object.fromEntries(fields) as PatchFields;
}
