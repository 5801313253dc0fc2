/** The OpenAPI 3.1 document, made from the same table of calls that serves them. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
  type ZodRequestBody,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { type Call, mediaOf } from './call.ts';
import { capFeedPaths } from './cap-feed-paths.ts';
import type { ApiDeps } from './deps.ts';
import { RIGHTS } from './rights.ts';
import { problem } from './schemas.ts';

const PROBLEM = { 'application/problem+json': { schema: problem } };
const PROBLEM_STATUSES: Readonly<Record<string, string>> = {
  400: 'The request cannot be read',
  401: 'No API key, or one that is not in force',
  403: 'The key may not do this',
  404: 'There is no such thing',
  409: 'It contradicts the present state',
  412: 'The version named by If-Match is not the present one',
  413: 'The body is too large',
  415: 'The body is of another media type',
  422: 'The request has faults',
  429: 'Too many calls',
  503: 'The store cannot be reached; try again after Retry-After',
};
const TEXT = { type: 'string' } as const;
const WITH_BODY = ['409', '413', '415', '422'];

const HALTED = {
  halted: z.boolean().optional().meta({ description: 'Whether a global halt is in force, where known' }),
};
const status = (word: string, more: z.ZodRawShape = {}) => ({
  'application/json': { schema: z.object({ status: z.literal(word), ...more }) },
});

/** Served by supervision.ts; they take no key. */
const SUPERVISION: readonly RouteConfig[] = [
  {
    method: 'get',
    path: '/healthz',
    operationId: 'healthz',
    summary: 'Whether the process is alive',
    tags: ['supervision'],
    responses: { 200: { description: 'Alive', content: status('alive', HALTED) } },
  },
  {
    method: 'get',
    path: '/readyz',
    operationId: 'readyz',
    summary: 'Whether it can serve',
    tags: ['supervision'],
    responses: {
      200: { description: 'Ready', content: status('ready') },
      503: { description: 'Not ready; the faults say why', content: PROBLEM },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Metrics for Prometheus',
    tags: ['supervision'],
    responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: TEXT } } } },
  },
];

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

export function openApiDocument(
  calls: readonly Call[],
  { version, cap }: Pick<ApiDeps, 'version' | 'cap'>,
): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description:
      '`tocsin_<id>_<secret>`, made with `tocsin key create`; or an access token of a provider in the identity file',
  });
  for (const call of calls) registry.registerPath(pathOf(call));
  for (const path of [...SUPERVISION, ...capFeedPaths(cap?.feed)]) registry.registerPath(path);
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Tocsin', version, description: 'Mass SMS public information for a crisis cell' },
    servers: [{ url: '/' }],
  });
  return JSON.parse(JSON.stringify(document, withoutFlags)) as OpenApiDocument;
}

/** The generator writes a pattern's flags into it; JSON Schema patterns have none, and are Unicode already. */
const withoutFlags = (key: string, value: unknown): unknown =>
  key === 'pattern' && typeof value === 'string' ? value.replace(/\/[a-z]*u[a-z]*$/, '') : value;

function pathOf(call: Call): RouteConfig {
  const { status, description, schema, media = ['application/json'], versioned } = call.reply;
  const content = Object.fromEntries(
    media.map((type) => [type, { schema: schema && type.endsWith('json') ? schema : TEXT }]),
  );
  const headers = headersOf(call);
  return {
    method: call.method,
    path: call.path.replaceAll(/:(\w+)/g, '{$1}'),
    operationId: call.right.replace(/\.(\w)/, (_match, letter: string) => letter.toUpperCase()),
    summary: call.summary,
    description: [call.description, `Roles: ${RIGHTS[call.right].join(', ')}.`].filter(Boolean).join('\n\n'),
    tags: [call.tag],
    security: [{ apiKey: [] }],
    request: {
      params: call.params,
      query: call.query,
      ...(headers === undefined ? {} : { headers }),
      ...(call.body === undefined ? {} : { body: bodyOf(call) }),
    },
    responses: {
      [status]: {
        description,
        ...(status === 204 ? {} : { content }),
        ...(versioned
          ? { headers: { ETag: { description: 'Version of the record', schema: { type: 'string' } } } }
          : {}),
      },
      ...problemsOf(call),
    },
  };
}

function headersOf(call: Call): z.ZodObject | undefined {
  const fields: Record<string, z.ZodType> = {};
  if (call.method === 'post') {
    fields['Idempotency-Key'] = z
      .string()
      .max(255)
      .optional()
      .describe('sent again with the same key, the request gets the first reply, for 24 hours');
  }
  if (call.conditional)
    fields['If-Match'] = z.string().optional().describe('ETag of the version the change is based on');
  return Object.keys(fields).length === 0 ? undefined : z.object(fields);
}

function bodyOf(call: Call): ZodRequestBody {
  const { body } = call;
  const schema = body?.kind === 'json' ? body.schema : undefined;
  const content = Object.fromEntries(
    mediaOf(call).map((type) => [type, { schema: schema && type.endsWith('json') ? schema : TEXT }]),
  );
  const required = !(body?.kind === 'json' && body.optional);
  return { required, content, ...(body?.kind === 'stream' ? { description: body.description } : {}) };
}

function problemsOf(call: Call): RouteConfig['responses'] {
  const hasBody = call.method !== 'get' && call.method !== 'delete';
  const named = Object.entries(PROBLEM_STATUSES).filter(
    ([status]) =>
      (hasBody || !WITH_BODY.includes(status)) &&
      (call.conditional || status !== '412') &&
      (call.path.includes(':') || status !== '404'),
  );
  return Object.fromEntries(named.map(([status, description]) => [status, { description, content: PROBLEM }]));
}
