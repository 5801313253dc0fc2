import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkEvidence } from '../../src/archive/evidence-check.ts';
import { OpenBroadcasts } from '../../src/broadcasts/broadcast.ts';
import type { Progress } from '../../src/broadcasts/progress.ts';
import { keepReply } from '../../src/broadcasts/replies.ts';
import { reportHealth } from '../../src/broadcasts/route-health.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { launched, prepared } from './notice-steps.ts';

describe('broadcasts over HTTP', () => {
  let api: ApiFixture;
  let id: string;
  beforeAll(async () => {
    api = await apiFixture();
    id = await launched(api, await prepared(api));
  });
  afterAll(() => api.close());

  const acts = async () => {
    const all = [];
    for await (const entry of auditEntries(api.store)) all.push(entry);
    return all;
  };
  const control = (verb: string) => api.as('operator', 'post', `/v1/broadcasts/${id}/${verb}`);

  test('a broadcast is read with its progress', async () => {
    const { body } = await api.as('auditor', 'get', `/v1/broadcasts/${id}`);
    expect(body).toMatchObject({ id, state: 'running', recipients: 5, released: ['22', '35'] });
    expect((body as { progress: Progress }).progress).toMatchObject({
      recipients: 5,
      submitted: 0,
      counts: { pending: 5 },
    });
  });

  test('broadcasts are listed', async () => {
    const { body } = await api.as('approver', 'get', '/v1/broadcasts');
    expect((body as { items: { id: string }[] }).items.map((one) => one.id)).toEqual([id]);
    expect(await new OpenBroadcasts(api.store).read()).toHaveLength(1);
  });

  test('lanes show their text and whether they are released', async () => {
    const { body } = await api.as('approver', 'get', `/v1/broadcasts/${id}/lanes`);
    const { items } = body as {
      items: { region: string; language: string; released: boolean; recipients: number; rendering: { text: string } }[];
    };
    expect(items.map(({ region, language, recipients, released }) => [region, language, recipients, released])).toEqual(
      [
        ['22', 'fr', 2, true],
        ['35', 'en', 1, true],
        ['35', 'fr', 2, true],
      ],
    );
    expect(items[0]!.rendering.text).toMatch(/^EXERCICE/);
  });

  test('one number is looked up, written in any way', async () => {
    for (const number of ['33639980003', '+33639980003', '0639980003']) {
      const { body } = await api.as('auditor', 'get', `/v1/broadcasts/${id}/recipients/${encodeURIComponent(number)}`);
      expect(body).toMatchObject({ region: '35', language: 'en', state: 'pending', inDoubt: false });
    }
  });

  test('a number that is no recipient, or none at all, is not repeated', async () => {
    const stranger = await api.as('auditor', 'get', `/v1/broadcasts/${id}/recipients/33639989999`);
    expect(problemOf(stranger)).toMatchObject({ status: 404, code: 'unknown_recipient' });
    expect(stranger.text).not.toContain('33639989999');
    const slip = await api.as('auditor', 'get', `/v1/broadcasts/${id}/recipients/336399899`);
    expect(problemOf(slip)).toMatchObject({ status: 422, code: 'invalid_msisdn', faults: [{ at: ':msisdn' }] });
    expect(slip.text).not.toContain('336399899');
  });

  test('who looked a recipient up or took the evidence is in the audit log, the number is not', async () => {
    const before = (await acts()).length;
    await api.as('auditor', 'get', `/v1/broadcasts/${id}/recipients/33639980003`);
    await api.as('operator', 'get', `/v1/broadcasts/${id}/recipients/33639989999`);
    await api.as('auditor', 'get', `/v1/broadcasts/${id}/evidence`).responseType('blob');
    await api.as('approver', 'get', `/v1/broadcasts/${id}/evidence`);
    const told = (await acts()).slice(before).filter(({ action }) => action !== 'act.refused');
    expect(told.map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
      ['recipient.lookup', `recipient/${id}`, { person: 'cy' }],
      ['recipient.lookup', `recipient/${id}`, { person: 'ana' }],
      ['evidence.export', `evidence/${id}`, { person: 'cy' }],
    ]);
    expect(told[0]?.actor).toBe(`key:${api.keys.auditor.key.id}`);
    expect(JSON.stringify(told)).not.toMatch(/63998/);
  });

  test('quirk 44: replies of its recipients since the launch are read, the latest first, and who read them is kept', async () => {
    const { body: launchedAs } = await api.as('auditor', 'get', `/v1/broadcasts/${id}`);
    const at = (ms: number) =>
      new Date(Date.parse((launchedAs as { launchedAt: string }).launchedAt) + ms).toISOString();
    await keepReply(api.store, 'exercise', { at: at(-1), msisdn: '33639980003', text: 'before' });
    await keepReply(api.store, 'exercise', { at: at(1_000), msisdn: '33639980003', text: 'OUI' });
    await keepReply(api.store, 'exercise', { at: at(2_000), msisdn: '33639989999', text: 'a stranger' });
    await keepReply(api.store, 'exercise', { at: at(3_000), msisdn: '33639980003', text: 'NON' });
    const before = (await acts()).length;
    const { body } = await api.as('auditor', 'get', `/v1/broadcasts/${id}/replies`);
    expect(body).toEqual({
      items: [
        { at: at(3_000), msisdn: '33639980003', text: 'NON' },
        { at: at(1_000), msisdn: '33639980003', text: 'OUI' },
      ],
    });
    expect(problemOf(await api.as('approver', 'get', `/v1/broadcasts/${id}/replies`))).toMatchObject({ status: 403 });
    // A refusal is told after its answer.
    const since = async () => (await acts()).slice(before).map(({ action, subject }) => [action, subject]);
    await waitFor(async () => (await since()).length === 2);
    expect(await since()).toEqual([
      ['replies.read', `replies/${id}`],
      ['act.refused', `broadcast/${id}`],
    ]);
  });

  test('the evidence comes as a file, in which nothing is found wrong', async () => {
    const response = await api.as('auditor', 'get', `/v1/broadcasts/${id}/evidence`).responseType('blob');
    expect(response.headers).toMatchObject({
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename=evidence-${id}.tar.gz`,
      'cache-control': 'no-store',
    });
    const tar = gunzipSync(response.body as Buffer).toString('latin1');
    for (const name of ['notice.json', 'notice.cap.xml', 'manifest.json'])
      expect(tar).toContain(`evidence-${id}/${name}`);
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-evidence-'));
    const file = join(folder, 'evidence.tar.gz');
    writeFileSync(file, response.body as Buffer);
    expect((await checkEvidence(file)).faults).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('pause and resume change the state, and what cannot be is a conflict', async () => {
    expect(problemOf(await control('resume'))).toMatchObject({
      status: 409,
      code: 'wrong_state',
      faults: [{ at: '/state' }],
    });
    expect((await control('pause')).body).toMatchObject({ id, state: 'paused' });
    expect(problemOf(await control('pause'))).toMatchObject({ status: 409 });
    const resumed = await control('resume');
    expect(resumed.body).toMatchObject({ state: 'running' });
    expect(resumed.headers.etag).toBe(`"${(resumed.body as { version: number }).version}"`);
  });

  test('events are sent uncompressed and tell of a pause soon', async () => {
    const { text, headers, hangUp } = await listen(api, id);
    expect(headers['content-type']).toMatch(/^text\/event-stream/);
    expect(headers['content-encoding']).toBeUndefined();
    await waitFor(() => text().includes('event: progress'));
    await control('pause');
    await waitFor(() => text().includes('"state":"paused"'), 3_000);
    await control('resume');
    hangUp();
  });

  test('HEAD asks for no stream', async () => {
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/broadcasts/${id}/events`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${api.keys.auditor.secret}` },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test('events of what is not there are refused as a problem', async () => {
    const response = await api.as('auditor', 'get', '/v1/broadcasts/none/events');
    expect(problemOf(response)).toMatchObject({ status: 404, code: 'unknown_broadcast' });
  });

  test('cancelling is for good', async () => {
    expect((await control('cancel')).body).toMatchObject({ state: 'cancelled', cancelledAt: expect.any(String) });
    expect(problemOf(await control('resume'))).toMatchObject({ status: 409, code: 'wrong_state' });
  });

  test('what is not there is a 404 in every call', async () => {
    for (const path of ['', '/lanes', '/evidence', '/replies', '/recipients/33639980001']) {
      expect(problemOf(await api.as('admin', 'get', `/v1/broadcasts/none${path}`))).toMatchObject({
        code: 'unknown_broadcast',
      });
    }
    for (const verb of ['pause', 'resume', 'cancel']) {
      expect(problemOf(await api.as('admin', 'post', `/v1/broadcasts/none/${verb}`))).toMatchObject({ status: 404 });
    }
  });

  test('routes are listed with their health, without their accounts', async () => {
    const quiet = await api.as('approver', 'get', '/v1/routes');
    expect((quiet.body as { items: object[] }).items[0]).toMatchObject({ health: { state: 'unknown', linksBound: 0 } });
    const report = {
      ...{ route: 'exercise', links: 4, bound: 3, inFlight: 7, batches: 1, limit: 100, configured: 100, best: 90 },
      ...{ unboundMs: 0, silent: false, answers: { good: 90, refused: 0, throttled: 0, ms: 1_000 } },
    };
    await reportHealth(api.store, 'dispatcher-1', [report], Date.now());
    const response = await api.as('approver', 'get', '/v1/routes');
    expect(response.body).toEqual({
      items: [
        {
          id: 'exercise',
          kind: 'exercise',
          sender: 'TOCSIN',
          links: 4,
          window: 500,
          segmentsPerSecond: 100,
          health: {
            route: 'exercise',
            state: 'degraded',
            dispatchers: 1,
            links: 4,
            linksBound: 3,
            inFlight: 7,
            limit: 100,
            breaker: { state: 'closed' },
          },
        },
      ],
    });
    expect(response.text).not.toContain('hush');
  });
});

describe('event streams and the server', () => {
  test('stopping the server ends them', async () => {
    const api = await apiFixture();
    const id = await launched(api, await prepared(api));
    const { text, ended } = await listen(api, id);
    await waitFor(() => text().includes('event: progress'));
    const startedMs = performance.now();
    await api.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await waitFor(ended);
    expect(text()).toContain(': the server is going away');
  });

  test('a revoked key loses its stream within seconds', async () => {
    const api = await apiFixture();
    const id = await launched(api, await prepared(api));
    const { key, secret } = await api.newKey({ person: 'ivo', role: 'auditor' });
    const { text, ended } = await listen(api, id, secret);
    await waitFor(() => text().includes('event: progress'));
    await api.as('admin', 'delete', `/v1/keys/${key.id}`);
    await waitFor(ended);
    await api.close();
  });
});

async function listen({ port, keys }: ApiFixture, id: string, secret = keys.auditor.secret) {
  let all = '';
  let isOver = false;
  const headers = { Authorization: `Bearer ${secret}`, 'Accept-Encoding': 'gzip', Accept: 'text/event-stream' };
  const path = `/v1/broadcasts/${id}/events`;
  let hangUp = () => {};
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false }, resolve);
    request.on('error', reject);
    hangUp = () => request.destroy();
  });
  response.on('data', (chunk: Buffer) => {
    all += chunk.toString();
  });
  response.on('end', () => {
    isOver = true;
  });
  response.on('error', () => {});
  return { headers: response.headers, text: () => all, ended: () => isOver, hangUp: () => hangUp() };
}
