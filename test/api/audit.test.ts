import type { AuditEntry } from '../../src/store/audit.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture } from './api-fixture.ts';
import { newNotice, prepared, submitNotice } from './notice-steps.ts';

type Entry = AuditEntry & { id: string };

describe('the audit log over HTTP', () => {
  let api: ApiFixture;
  let notice: string;
  let nowMs = Date.now();
  beforeAll(async () => {
    api = await apiFixture({ now: () => nowMs, failedAttemptsPerMinute: 1_000 });
    notice = await newNotice(api, await prepared(api));
  });
  afterAll(() => api.close());
  /** Each test has a minute of its own. */
  beforeEach(() => {
    nowMs += 60_000;
  });

  const log = async (query = '') => (await api.as('auditor', 'get', `/v1/audit?${query}`)).body.items as Entry[];
  const refusals = (query = '') => log(`action=act.refused&${query}`);

  test('says from which address a call came, one with a body and one with a stream', async () => {
    const made = await log(`subject=notice/${notice}`);
    expect(made.map(({ action, from }) => [action, from])).toEqual([['notice.create', '127.0.0.1']]);
    expect((await log('action=audience.import'))[0]?.from).toBe('127.0.0.1');
  });

  test('says what an act changed, before and after', async () => {
    await api.as('operator', 'patch', `/v1/notices/${notice}`).send({ services: ['18'] });
    const [changed] = await log(`subject=notice/${notice}`);
    expect(changed?.changes?.[0]?.after).toMatchObject({ '/services/0': '18' });
    expect(changed?.changes?.[0]?.before).toMatchObject({ '/services/0': '15', '/services/1': '18' });
  });

  test('is searched by subject, actor, action and time', async () => {
    const all = await log(`subject=notice/&actor=ana&limit=500`);
    expect(all.length).toBeGreaterThan(0);
    expect(all.every(({ subject }) => subject.startsWith('notice/'))).toBe(true);
    expect(await log(`since=2999-01-01T00:00:00Z`)).toEqual([]);
    expect((await api.as('auditor', 'get', '/v1/audit?since=soon')).status).toBe(400);
  });

  test('comes whole as lines, oldest first, for who asks for those', async () => {
    const response = await api.as('auditor', 'get', '/v1/audit?action=key.').set('Accept', 'application/x-ndjson');
    expect(response.headers['content-type']).toMatch(/^application\/x-ndjson/);
    const body = response.text ?? String(response.body);
    const entries = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(['key.create']));
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort());
    expect((await api.as('operator', 'get', '/v1/audit').set('Accept', 'application/x-ndjson')).status).toBe(403);
  });

  test('tells a denied approval with its reason, under the notice that it was of', async () => {
    await submitNotice(api, notice);
    const body = { region: '35', decision: 'approve', hash: 'f'.repeat(64) };
    expect((await api.as('approver', 'post', `/v1/notices/${notice}/approvals`).send(body)).status).toBe(409);
    await waitFor(async () => (await refusals(`subject=notice/${notice}`)).length > 0);
    expect((await refusals(`subject=notice/${notice}`))[0]).toMatchObject({
      actor: `key:${api.keys.approver.key.id}`,
      from: '127.0.0.1',
      detail: { call: 'notices.decide', code: 'stale_hash', person: 'bo' },
    });
  });

  test('tells who tried what his role may not, also to read', async () => {
    await api.as('approver', 'get', '/v1/broadcasts/b1/recipients/33639980001');
    await waitFor(async () => (await refusals('actor=bo')).some(({ subject }) => subject === 'broadcast/b1'));
    const [entry] = await refusals('actor=bo');
    expect(entry?.detail).toEqual({ call: 'broadcasts.recipient', code: 'role_not_allowed', person: 'bo' });
    expect(JSON.stringify(entry)).not.toContain('33639980001');
  });

  test('leaves out what is only written wrongly, not there, or stale', async () => {
    const before = (await refusals()).length;
    await api.as('operator', 'post', '/v1/notices').send({ status: 'Real' });
    await api.as('approver', 'get', '/v1/notices/none');
    await api.as('operator', 'post', '/v1/notices/none/launch').send({ phrase: 'x' });
    await api.as('operator', 'post', '/v1/halt').send({ sure: 'maybe' });
    await waitFor(async () => (await refusals()).length > before);
    expect((await refusals()).slice(0, -before).map(({ detail }) => detail?.call)).toEqual(['halt.set']);
  });

  test('tells failed logins with the key that was named, some a minute, and counts the others', async () => {
    const logins = () => log('action=login.refused');
    const guess = `tocsin_${'0'.repeat(12)}_${'x'.repeat(43)}`;
    for (let i = 0; i < 8; i += 1) await api.as({ secret: guess }, 'get', '/v1/notices');
    await api.bare('get', '/v1/notices');
    await waitFor(async () => (await logins()).length === 5);
    expect((await logins())[0]).toMatchObject({
      actor: 'nobody',
      subject: 'client/127.0.0.1',
      detail: { code: 'unknown_key', key: '0'.repeat(12) },
    });
    expect(JSON.stringify(await logins())).not.toContain('xxx');
    nowMs += 60_000;
    await api.as({ secret: guess }, 'get', '/v1/notices');
    await waitFor(async () => (await logins()).length === 6);
    expect((await logins())[0]?.detail?.leftOut).toBe(3);
  });

  test('has no more than 60 refusals a minute, whoever tries', async () => {
    const before = (await refusals('limit=500')).length;
    for (let i = 0; i < 70; i += 1) await api.as('auditor', 'post', '/v1/halt');
    nowMs += 60_000;
    await api.as('auditor', 'post', '/v1/halt');
    await waitFor(async () => (await refusals('limit=500'))[0]?.detail?.leftOut !== undefined);
    const found = await refusals('limit=500');
    expect(found.length - before).toBe(61);
    expect(found[0]?.detail?.leftOut).toBe(10);
  });
});
