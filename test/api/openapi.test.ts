import { callTable } from '../../src/api/call-table.ts';
import { ProgressStreams } from '../../src/api/progress-streams.ts';
import { type ApiFixture, apiFixture } from './api-fixture.ts';
import { launched, prepared } from './notice-steps.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  allOf?: Schema[];
  additionalProperties?: Schema | boolean;
}
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: object };
}

const calls = callTable(new ProgressStreams({ progress: () => Promise.reject(new Error('none')), onError: () => {} }));
const WITHOUT_A_KEY = [
  ...['get /healthz', 'get /metrics', 'get /readyz'],
  ...['get /v1/cap/feed', 'get /v1/cap/alerts/{id}.xml'],
];
const templated = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');

describe('the OpenAPI document', () => {
  let api: ApiFixture;
  let document: Document;
  beforeAll(async () => {
    api = await apiFixture();
    document = (await api.bare('get', '/openapi.json')).body as Document;
  });
  afterAll(() => api.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test('it is OpenAPI 3.1 with a version', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Tocsin', version: '0.0.0-test' });
  });

  test('it lists every call, supervision too, and nothing else', () => {
    const listed = operations().map(({ path, method }) => `${method} ${path}`);
    const served = calls.map(({ method, path }) => `${method} ${templated(path)}`);
    expect(listed.sort()).toEqual([...served, ...WITHOUT_A_KEY].sort());
  });

  test('it offers the feed as it is served: open, with a key, or not at all', async () => {
    const feedOf = async (feed: 'keyed' | 'off') => {
      const other = await apiFixture({ cap: { signatures: { mode: 'ignored', keys: [] }, feed } });
      const { paths } = (await other.bare('get', '/openapi.json')).body as Document;
      await other.close();
      return [paths['/v1/cap/feed'], paths['/v1/cap/alerts/{id}.xml']].map((path) => path?.get?.security);
    };
    expect(document.paths['/v1/cap/feed']?.get?.security).toEqual([{}, { apiKey: [] }]);
    expect(await feedOf('keyed')).toEqual([[{ apiKey: [] }], [{ apiKey: [] }]]);
    expect(await feedOf('off')).toEqual([undefined, undefined]);
  });

  test('every operation has a name of its own, a summary, a tag and its path parameters', () => {
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, operation } of operations()) {
      expect(operation.summary).not.toBe('');
      expect(operation.tags).toHaveLength(1);
      const declared = (operation.parameters ?? [])
        .filter((each) => each.in === 'path' && each.required)
        .map(({ name }) => name);
      expect(declared.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());
    }
  });

  test('every POST takes Idempotency-Key, every conditional call If-Match', () => {
    for (const call of calls) {
      const { parameters = [] } = document.paths[templated(call.path)]![call.method]!;
      const headers = parameters.filter((each) => each.in === 'header').map(({ name }) => name);
      expect(headers.includes('Idempotency-Key')).toBe(call.method === 'post');
      expect(headers.includes('If-Match')).toBe(call.conditional === true);
    }
  });

  test('every call under /v1 takes a key and says what it refuses as problem documents', () => {
    const keyed = operations().filter(
      ({ method, path }) => path.startsWith('/v1') && !WITHOUT_A_KEY.includes(`${method} ${path}`),
    );
    for (const { path, operation } of keyed) {
      expect(operation.security).toEqual([{ apiKey: [] }]);
      for (const status of ['401', '403', '429', '503', ...(path.includes('{') ? ['404'] : [])]) {
        const { schema } = operation.responses[status]!.content!['application/problem+json']!;
        expect(schema).toEqual({ $ref: '#/components/schemas/Problem' });
      }
    }
  });

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference]) => reference ?? '',
    );
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty(reference.replace('#/components/schemas/', ''));
    }
  });

  test('every pattern is one of JSON Schema: Unicode, without flags', () => {
    const patterns = [...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, pattern]) => JSON.parse(pattern ?? '') as string,
    );
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      expect(pattern).not.toMatch(/\/[a-z]+$/);
    }
  });

  test('the bodies of notices are there in both notations', () => {
    const { content } = document.paths['/v1/notices']!.post!.requestBody!;
    expect(Object.keys(content)).toEqual(['application/json', 'application/cap+xml']);
    expect(content['application/json']!.schema.required).toEqual(
      expect.arrayContaining(['status', 'regions', 'expires']),
    );
  });

  test('replies have the fields that the document requires, and no others', async () => {
    const id = await launched(api, await prepared(api));
    const notice = ((await api.as('admin', 'get', '/v1/notices')).body as { items: { id: string }[] }).items[0]!.id;
    const audience = ((await api.as('admin', 'get', '/v1/audiences')).body as { items: { id: string }[] }).items[0]!.id;
    const contact = { kind: 'page', address: 'https://crise.example/suivi', owner: 'cell' };
    await api.as('admin', 'put', '/v1/contacts/on-call').send(contact);
    const standing = await api.as('admin', 'post', '/v1/standing-approvals').send({
      ...{ regions: ['35'], template: 'end', statuses: ['Exercise'], severities: ['Severe'], services: ['15'] },
      ...{ languages: ['fr'], validUntil: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const examples: Record<string, string> = {
      '/v1/standing-approvals': '/v1/standing-approvals',
      '/v1/standing-approvals/{id}': `/v1/standing-approvals/${(standing.body as { id: string }).id}`,
      '/v1/notices': '/v1/notices',
      '/v1/notices/{id}': `/v1/notices/${notice}`,
      '/v1/notices/{id}/preview': `/v1/notices/${notice}/preview`,
      '/v1/notices/{id}/proposals': `/v1/notices/${notice}/proposals`,
      '/v1/notices/{id}/notifications': `/v1/notices/${notice}/notifications`,
      '/v1/broadcasts': '/v1/broadcasts',
      '/v1/broadcasts/{id}': `/v1/broadcasts/${id}`,
      '/v1/broadcasts/{id}/lanes': `/v1/broadcasts/${id}/lanes`,
      '/v1/broadcasts/{id}/recipients/{msisdn}': `/v1/broadcasts/${id}/recipients/33639980001`,
      '/v1/broadcasts/{id}/replies': `/v1/broadcasts/${id}/replies`,
      '/v1/directory': '/v1/directory',
      '/v1/directory/missing': '/v1/directory/missing?services=15',
      '/v1/directory/gaps': '/v1/directory/gaps?regions=35',
      '/v1/directory/{region}/{service}/history': '/v1/directory/35/15/history',
      '/v1/contacts': '/v1/contacts',
      '/v1/contacts/{id}': '/v1/contacts/on-call',
      '/v1/directory/{region}/{service}': '/v1/directory/35/15',
      '/v1/audiences': '/v1/audiences',
      '/v1/audiences/{id}': `/v1/audiences/${audience}`,
      '/v1/templates': '/v1/templates',
      '/v1/templates/{id}': '/v1/templates/end',
      '/v1/routes': '/v1/routes',
      '/v1/halt': '/v1/halt',
      '/v1/keys': '/v1/keys',
      '/v1/audit': '/v1/audit',
      '/healthz': '/healthz',
      '/readyz': '/readyz',
    };
    const jsonReads = operations().filter(
      ({ method, operation }) => method === 'get' && operation.responses['200']?.content?.['application/json'],
    );
    expect(jsonReads.map(({ path }) => path).sort()).toEqual(Object.keys(examples).sort());
    for (const { path, operation } of jsonReads) {
      const response = await api.as('admin', 'get', examples[path]!);
      expect(`${path} ${response.status}`).toBe(`${path} 200`);
      const { schema } = operation.responses['200']!.content!['application/json']!;
      expect({ path, faults: mismatches(schema, response.body, document, '') }).toEqual({ path, faults: [] });
    }
  });
});

/** Where a value and its schema part, as far as fields go. */
function mismatches(schema: Schema, value: unknown, document: Document, at: string): string[] {
  if (schema.$ref) {
    return mismatches(
      document.components.schemas[schema.$ref.replace('#/components/schemas/', '')]!,
      value,
      document,
      at,
    );
  }
  if (schema.allOf) {
    const merged = schema.allOf.map((part) =>
      part.$ref ? document.components.schemas[part.$ref.replace('#/components/schemas/', '')]! : part,
    );
    const properties = Object.assign({}, ...merged.map((part) => part.properties ?? {})) as Record<string, Schema>;
    return mismatches(
      { type: 'object', properties, required: merged.flatMap((part) => part.required ?? []) },
      value,
      document,
      at,
    );
  }
  if (Array.isArray(value))
    return value.flatMap((item, i) => mismatches(schema.items ?? {}, item, document, `${at}/${i}`));
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
  const fields = value as Record<string, unknown>;
  const missing = (schema.required ?? []).filter((name) => !(name in fields)).map((name) => `${at}/${name} is missing`);
  const open = schema.additionalProperties !== undefined && schema.additionalProperties !== false;
  const extra = open
    ? []
    : Object.keys(fields)
        .filter((name) => !(name in schema.properties!))
        .map((name) => `${at}/${name} is not in the document`);
  const inside = Object.entries(fields).flatMap(([name, inner]) => {
    const part = schema.properties![name];
    return part ? mismatches(part, inner, document, `${at}/${name}`) : [];
  });
  return [...missing, ...extra, ...inside];
}
