/** Audiences: immutable snapshots of recipients. What is shown are counts; numbers go in and never come out. */
import { z } from 'zod';
import { TocsinError } from '../../errors.ts';
import { type Call, defineCall } from '../call.ts';
import { page, record, shown } from '../replies.ts';
import { audience, PAGE_QUERY, pageOf } from '../schemas.ts';

const tag = 'audiences';
const params = { id: z.string() };

export const audienceCalls: readonly Call[] = [
  defineCall({
    right: 'audiences.import',
    method: 'post',
    path: '/v1/audiences',
    tag,
    summary: 'Import an audience from CSV, plain or gzip',
    description: 'Streamed: it is never held in memory. A failed import leaves nothing behind.',
    query: { name: z.string().min(1).max(200).describe('what people call it') },
    body: {
      kind: 'stream',
      media: ['text/csv', 'application/gzip', 'application/x-gzip'],
      description: 'Header msisdn,region,language in any order, then one recipient a line',
    },
    reply: { status: 201, description: 'The snapshot', schema: audience, versioned: true },
    handle: async ({ query, upload, uploadBytes, signal, caller }, { audiences }) => {
      const options = { name: query.name, signal, sizeHint: uploadBytes };
      const { snapshot } = await audiences.import(upload, options, caller.actor);
      return record(snapshot, `/v1/audiences/${snapshot.id}`);
    },
  }),
  defineCall({
    right: 'audiences.list',
    method: 'get',
    path: '/v1/audiences',
    tag,
    summary: 'List audiences, newest first',
    query: PAGE_QUERY,
    reply: { status: 200, description: 'A page of audiences', schema: pageOf(audience) },
    handle: async ({ query }, { audiences }) => page((await audiences.list(query)).map(shown), query.limit),
  }),
  defineCall({
    right: 'audiences.get',
    method: 'get',
    path: '/v1/audiences/:id',
    tag,
    summary: 'Read an audience: its counts by region and language',
    params,
    reply: { status: 200, description: 'The snapshot', schema: audience, versioned: true },
    handle: async ({ params: { id } }, { audiences }) => record(await audiences.get(id)),
  }),
  defineCall({
    right: 'audiences.rejected',
    method: 'get',
    path: '/v1/audiences/:id/rejected',
    tag,
    summary: 'Download which lines were rejected, and why',
    params,
    reply: { status: 200, description: 'line,reason', media: ['text/csv'] },
    handle: async ({ params: { id } }, { audiences }) => {
      const stream = await audiences.rejectedLines(id);
      if (stream) return { kind: 'stream', stream, media: 'text/csv; charset=utf-8', name: `${id}-rejected.csv` };
      throw new TocsinError(
        'not-found',
        'no_rejected_lines',
        'No line of this audience was rejected, or the list is gone',
      );
    },
  }),
];
