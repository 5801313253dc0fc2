/** What goes on around the approval of a notice: what its authorities would say instead, and who was told that it waits. */
import { z } from 'zod';
import { takeOver } from '../../notices/take-over.ts';
import { Notifications } from '../../queue/notifications.ts';
import { type Call, defineCall } from '../call.ts';
import { json, record } from '../replies.ts';
import { count, notice, time, trouble } from '../schemas.ts';

const tag = 'notices';
const params = { id: z.string() };

const proposal = z
  .object({
    id: z.string(),
    region: z.string(),
    by: z.string(),
    at: time,
    reasons: z.string().optional(),
    changes: z.array(z.object({ at: z.string(), from: z.string().optional(), to: z.string() })),
    texts: z
      .array(
        z.object({
          language: z.string(),
          from: z.string(),
          to: z.string(),
          words: z.array(z.object({ kind: z.enum(['same', 'removed', 'added']), text: z.string() })),
        }),
      )
      .meta({ description: 'Texts of the region that would be others' }),
    problems: z.array(trouble).meta({ description: 'What a submission with it would be refused for' }),
  })
  .meta({ id: 'Proposal' });

const notification = z
  .object({
    id: z.string(),
    stage: z.enum(['submitted', 'escalated']),
    channel: z.enum(['webhook', 'sms']),
    to: z.string().meta({ description: 'Id of the person or webhook in the approvals file' }),
    regions: z.array(z.string()),
    createdAt: time,
    state: z.enum(['waiting', 'sent', 'failed', 'void']).meta({ description: 'void: nobody waited any more' }),
    attempts: count,
    lastAt: time.optional(),
    fault: z.string().optional().meta({ description: 'Why the last attempt failed' }),
  })
  .meta({ id: 'Notification' });

export const approvalCalls: readonly Call[] = [
  defineCall({
    right: 'notices.proposals',
    method: 'get',
    path: '/v1/notices/:id/proposals',
    tag,
    summary: 'See what those who returned the notice would say instead, beside what there is',
    params,
    reply: { status: 200, description: 'The proposals', schema: z.object({ items: z.array(proposal) }) },
    handle: async ({ params: { id } }, { notices }) => json({ items: await notices.proposals(id) }),
  }),
  defineCall({
    right: 'notices.takeOver',
    method: 'post',
    path: '/v1/notices/:id/proposals/:proposal/take-over',
    tag,
    summary: 'Change the notice as proposed; it is a draft again, and who proposed is one of its writers',
    params: { ...params, proposal: z.string() },
    conditional: true,
    reply: { status: 200, description: 'The notice', schema: notice, versioned: true },
    handle: async ({ params: { id, proposal: which }, caller, ifVersion }, { notices }) =>
      record(await takeOver(notices, id, which, caller, ifVersion)),
  }),
  defineCall({
    right: 'notices.notifications',
    method: 'get',
    path: '/v1/notices/:id/notifications',
    tag,
    summary: 'See who was told that the notice waits, and what became of each message',
    params,
    reply: {
      status: 200,
      description: 'In the order of the calls',
      schema: z.object({ items: z.array(notification) }),
    },
    handle: async ({ params: { id } }, { notices, store }) => {
      const { calls = [] } = (await notices.get(id)).value;
      const { records } = new Notifications({ store, now: Date.now });
      const held = await Promise.all(calls.flatMap((call) => call.notifications).map((one) => records.find(one)));
      const items = held.flatMap((one) => {
        if (!one) return [];
        const { stage, channel, to, regions, createdAt, state, attempts, lastAt, fault } = one.value;
        const shown = { id: one.id, stage, channel: channel === 'webhook' ? channel : 'sms', to, regions, createdAt };
        return [{ ...shown, state, attempts, lastAt, fault }];
      });
      return json({ items });
    },
  }),
];
