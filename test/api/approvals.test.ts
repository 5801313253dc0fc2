import { Notices } from '../../src/notices/notices.ts';
import { ApprovalPolicy } from '../../src/notices/policy.ts';
import { Notifications } from '../../src/queue/notifications.ts';
import { testStore } from '../support/redis.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { newNotice, prepared, submitNotice } from './notice-steps.ts';

const { store, close: closeStore } = await testStore();

const policy = new ApprovalPolicy({
  rules: [
    {
      ...{ regions: ['35'], severities: '*', sms: true, webhooks: [], escalateAfterMinutes: 60 },
      approvals: [{ from: ['prefecture', 'ministry'], count: 2 }],
    },
    {
      ...{ regions: '*', severities: '*', sms: true, webhooks: [], escalateAfterMinutes: null },
      approvals: [{ from: ['prefecture'], count: 1 }],
    },
  ],
  people: [
    { id: 'bo', person: 'bo', authorities: ['prefecture'], deputyFor: [], language: 'fr', msisdn: 33639980011 },
    { id: 'eve', person: 'Eve', authorities: [], deputyFor: ['prefecture-35'], language: 'fr' },
  ],
});

let api: ApiFixture;
beforeAll(async () => {
  const plain = await apiFixture({}, store);
  const { directory, audiences, templates, routes } = plain.deps;
  const notices = new Notices({
    ...{ store, directory, templates, policy },
    snapshot: async (id) => (await audiences.get(id)).value,
    routesOf: ({ regions }) => Object.fromEntries(regions.map((region) => [region, routes.map(({ id }) => id)])),
  });
  await plain.close();
  api = await apiFixture({ notices }, store);
});
afterAll(async () => {
  await api.close();
  await closeStore();
});

interface Seen {
  regions: { region: string; hash: string; approved: boolean; missing: unknown[]; escalatesAt?: string }[];
  launchPhrase: string;
}

async function submitted(): Promise<{ id: string; seen: () => Promise<Seen> }> {
  const id = await newNotice(api, await prepared(api));
  await submitNotice(api, id);
  return { id, seen: async () => (await api.as('auditor', 'get', `/v1/notices/${id}/preview`)).body as Seen };
}

const decide = (who: Parameters<ApiFixture['as']>[0], id: string, body: object) =>
  api.as(who, 'post', `/v1/notices/${id}/approvals`).send(body);

describe('a region that needs two persons, over HTTP', () => {
  test('starts with the second only; the preview says what is missing and who may give it', async () => {
    const { id, seen } = await submitted();
    const before = await seen();
    const region = (of: Seen, code: string) => of.regions.find((one) => one.region === code)!;
    expect(region(before, '35')).toMatchObject({
      approved: false,
      missing: [{ from: ['prefecture-35', 'ministry'], count: 2, people: ['bo'], deputies: ['Eve'] }],
      escalatesAt: expect.any(String),
    });
    expect(region(before, '22')).toMatchObject({ missing: [{ from: ['prefecture-22'], count: 1, people: ['bo'] }] });
    expect(region(before, '22')).not.toHaveProperty('escalatesAt');
    for (const code of ['35', '22']) {
      const { hash } = region(before, code);
      expect((await decide('approver', id, { region: code, decision: 'approve', hash })).status).toBe(201);
    }
    expect(region(await seen(), '35')).toMatchObject({ approved: false, missing: [{ count: 1, people: [] }] });
    const launched = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase: before.launchPhrase });
    expect(launched.body).toMatchObject({ released: ['22'] });
    // The same person under another key is nobody new.
    const again = await api.newKey({ name: 'second', person: 'BO', role: 'approver', regions: ['35'] });
    const { hash } = region(before, '35');
    const approval = { region: '35', decision: 'approve', hash };
    expect((await decide(again, id, approval)).status).toBe(201);
    expect(region(await seen(), '35')).toMatchObject({ approved: false });
    const deputy = await api.newKey({ name: 'deputy', person: 'Eve', role: 'approver', regions: ['35'] });
    expect(problemOf(await decide(deputy, id, approval))).toMatchObject({ status: 403, code: 'not_escalated' });
    const ministry = await api.newKey({ name: 'ministry', person: 'Maud', role: 'approver', regions: '*' });
    const done = await decide(ministry, id, approval);
    expect(done.body).toMatchObject({ decisions: [{ region: '22' }, { by: 'BO' }, { authority: 'ministry' }] });
    expect(region(await seen(), '35')).toMatchObject({ approved: true, missing: [] });
  });

  test('refuses whose approval is not asked for', async () => {
    const { id, seen } = await submitted();
    const ministry = await api.newKey({ name: 'ministry', person: 'Mina', role: 'approver', regions: '*' });
    const { hash } = (await seen()).regions.find(({ region }) => region === '22')!;
    expect(problemOf(await decide(ministry, id, { region: '22', decision: 'approve', hash }))).toMatchObject({
      status: 403,
      code: 'not_an_approver',
      faults: [{ at: '/region', message: 'asks for prefecture-22' }],
    });
  });
});

