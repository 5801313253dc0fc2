/** The audit log, newest first. */
import { z } from 'zod';
import { auditPage } from '../audit-page.ts';
import { type Call, defineCall } from '../call.ts';
import { page } from '../replies.ts';
import { auditEntry, PAGE_QUERY, pageOf } from '../schemas.ts';

const ENTRY_ID = /^\d{1,16}-\d{1,16}$/;

export const auditCalls: readonly Call[] = [
  defineCall({
    right: 'audit.list',
    method: 'get',
    path: '/v1/audit',
    tag: 'audit',
    summary: 'Read the audit log, newest first',
    description: 'Each entry carries the hash of the one before it. No entry holds a recipient’s number.',
    query: { limit: PAGE_QUERY.limit, before: z.string().regex(ENTRY_ID, 'must be the `next` of a page').optional() },
    reply: { status: 200, description: 'A page of entries', schema: pageOf(auditEntry) },
    handle: async ({ query }, { store }) => page(await auditPage(store, query), query.limit),
  }),
];
