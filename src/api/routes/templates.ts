/** The wordings there are. They are changed as files, not here. */
import { z } from 'zod';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';
import { template } from '../schemas.ts';

const tag = 'templates';

export const templateCalls: readonly Call[] = [
  defineCall({
    right: 'templates.list',
    method: 'get',
    path: '/v1/templates',
    tag,
    summary: 'List templates with their wordings',
    reply: { status: 200, description: 'All templates', schema: z.object({ items: z.array(template) }) },
    handle: async (_input, { templates }) => json({ items: templates.list() }),
  }),
  defineCall({
    right: 'templates.get',
    method: 'get',
    path: '/v1/templates/:id',
    tag,
    summary: 'Read a template',
    params: { id: z.string() },
    reply: { status: 200, description: 'The template', schema: template },
    handle: async ({ params }, { templates }) => json(templates.get(params.id)),
  }),
];