test('a proposal goes from who returns to the author, who takes it over; his approval is another’s then', async () => {
  const { id, seen } = await submitted();
  const { hash } = (await seen()).regions.find(({ region }) => region === '22')!;
  const returned = await decide('approver', id, {
    ...{ region: '22', decision: 'return', hash, reasons: 'Say why' },
    proposal: { headline: 'Panne nationale', parameters: { advice: 'Gardez les lignes libres.' } },
  });
  expect(returned.body).toMatchObject({
    state: 'returned',
    decisions: [{ proposal: { headline: 'Panne nationale' } }],
  });
  const { body } = await api.as('operator', 'get', `/v1/notices/${id}/proposals`);
  const { items } = body as { items: { id: string; changes: object[]; texts: { words: object[] }[] }[] };
  expect(items).toMatchObject([{ by: 'bo', changes: [{ at: '/headline' }, { at: '/parameters/advice' }] }]);
  expect(items[0]?.texts[0]?.words).toContainEqual({ kind: 'added', text: expect.stringContaining('lignes libres') });
  const path = `/v1/notices/${id}/proposals/${items[0]!.id}/take-over`;
  expect(problemOf(await api.as('operator', 'post', path).set('If-Match', '"1"'))).toMatchObject({ status: 412 });
  const taken = await api.as('operator', 'post', path);
  expect(taken.body).toMatchObject({ state: 'draft', headline: 'Panne nationale', editors: ['bo'] });
  await submitNotice(api, id);
  const fresh = (await seen()).regions.find(({ region }) => region === '22')!.hash;
  expect(problemOf(await decide('approver', id, { region: '22', decision: 'approve', hash: fresh }))).toMatchObject({
    code: 'own_submission',
  });
});

test('R18: who was told is shown in the notice, with what became of each message and without a number', async () => {
  const { id } = await submitted();
  const current = await api.deps.notices.get(id);
  const notifications = new Notifications({ store, now: Date.now });
  const at = new Date().toISOString();
  const common = {
    notice: id,
    submittedAt: at,
    stage: 'submitted',
    status: 'Exercise',
    createdAt: at,
    deliverBy: at,
  } as const;
  const one = { ...common, channel: 'exercise', to: 'bo', regions: ['35'], state: 'sent', attempts: 1 } as const;
  await notifications.records.create('n-1', one, { actor: 'system', action: 'test', subject: 'test' });
  const calls = [{ stage: 'submitted', at, regions: ['35'], notifications: ['n-1', 'lost'] }] as const;
  const timings = { ...current.value.timings, notified: at };
  await api.deps.notices.records.update(
    current,
    { ...current.value, calls, timings },
    { actor: 'system', action: 'test', subject: 'test' },
  );
  const { body } = await api.as('approver', 'get', `/v1/notices/${id}/notifications`);
  expect(body).toEqual({
    items: [
      {
        id: 'n-1',
        stage: 'submitted',
        channel: 'sms',
        to: 'bo',
        regions: ['35'],
        createdAt: at,
        state: 'sent',
        attempts: 1,
      },
    ],
  });
  expect((await api.as('approver', 'get', `/v1/notices/${id}`)).body).toMatchObject({
    calls,
    timings: { notified: at },
  });
});
