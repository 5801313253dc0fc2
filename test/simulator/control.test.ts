/** The HTTP control, as curl would use it. */
import type { Simulator } from '../../src/simulator/running.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, BOB, simulatorFixture } from './fixture.ts';

const fixture = simulatorFixture();

async function call(simulator: Simulator, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${simulator.httpPort}${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

describe('the HTTP control', () => {
  test('says what there is, and that it is alive', async () => {
    const simulator = await fixture.start();
    expect(Object.keys((await call(simulator, 'GET', '/')).body)).toContain('GET /behaviour');
    expect((await call(simulator, 'GET', '/healthz')).body).toEqual({ status: 'ok' });
  });

  test('changes the behaviour while sessions run', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    const refusals = [{ status: 'ESME_RSYSERR' }];
    expect(await call(simulator, 'PATCH', '/behaviour', { submissions: { refusals } })).toMatchObject({ status: 200 });
    expect((await client.submit({ to: ALICE })).command_status).toBe(8);
    expect((await call(simulator, 'GET', '/behaviour')).body.submissions.refusals).toMatchObject(refusals);
    expect((await call(simulator, 'PUT', '/behaviour', {})).body.submissions.refusals).toEqual([]);
    expect((await client.submit({ to: ALICE })).command_status).toBe(0);
  });

  test('refuses bad behaviour by its place, and keeps the one it has', async () => {
    const simulator = await fixture.start();
    const answer = await call(simulator, 'PATCH', '/behaviour', { responses: { lost: 3 }, bind: { silent: 1 } });
    expect(answer).toMatchObject({
      status: 400,
      type: 'application/problem+json; charset=utf-8',
      body: { code: 'bad_behaviour', errors: [{ at: '/bind/silent' }, { at: '/responses/lost' }] },
    });
    expect(simulator.behaviour.responses.lost).toBe(0);
  });

  test('shows the record and empties it', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    for (const to of [ALICE, ALICE, BOB]) await client.submit({ to });
    expect((await call(simulator, 'GET', '/record')).body).toMatchObject({ accepted: 3, recipients: 2, duplicates: 1 });
    expect((await call(simulator, 'GET', '/record/recipients?min=2')).body).toEqual([
      { msisdn: String(ALICE), parts: 1, times: 2 },
    ]);
    const [text] = (await call(simulator, 'GET', '/record/texts')).body;
    expect(text).toMatchObject({ count: 3, sample: 'ALERTE', dataCoding: 0 });
    expect((await call(simulator, 'GET', `/record/recipients/${BOB}`)).body).toEqual({
      msisdn: String(BOB),
      parts: [{ times: 1, sha256: text.sha256, part: 1, parts: 1 }],
    });
    expect((await call(simulator, 'POST', '/reset')).status).toBe(204);
    expect((await call(simulator, 'GET', '/record')).body).toMatchObject({ submits: 0, recipients: 0 });
  });

  test('does actions to all sessions, those of an account, or one', async () => {
    const accounts = [
      { systemId: 'tocsin', password: 'secret' },
      { systemId: 'other', password: 'secret' },
    ];
    const simulator = await fixture.start({ accounts });
    const mine = await fixture.bound(simulator);
    const other = await fixture.bound(simulator, { system_id: 'other' });
    expect((await call(simulator, 'POST', '/actions/enquire')).body).toEqual({ links: 2 });
    expect((await call(simulator, 'POST', '/actions/drop', { systemId: 'other' })).body).toEqual({ links: 1 });
    await waitFor(() => other.isClosed);
    const links = (await call(simulator, 'GET', '/links')).body;
    expect(links).toMatchObject([{ systemId: 'tocsin', mode: 'bound', bindType: 'transceiver' }]);
    expect((await call(simulator, 'POST', '/actions/drop', { link: links[0].link })).body).toEqual({ links: 1 });
    await waitFor(() => mine.isClosed);
  });

  test('does an action to as many sessions as told', async () => {
    const simulator = await fixture.start();
    for (let i = 0; i < 3; i++) await fixture.bound(simulator);
    expect((await call(simulator, 'POST', '/actions/drop', { limit: 2 })).body).toEqual({ links: 2 });
    await waitFor(() => simulator.links().length === 1);
  });

  test.each([
    ['POST', '/actions/explode', undefined, 400, '/action'],
    ['POST', '/actions/drop', { lnk: 1 }, 400, '/'],
    ['GET', '/record/recipients?min=0', undefined, 400, '/min'],
    ['GET', '/record/recipients/+33', undefined, 400, '/msisdn'],
    ['GET', '/nowhere', undefined, 404, undefined],
  ])('refuses %s %s %j', async (method, path, body, status, at) => {
    const simulator = await fixture.start();
    const answer = await call(simulator, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0]?.at).toBe(at);
  });

  test('refuses a body that is no JSON', async () => {
    const simulator = await fixture.start();
    const response = await fetch(`http://127.0.0.1:${simulator.httpPort}/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'bad_body' });
  });
});
