/** The audit log: newest first by the page, or all of it as lines. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { auditEntries } from '../../store/audit.ts';
import { type AuditFilter, auditPage, matches } from '../../store/audit-filter.ts';
import type { Store } from '../../store/connection.ts';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';
import { auditEntry, PAGE_QUERY, pageOf, time } from '../schemas.ts';

const ENTRY_ID = /^\d{1,16}-\d{1,16}$/;
const NDJSON = 'application/x-ndjson';
const text = (description: string) => z.string().min(1).max(200).optional().describe(description);

export const auditCalls: readonly Call[] = [
  defineCall({
    right: 'audit.list',
    method: 'get',
    path: '/v1/audit',
    tag: 'audit',
    summary: 'Read the audit log, newest first',
    description:
      'Each entry carries the hash of the one before it. No entry holds a recipient’s number. ' +
      'As application/x-ndjson all that match come at once, oldest first.',
    query: {
      limit: PAGE_QUERY.limit,
      before: z.string().regex(ENTRY_ID, 'must be the `next` of a page').optional(),
      subject: text('`notice/<id>`, or all of a kind: `notice/`'),
      actor: text('`key:<id>`, `oidc:<provider>:<sub>` of a token, `cli:<user>`, or a person'),
      action: text('`notice.submit`, or all of a kind: `notice.`'),
      since: time.optional().describe('from this time on'),
      until: time.optional().describe('up to this time'),
    },
    reply: {
      status: 200,
      description: 'A page of entries; one of a search may be short and yet have a `next`',
      schema: pageOf(auditEntry),
      media: ['application/json', NDJSON],
    },
    handle: async ({ query, accept }, { store }) => {
      if (accept !== NDJSON) return json(await auditPage(store, query));
      const stream = Readable.from(lines(store, query), { objectMode: true });
      return { kind: 'stream', stream, media: NDJSON, name: 'audit.ndjson' };
    },
  }),
];

async function* lines(store: Store, filter: AuditFilter): AsyncGenerator<string> {
  for await (const entry of auditEntries(store)) if (matches(entry, filter)) yield `${JSON.stringify(entry)}\n`;
}
