/** The calls of cap-feed.ts for the OpenAPI document: they are in no table of rights, since they may need no key. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { CapSettings } from '../cap/cap-file.ts';
import { ATOM_MEDIA, CAP_MEDIA } from '../cap/feed.ts';
import { problem } from './schemas.ts';

const PROBLEM = { 'application/problem+json': { schema: problem } };
const REFUSALS: RouteConfig['responses'] = {
  304: { description: 'It is as the caller has it (If-None-Match, If-Modified-Since)' },
  401: { description: 'No API key, or one that is not in force, where one is needed', content: PROBLEM },
  429: { description: 'Too many calls', content: PROBLEM },
  503: { description: 'The store cannot be reached; try again after Retry-After', content: PROBLEM },
};
const xml = (description: string, media: string): RouteConfig['responses'] => ({
  200: {
    description,
    content: { [media]: { schema: { type: 'string' } } },
    headers: {
      ETag: { description: 'Of these bytes', schema: { type: 'string' } },
      'Last-Modified': { description: 'When it last came to say more', schema: { type: 'string' } },
    },
  },
});
interface Access {
  readonly security: NonNullable<RouteConfig['security']>;
  readonly needs: string;
}

const OPEN: Access = {
  security: [{}, { apiKey: [] }],
  needs: 'Actual alerts need no key; exercises and tests do.',
};
const KEYED: Access = { security: [{ apiKey: [] }], needs: 'All of them need a key.' };

/** None where the feed is off: the document offers what is served. */
export function capFeedPaths(feed: CapSettings['feed'] = 'public'): readonly RouteConfig[] {
  return feed === 'off' ? [] : paths(feed === 'public' ? OPEN : KEYED);
}

const paths = ({ security, needs }: Access): readonly RouteConfig[] => [
  {
    method: 'get',
    path: '/v1/cap/feed',
    operationId: 'capFeed',
    summary: 'The alerts that were launched, newest first, as an Atom feed',
    description: `Those in force and those that were until a day ago. ${needs}`,
    tags: ['cap'],
    security,
    request: { query: z.object({ status: z.enum(['Actual', 'Exercise', 'Test']).optional() }) },
    responses: {
      ...xml('The feed', ATOM_MEDIA),
      400: { description: 'The request cannot be read', content: PROBLEM },
      ...REFUSALS,
    },
  },
  {
    method: 'get',
    path: '/v1/cap/alerts/{id}.xml',
    operationId: 'capAlert',
    summary: 'An alert that was launched, as CAP 1.2 for its approved regions',
    description: needs,
    tags: ['cap'],
    security,
    request: { params: z.object({ id: z.string() }) },
    responses: {
      ...xml('The alert', CAP_MEDIA),
      404: { description: 'There is no such thing', content: PROBLEM },
      ...REFUSALS,
    },
  },
];
