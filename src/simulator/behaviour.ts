/**
 * What the simulated SMSC does, as one strict schema: every field has a default, so that `{}` is a friendly SMSC.
 * It owns the shape and the faults of a bad one; nothing here acts.
 */
import { z } from 'zod';
import { TocsinError } from '../errors.ts';
import { receiptsSchema } from './behaviour-receipts.ts';
import { accountSchema, bindSchema, sessionSchema } from './behaviour-sessions.ts';
import { cancelsSchema, messageIdsSchema, responsesSchema, submissionsSchema } from './behaviour-submissions.ts';

export const behaviourSchema = z.strictObject({
  accounts: z
    .array(accountSchema)
    .min(1)
    .max(1000)
    .refine((accounts) => new Set(accounts.map((account) => account.systemId)).size === accounts.length, {
      message: 'two accounts have the same systemId',
    })
    .prefault([{ systemId: 'tocsin', password: 'secret' }])
    .describe('who may bind'),
  bind: bindSchema.prefault({}).describe('how binds are answered'),
  session: sessionSchema.prefault({}).describe('what happens on the connection'),
  submissions: submissionsSchema.prefault({}).describe('what is refused'),
  responses: responsesSchema.prefault({}).describe('how submit_sm is answered'),
  cancels: cancelsSchema.prefault({}).describe('how cancel_sm is answered'),
  messageIds: messageIdsSchema.prefault({}).describe('what message ids look like'),
  receipts: receiptsSchema.prefault({}).describe('delivery receipts'),
});

export type Behaviour = z.infer<typeof behaviourSchema>;
/** As people write it: everything that has a default may be left out. */
export type BehaviourInput = z.input<typeof behaviourSchema>;
export type Account = Behaviour['accounts'][number];

/** Fills in the defaults; throws `invalid/bad_behaviour` with a JSON pointer for every fault. */
export function parseBehaviour(input: unknown): Behaviour {
  const parsed = behaviourSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw badInput('bad_behaviour', 'the behaviour is not usable', parsed.error);
}

/** RFC 7396 merge patch: objects merge, null takes a field back to its default, anything else replaces. */
export function patchBehaviour(current: Behaviour, patch: unknown): Behaviour {
  return parseBehaviour(merge(current, patch));
}

export function badInput(code: string, message: string, error: z.ZodError): TocsinError {
  const faults = error.issues.map((issue) => ({
    at: issue.path.map((step) => `/${String(step)}`).join('') || '/',
    message: issue.message,
  }));
  return new TocsinError('invalid', code, message, { faults });
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
