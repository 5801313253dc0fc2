/** Standing approvals: what an authority lets through for a period, within bounds. */
import { z } from 'zod';
import { StandingApprovalInput } from '../../notices/standing-approval.ts';
import { type Call, defineCall } from '../call.ts';
import { standingApproval } from '../follow-up-schemas.ts';
import { page, record, shown } from '../replies.ts';
import { PAGE_QUERY, pageOf } from '../schemas.ts';

const tag = 'standing approvals';
const path = '/v1/standing-approvals';
const params = { id: z.string() };
const schema = standingApproval;

export const standingApprovalCalls: readonly Call[] = [
  defineCall({
    right: 'standingApprovals.give',
    method: 'post',
    path,
    tag,
    summary: 'Approve a template within bounds for a period, for your own regions',
    description: 'A notice within the bounds is approved when it is submitted; its preview tells every reason why not.',
    body: { kind: 'json', schema: StandingApprovalInput },
    reply: { status: 201, description: 'The standing approval', schema, versioned: true },
    handle: async ({ body, caller }, { notices }) => {
      const given = await notices.standing.give(body, caller);
      return record(given, `${path}/${given.id}`);
    },
  }),
  defineCall({
    right: 'standingApprovals.list',
    method: 'get',
    path,
    tag,
    summary: 'List standing approvals, newest first, those no longer in force too',
    query: PAGE_QUERY,
    reply: { status: 200, description: 'A page of standing approvals', schema: pageOf(schema) },
    handle: async ({ query }, { notices }) => page((await notices.standing.list(query)).map(shown), query.limit),
  }),
  defineCall({
    right: 'standingApprovals.get',
    method: 'get',
    path: `${path}/:id`,
    tag,
    summary: 'Read a standing approval',
    params,
    reply: { status: 200, description: 'The standing approval', schema, versioned: true },
    handle: async ({ params: { id } }, { notices }) => record(await notices.standing.get(id)),
  }),
  defineCall({
    right: 'standingApprovals.revoke',
    method: 'delete',
    path: `${path}/:id`,
    tag,
    summary: 'Revoke a standing approval for good; what it has let through stays approved',
    params,
    reply: { status: 200, description: 'The standing approval', schema, versioned: true },
    handle: async ({ params: { id }, caller }, { notices }) => record(await notices.standing.revoke(id, caller)),
  }),
];
