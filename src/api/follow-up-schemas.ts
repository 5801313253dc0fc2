/** The shapes of follow-ups, of approvals given beforehand and of the clock, for the document. */
import { z } from 'zod';
import { FOLLOW_UP_KINDS } from '../notices/follow-up-kinds.ts';
import { StandingApprovalInput } from '../notices/standing-approval.ts';
import { count, decision, fault, notice, preview, rendering, sha256, time, version } from './schemas.ts';

export const clock = z
  .object({
    detectedAt: time.meta({ description: 'Of a follow-up: when it was ordered' }),
    targetAt: time,
    targetMinutes: z.number().meta({ description: '30 from detection; 2 for a follow-up' }),
    minutes: z.number().meta({ description: 'So far; once people are told, until then' }),
    minutesLeft: z.number().meta({ description: 'Negative when the target was missed' }),
    running: z.boolean(),
  })
  .meta({ id: 'Clock' });

export const standingApproval = z
  .object({
    id: z.string(),
    version,
    ...StandingApprovalInput.shape,
    validFrom: time,
    authority: z.string().optional(),
    forAll: z.boolean(),
    by: z.string(),
    givenAt: time,
    wordings: z.array(sha256).meta({ description: 'Of the wordings approved' }),
    uses: count.meta({ description: 'Notices that it let through' }),
    lastUse: z.object({ notice: z.string(), at: time }).optional(),
    revoked: z.object({ by: z.string(), at: time }).optional(),
  })
  .meta({ id: 'StandingApproval' });

const standingJudged = z.object({
  approval: z.string(),
  by: z.string(),
  holds: z.boolean(),
  reasons: z.array(z.string()).meta({ description: 'Every reason why it does not hold' }),
});

const beforehand = z.array(
  z.object({
    region: z.string(),
    prepared: z
      .object({ notice: z.string(), holds: z.boolean(), why: z.string().optional() })
      .optional()
      .meta({ description: 'Of a follow-up: whether the approval of the notice that it follows holds for it' }),
    standing: z.array(standingJudged),
    decisions: z.array(decision).meta({ description: 'What of it a submission takes' }),
    suffices: z.boolean().meta({ description: 'Whether these are all that the region asks for' }),
  }),
);

const followUpTexts = z.object({
  kind: z.enum(FOLLOW_UP_KINDS),
  template: z.string(),
  parameters: z.record(z.string(), z.string()),
  renderings: z.array(rendering.extend({ recipients: count })),
});

export const fullPreview = z
  .object({
    ...preview.shape,
    followUps: z.array(followUpTexts).meta({ description: 'The texts that are approved with these' }),
    beforehand: beforehand.meta({ description: 'What was approved beforehand, and why not' }),
    clock,
  })
  .meta({ id: 'Preview' });

export const followUpOrder = z.object({
  ...notice.shape,
  order: z
    .object({
      launchPhrase: z.string(),
      ready: z.array(z.string()).meta({ description: 'Regions that are approved, or would be by a submission' }),
      waiting: z.array(z.object({ region: z.string(), why: z.array(z.string()) })),
      broadcast: z.string().optional(),
      refused: z
        .object({ step: z.enum(['submit', 'launch']), code: z.string(), detail: z.string(), faults: z.array(fault) })
        .optional()
        .meta({ description: 'What kept it from going as far as it was to' }),
    })
    .meta({ description: 'How far it came' }),
});
