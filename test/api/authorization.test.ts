import type { Call } from '../../src/api/call.ts';
import { callTable } from '../../src/api/call-table.ts';
import { ProgressStreams } from '../../src/api/progress-streams.ts';
import { RIGHTS, ROLES, type Role } from '../../src/api/rights.ts';
import { type ApiFixture, apiFixture, problemOf, type Verb } from './api-fixture.ts';
import { newNotice, prepared, submitNotice } from './notice-steps.ts';
import { DECISIONS, EXPECTED } from './rights-table.ts';

const noStreams = new ProgressStreams({ progress: () => Promise.reject(new Error('none')), onError: () => {} });
const calls = callTable(noStreams);
const pathOf = (path: string) => path.replaceAll(/:\w+/g, 'none');

/** What the key decides for; every probe is about region 35. */
const SCOPES = { own: ['35'], other: ['22'], all: '*' } as const;
type Scope = keyof typeof SCOPES;
type Outcome = 'may' | 'not this role' | 'not this region';

describe('authorization over HTTP', () => {
  let api: ApiFixture;
  const secrets = new Map<string, { secret: string }>();
  let probes: Readonly<Record<string, { path: string; body: object }>>;
  beforeAll(async () => {
    api = await apiFixture({ failedAttemptsPerMinute: 1_000 });
    for (const role of ROLES) {
      for (const [scope, regions] of Object.entries(SCOPES)) {
        const { secret } = await api.newKey({
          role,
          person: `${role} ${scope}`,
          regions: regions === '*' ? '*' : [...regions],
        });
        secrets.set(`${role} ${scope}`, { secret });
      }
    }
    probes = await probesOfRegion35(api);
  });
  afterAll(() => api.close());

  const outcome = async (role: Role, scope: Scope, call: Call): Promise<Outcome> => {
    const probe = probes[call.right];
    const { secret } = secrets.get(`${role} ${scope}`)!;
    const response = await fetch(`http://127.0.0.1:${api.port}${probe?.path ?? pathOf(call.path)}`, {
      method: call.method.toUpperCase(),
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      ...(probe === undefined ? {} : { body: JSON.stringify(probe.body) }),
    });
    const { code } = (await response.json().catch(() => ({}))) as { code?: string };
    expect([401, 500]).not.toContain(response.status);
    if (response.status !== 403) return 'may';
    if (code === 'role_not_allowed') return 'not this role';
    expect(code).toBe('outside_jurisdiction');
    return 'not this region';
  };

  test('every right has one call, and every call one right', () => {
    expect(calls.map(({ right }) => right).sort()).toEqual(Object.keys(RIGHTS).sort());
    expect(new Set(calls.map(({ method, path }) => `${method} ${path}`)).size).toBe(calls.length);
  });

  test('the table that the tests hold is about every call, and about no other', () => {
    const known = [...new Set(Object.values(EXPECTED).flat())].sort();
    expect(known).toEqual(calls.map(({ right }) => right).sort());
    expect(Object.keys(probes).sort()).toEqual([...DECISIONS].sort());
  });

  test('whatever an approver may change is bound to their regions', () => {
    const changes = calls.filter(({ right, method }) => method !== 'get' && EXPECTED.approver.includes(right));
    expect(changes.map(({ right }) => right).sort()).toEqual([...DECISIONS].sort());
  });

  test.each(calls.map((call) => [call.method, call.path] as const))(
    '%s %s takes no caller without a key',
    async (method, path) => {
      const response = await api.bare(method, pathOf(path));
      expect(problemOf(response)).toMatchObject({ status: 401, code: 'missing_key' });
    },
  );

  const rows = calls.map((call) => [call.method, call.path, call] as const);
  test.each(rows)('%s %s: every role, in its own regions, in others and in all', async (_method, _path, call) => {
    const expected: string[] = [];
    const seen: string[] = [];
    // Other regions first: what is decided once cannot be decided again.
    for (const scope of ['other', 'own', 'all'] as const) {
      for (const role of ROLES) {
        const may = EXPECTED[role].includes(call.right);
        const outside = scope === 'other' && DECISIONS.includes(call.right);
        expected.push(`${role}, ${scope}: ${!may ? 'not this role' : outside ? 'not this region' : 'may'}`);
      }
      const outcomes = await Promise.all(ROLES.map((role) => outcome(role, scope, call)));
      seen.push(...outcomes.map((what, i) => `${ROLES[i]}, ${scope}: ${what}`));
    }
    expect(seen).toEqual(expected);
  });

  test('the refusal comes before the body is read', async () => {
    const response = await api
      .as('auditor', 'post', '/v1/keys')
      .set('Content-Type', 'application/json')
      .send('{broken');
    expect(problemOf(response)).toMatchObject({ status: 403, code: 'role_not_allowed' });
  });
});

/** For each call that decides for a region: a request that is right in all but, perhaps, who sends it. */
async function probesOfRegion35(api: ApiFixture): Promise<Readonly<Record<string, { path: string; body: object }>>> {
  const made = async (method: Verb, path: string, body: object) => {
    const { status, body: reply } = await api.as('admin', method, path).send(body);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(reply)}`);
    return reply as { id: string };
  };
  const notice = await newNotice(api, await prepared(api));
  await submitNotice(api, notice);
  const { body } = await api.as('approver', 'get', `/v1/notices/${notice}/preview`);
  const { hash } = (body as { regions: { region: string; hash: string }[] }).regions.find((r) => r.region === '35')!;
  const standing = {
    ...{ regions: ['35'], template: 'emergency-numbers-hard-to-reach', statuses: ['Exercise'], severities: ['Severe'] },
    ...{ services: ['15'], languages: ['fr'], validUntil: new Date(Date.now() + 86_400_000).toISOString() },
  };
  const { id: given } = await made('post', '/v1/standing-approvals', standing);
  const contact = { kind: 'webhook', address: 'https://prefecture.example/hook', owner: 'Préfecture', region: '35' };
  await made('put', '/v1/contacts/pref-35', contact);
  const at = new Date().toISOString();
  return {
    'notices.decide': {
      path: `/v1/notices/${notice}/approvals`,
      body: { region: '35', decision: 'return', hash, reasons: 'no' },
    },
    'standingApprovals.give': { path: '/v1/standing-approvals', body: standing },
    'standingApprovals.revoke': { path: `/v1/standing-approvals/${given}`, body: {} },
    'directory.verify': { path: '/v1/directory/35/15/verifications', body: { at } },
    'contacts.verify': { path: '/v1/contacts/pref-35/verifications', body: { at } },
  };
}
