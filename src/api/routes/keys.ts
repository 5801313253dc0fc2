/** API keys. */
import { z } from 'zod';
import { type Call, defineCall } from '../call.ts';
import { requireNotWider } from '../key-rules.ts';
import { json, page } from '../replies.ts';
import { ROLES } from '../rights.ts';
import { apiKey, PAGE_QUERY, pageOf, scope, time } from '../schemas.ts';

const tag = 'keys';
const newKey = z.strictObject({
  name: z.string().min(1).max(100).describe('what the key is for'),
  person: z.string().min(1).max(100).describe('who answers for it: nobody approves what they wrote'),
  role: z.enum(ROLES),
  regions: scope.optional().describe('what an approver decides for; "*" for all'),
  expiresAt: time.optional(),
});

const madeKey = z.object({ key: apiKey, secret: z.string() });
const OVERLAP_MAX_SECONDS = 7 * 86_400;

export const keyCalls: readonly Call[] = [
  defineCall({
    right: 'keys.create',
    method: 'post',
    path: '/v1/keys',
    tag,
    summary: 'Make a key; its secret is shown this once',
    body: { kind: 'json', schema: newKey },
    reply: {
      status: 201,
      description: 'The key and its secret',
      schema: madeKey,
    },
    handle: async ({ body, caller }, { keys }) => {
      requireNotWider(caller.regions, body);
      const made = await keys.create(body, caller.actor);
      return { kind: 'json', body: made, location: `/v1/keys/${made.key.id}` };
    },
  }),
  defineCall({
    right: 'keys.list',
    method: 'get',
    path: '/v1/keys',
    tag,
    summary: 'List keys, newest first',
    query: PAGE_QUERY,
    reply: { status: 200, description: 'A page of keys', schema: pageOf(apiKey) },
    handle: async ({ query }, { keys }) => page(await keys.list(query), query.limit),
  }),
  defineCall({
    right: 'keys.rotate',
    method: 'post',
    path: '/v1/keys/:id/rotation',
    tag,
    summary: 'Give a key a new secret, shown this once; nothing else of it changes',
    params: { id: z.string() },
    body: {
      kind: 'json',
      optional: true,
      schema: z.strictObject({
        overlapSeconds: z
          .int()
          .min(0)
          .max(OVERLAP_MAX_SECONDS)
          .default(0)
          .describe('how long the secret before works too; 0 after a theft'),
      }),
    },
    reply: { status: 201, description: 'The key and its new secret', schema: madeKey },
    handle: async ({ params: { id }, body, caller }, { keys }) => {
      requireNotWider(caller.regions, await keys.get(id));
      const made = await keys.rotate(id, body.overlapSeconds, caller.actor);
      return { kind: 'json', body: made, location: `/v1/keys/${id}` };
    },
  }),
  defineCall({
    right: 'keys.revoke',
    method: 'delete',
    path: '/v1/keys/:id',
    tag,
    summary: 'Revoke a key: in force everywhere at once',
    params: { id: z.string() },
    reply: { status: 200, description: 'The revoked key', schema: apiKey },
    handle: async ({ params: { id }, caller }, { keys }) => {
      requireNotWider(caller.regions, await keys.get(id));
      return json(await keys.revoke(id, caller.actor));
    },
  }),
];
