import { Agent, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { AudienceSnapshot } from '../../src/audience/snapshot.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { AUDIENCE_CSV } from './notice-steps.ts';

type AudienceBody = AudienceSnapshot & { id: string; version: number };

describe('audiences over HTTP', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture({ uploadLimitBytes: 100_000 });
  });
  afterAll(() => api.close());

  const upload = (body: string | Buffer, type: string, query = '?name=drill') =>
    api
      .as('operator', 'post', `/v1/audiences${query}`)
      .set('Content-Type', type)
      .serialize((bytes: unknown) => bytes as string)
      .send(body);

  test('CSV is imported and counted', async () => {
    const response = await upload(AUDIENCE_CSV, 'text/csv');
    expect(response.status).toBe(201);
    const { id, ...snapshot } = response.body as AudienceBody;
    expect(response.headers).toMatchObject({ location: `/v1/audiences/${id}`, etag: '"1"' });
    expect(snapshot).toMatchObject({ name: 'drill', recipients: 5, fictional: 5, rejected: 1, duplicates: 0 });
    expect(snapshot.groups.map(({ region, language, recipients }) => [region, language, recipients])).toEqual([
      ['22', 'fr', 2],
      ['35', 'en', 1],
      ['35', 'fr', 2],
    ]);
    expect((await api.as('approver', 'get', `/v1/audiences/${id}`)).body).toEqual(response.body);
    const list = await api.as('approver', 'get', '/v1/audiences');
    expect((list.body as { items: AudienceBody[] }).items[0]).toMatchObject({ id });
    expect(list.text).not.toContain('6399800');
  });

  test('gzip gives the same audience', async () => {
    const plain = (await upload(AUDIENCE_CSV, 'text/csv')).body as AudienceBody;
    const packed = (await upload(gzipSync(AUDIENCE_CSV), 'application/gzip')).body as AudienceBody;
    expect(packed.digest).toBe(plain.digest);
  });

  test('rejected lines are downloaded with their reasons and without numbers', async () => {
    const { id } = (await upload(AUDIENCE_CSV, 'text/csv')).body as AudienceBody;
    const response = await api.as('auditor', 'get', `/v1/audiences/${id}/rejected`);
    expect(response.headers['content-type']).toMatch(/^text\/csv/);
    expect(response.headers['content-disposition']).toContain('attachment');
    expect(response.text).toBe('line,reason\n7,not_a_number\n');
  });

  test('an audience without rejected lines, or none, has no such list', async () => {
    const { id } = (await upload('msisdn,region,language\n33639980001,35,fr\n', 'text/csv')).body as AudienceBody;
    expect(problemOf(await api.as('auditor', 'get', `/v1/audiences/${id}/rejected`)).status).toBe(404);
    expect(problemOf(await api.as('auditor', 'get', '/v1/audiences/none/rejected')).status).toBe(404);
    expect(problemOf(await api.as('auditor', 'get', '/v1/audiences/none'))).toMatchObject({ code: 'unknown_audience' });
  });

  test('an upload without a name is refused', async () => {
    expect(problemOf(await upload(AUDIENCE_CSV, 'text/csv', ''))).toMatchObject({
      status: 400,
      faults: [{ at: '?name' }],
    });
  });

  test('an upload that is no audience leaves none behind', async () => {
    const count = async () =>
      ((await api.as('auditor', 'get', '/v1/audiences')).body as { items: object[] }).items.length;
    const before = await count();
    const problem = problemOf(await upload('some,other,file\n1,2,3\n', 'text/csv'));
    expect(problem.status).toBe(422);
    expect(problem.faults.length).toBeGreaterThan(0);
    expect(await count()).toBe(before);
  });

  test('an upload beyond the limit is refused while it still comes, and the connection goes on', async () => {
    const line = '33639980001,35,fr\n';
    const problem = problemOf(await upload(`msisdn,region,language\n${line.repeat(10_000)}`, 'text/csv'));
    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
    expect((await upload(AUDIENCE_CSV, 'text/csv')).status).toBe(201);
  });

  test.each(['/v1/audiences', '/v1/audiences?name=big'])(
    'a large upload refused at %s is read away, so that its connection serves the next call',
    async (path) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const send = (method: string, to: string, body = '') =>
        new Promise<number>((resolve, reject) => {
          const headers = { Authorization: `Bearer ${api.keys.operator.secret}`, 'Content-Type': 'text/csv' };
          const options = { host: '127.0.0.1', port: api.port, method, path: to, headers, agent };
          const request = httpRequest(options, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode ?? 0));
          });
          request.on('error', reject);
          request.end(body);
        });
      expect([400, 413, 422]).toContain(await send('POST', path, 'x'.repeat(20_000_000)));
      expect(await send('GET', '/v1/audiences')).toBe(200);
      agent.destroy();
    },
  );

  test('an upload that breaks off leaves no audience', async () => {
    const list = async () =>
      ((await api.as('auditor', 'get', '/v1/audiences?limit=500')).body as { items: AudienceBody[] }).items;
    const before = (await list()).length;
    const request = httpRequest({
      host: '127.0.0.1',
      port: api.port,
      method: 'POST',
      path: '/v1/audiences?name=broken',
      headers: {
        Authorization: `Bearer ${api.keys.operator.secret}`,
        'Content-Type': 'text/csv',
        'Content-Length': 5_000,
      },
    });
    request.on('error', () => {});
    request.write('msisdn,region,language\n33639980001,35,fr\n');
    const served = async () => (await api.bare('get', '/metrics')).text;
    await waitFor(() => request.socket && request.socket.bytesWritten > 100);
    request.destroy();
    await waitFor(async () => /call="audiences.import",status="(200|400)"\} \d/.test(await served()));
    expect((await list()).length).toBe(before);
    expect((await list()).map(({ name }) => name)).not.toContain('broken');
  });
});
