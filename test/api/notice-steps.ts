import type { ApiFixture } from './api-fixture.ts';

/** Recipients from the ranges kept for fiction, in two regions and two languages. */
export const AUDIENCE_CSV = [
  'msisdn,region,language',
  '33639980001,35,fr',
  '33639980002,35,fr',
  '33639980003,35,en',
  '33639980004,22,fr',
  '+33 6 39 98 00 05,22,fr',
  'nonsense,22,fr',
  '',
].join('\n');

export const NOTICE = {
  status: 'Exercise',
  severity: 'Severe',
  expires: '2099-01-01T00:00:00Z',
  template: 'emergency-numbers-hard-to-reach',
  services: ['15', '18'],
  regions: ['22', '35'],
} as const;

/** Fills the directory for the two regions and imports an audience; gives its id. */
export async function prepared(api: ApiFixture): Promise<string> {
  const lines = ['22', '35'].flatMap((region, r) =>
    ['15', '18'].map((service, s) => `${region},${service},02 61 91 00 ${r}${s},SAMU ${region}`),
  );
  const csv = ['region,service,number,owner', ...lines, ''].join('\n');
  const imported = await api.as('operator', 'post', '/v1/directory/import').set('Content-Type', 'text/csv').send(csv);
  expect(imported.body).toEqual({ accepted: 4, rejected: [], testCallsLeftOut: 0 });
  for (const region of ['22', '35']) for (const service of ['15', '18']) await testCalled(api, region, service);
  return importAudience(api, 'two regions');
}

/** The approver dials the number, just now, and gets who he should. */
export async function testCalled(api: ApiFixture, region: string, service: string): Promise<void> {
  const path = `/v1/directory/${region}/${service}/verifications`;
  const response = await api.as('approver', 'post', path).send({ at: new Date().toISOString() });
  expect(response.status).toBe(201);
}

export async function importAudience(api: ApiFixture, name: string): Promise<string> {
  const path = `/v1/audiences?name=${encodeURIComponent(name)}`;
  const response = await api.as('operator', 'post', path).set('Content-Type', 'text/csv').send(AUDIENCE_CSV);
  expect(response.status).toBe(201);
  return (response.body as { id: string }).id;
}

export async function newNotice(
  api: ApiFixture,
  audience: string,
  who: Parameters<ApiFixture['as']>[0] = 'operator',
): Promise<string> {
  const response = await api.as(who, 'post', '/v1/notices').send({ ...NOTICE, audience });
  expect(response.status).toBe(201);
  return (response.body as { id: string }).id;
}

export async function submitNotice(api: ApiFixture, id: string): Promise<void> {
  expect((await api.as('operator', 'post', `/v1/notices/${id}/submit`)).status).toBe(200);
}

/** Approves every region; gives the phrase to launch with. */
export async function approveBoth(api: ApiFixture, id: string): Promise<string> {
  const { body } = await api.as('approver', 'get', `/v1/notices/${id}/preview`);
  const { regions, launchPhrase } = body as { regions: { region: string; hash: string }[]; launchPhrase: string };
  for (const { region, hash } of regions) {
    const sent = { region, decision: 'approve', hash };
    expect((await api.as('approver', 'post', `/v1/notices/${id}/approvals`).send(sent)).status).toBe(201);
  }
  return launchPhrase;
}

/** A running broadcast of a new notice; gives its id. */
export async function launched(api: ApiFixture, audience: string): Promise<string> {
  const id = await newNotice(api, audience);
  await submitNotice(api, id);
  const phrase = await approveBoth(api, id);
  const response = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase });
  expect(response.status).toBe(201);
  return (response.body as { id: string }).id;
}
