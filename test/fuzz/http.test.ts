/** The short form of the HTTP part of `npm run fuzz`: each call of the OpenAPI document some times, on a real Redis. */
import { type Operation, operationsOf, requestOf } from './http-requests.ts';
import { FuzzedApi } from './http-target.ts';
import { jsonOf, twisted } from './json-values.ts';
import { Random } from './random.ts';

const SEED = 20_261_122;
const REQUESTS = 900;

describe('requests made from the OpenAPI document', () => {
  let api: FuzzedApi;
  beforeAll(async () => {
    api = await FuzzedApi.open();
  });
  afterAll(() => api.close());

  test('never get a 5xx, nor a refusal without a problem document, nor none at all', async () => {
    for (let index = 0; index < REQUESTS; index += 1) await api.request(SEED, index);
    const counts = [...api.statuses.values()];
    expect(counts.length).toBeGreaterThan(35);
    // They are no mere noise: what is right is taken, what is wrong is refused.
    const gotten = (isIt: (status: number) => boolean) => counts.filter((of) => [...of.keys()].some(isIt)).length;
    expect(gotten((status) => status < 300)).toBeGreaterThan(25);
    expect(gotten((status) => status === 422)).toBeGreaterThan(10);
  });
});

const OPERATION: Operation = {
  method: 'POST',
  path: '/v1/things/{id}',
  roles: [],
  parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string' } }],
  bodies: { 'application/json': { schema: { type: 'object' } } },
};

describe('the requests', () => {
  test('are the same again from seed and index', () => {
    const make = (index: number) => requestOf(Random.of(1, 'http', index), OPERATION, new Map(), 'secret');
    expect(make(5)).toEqual(make(5));
    expect([0, 1, 2, 3].map(make)).not.toEqual([4, 5, 6, 7].map(make));
  });

  test('carry ids that replies have told', () => {
    const known = new Map([['things', ['thing-1']]]);
    const paths = Array.from({ length: 20 }, (_, i) => requestOf(Random.of(1, 'http', i), OPERATION, known, 'x').path);
    expect(paths.filter((path) => path.startsWith('/v1/things/thing-1')).length).toBeGreaterThan(5);
  });

  test('are read from a document, with the roles that may call', () => {
    const described = { description: 'Makes one.\n\nRoles: operator, admin.', parameters: OPERATION.parameters };
    const paths = { '/v1/things/{id}': { post: { ...described, requestBody: { content: OPERATION.bodies } } } };
    expect(operationsOf({ paths })).toEqual([{ ...OPERATION, roles: ['operator', 'admin'] }]);
  });
});

describe('values for a schema', () => {
  const schema = {
    type: 'object',
    properties: { region: { type: 'string', pattern: '^(?:\\d{2,3}|2[AB])$' }, count: { type: 'integer', minimum: 5 } },
    required: ['region', 'count'],
  } as const;

  test('fit it', () => {
    for (let i = 0; i < 50; i += 1) {
      const { region, count } = jsonOf(Random.of(1, 'json', i), schema, new Map()) as Record<string, unknown>;
      expect(region).toMatch(/^(?:\d{2,3}|2[AB])$/);
      expect(count).toBeGreaterThanOrEqual(5);
    }
  });

  test('differ when they are twisted, and stay as they were', () => {
    const value = { a: [1, { b: 'c' }] };
    const made = Array.from({ length: 20 }, (_, i) => JSON.stringify(twisted(Random.of(1, 'twist', i), value)));
    expect(new Set(made).size).toBeGreaterThan(10);
    expect(value).toEqual({ a: [1, { b: 'c' }] });
  });
});
