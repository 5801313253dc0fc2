/** Follow-ups of a notice: correction, restored and all-clear, from order to launch. */
import { z } from 'zod';
import type { FollowUpKind } from '../../notices/follow-up-kinds.ts';
import { type Call, defineCall } from '../call.ts';
import { FollowUpOrder, orderFollowUp } from '../follow-up-order.ts';
import { followUpOrder } from '../follow-up-schemas.ts';
import { shown } from '../replies.ts';
import type { RightId } from '../rights.ts';

const order = (kind: FollowUpKind, right: RightId, what: string): Call =>
  defineCall({
    right,
    method: 'post',
    path: `/v1/notices/:id/${kind}`,
    tag: 'notices',
    summary: `Order ${what}, for those only who were sent the first text`,
    description:
      'A draft, or as far as `upTo` says. Regions whose texts are those prepared with the notice are approved by its approval, others by a standing approval within its bounds. Its launch stops what it follows.',
    params: { id: z.string() },
    body: { kind: 'json', schema: FollowUpOrder },
    reply: { status: 201, description: 'The notice, and how far it came', schema: followUpOrder, versioned: true },
    handle: async ({ params: { id }, body, caller }, deps) => {
      const { notice, order: ordered } = await orderFollowUp(deps, id, kind, body, caller);
      const { version } = notice;
      return {
        kind: 'json',
        body: { ...shown(notice), order: ordered },
        version,
        location: `/v1/notices/${notice.id}`,
      };
    },
  });

export const followUpCalls: readonly Call[] = [
  order('correction', 'notices.correction', 'a correction'),
  order('restored', 'notices.restored', '"restored, keep the alternative numbers until…"'),
  order('all-clear', 'notices.allClear', 'the all-clear'),
];
