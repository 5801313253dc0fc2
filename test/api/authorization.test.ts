import { callTable } from '../../src/api/call-table.ts';
import { ProgressStreams } from '../../src/api/progress-streams.ts';
import { mayCall, RIGHTS, ROLES } from '../../src/api/rights.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

const noStreams = new ProgressStreams({ progress: () => Promise.reject(new Error('none')), onError: () => {} });
const calls = callTable(noStreams);
const pathOf = (path: string) => path.replaceAll(/:\w+/g, 'none');

describe('authorization over HTTP', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture({ failedAttemptsPerMinute: 1_000 });
  });
  afterAll(() => api.close());

  test('every right has one call, and every call one right', () => {
    expect(calls.map(({ right }) => right).sort()).toEqual(Object.keys(RIGHTS).sort());
    expect(new Set(calls.map(({ method, path }) => `${method} ${path}`)).size).toBe(calls.length);
  });

  test.each(calls.map((call) => [call.method, call.path] as const))(
    '%s %s takes no caller without a key',
    async (method, path) => {
      const response = await api.bare(method, pathOf(path));
      expect(problemOf(response)).toMatchObject({ status: 401, code: 'missing_key' });
    },
  );

  const pairs = calls.flatMap((call) => ROLES.map((role) => [role, call.method, call.path, call] as const));
  test.each(pairs)('%s: %s %s', async (role, method, path, call) => {
    const response = await api.as(role, method, pathOf(path));
    if (mayCall(role, call.right)) {
      expect([401, 403, 500]).not.toContain(response.status);
      return;
    }
    expect(problemOf(response)).toMatchObject({ status: 403, code: 'role_not_allowed' });
  });

  test('the refusal comes before the body is read', async () => {
    const response = await api
      .as('auditor', 'post', '/v1/keys')
      .set('Content-Type', 'application/json')
      .send('{broken');
    expect(problemOf(response)).toMatchObject({ status: 403, code: 'role_not_allowed' });
  });
});
