import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureOf } from '../../src/escalation/webhooks.ts';
import type { Store } from '../../src/store/connection.ts';
import { PREFECT_35 } from '../notices/samples.ts';
import { testStore } from '../support/redis.ts';
import { aRule, escalationOver, PHONES } from './fixture.ts';

const SECRET = 'sixteen characters';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let store: Store;
let close: () => Promise<void>;
let server: Server;
let received: Received[];
/** What the next requests get; 204 when there is nothing. `silent` answers never. */
let answers: (number | 'silent')[];
let url: string;

beforeEach(async () => {
  ({ store, close } = await testStore());
  received = [];
  answers = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    const answer = answers.shift() ?? 204;
    if (answer === 'silent') return;
    response.writeHead(answer, answer === 302 ? { Location: `${url}elsewhere` } : {}).end('ignored');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await close();
});

/** Where nobody listens any more. */
async function closedUrl(): Promise<string> {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

const withHook = (hook: { url: string } = { url }) =>
  escalationOver(store, {
    rules: [aRule({ webhooks: ['desk'], sms: false })],
    webhooks: [{ id: 'desk', secret: SECRET, ...hook }],
  });

async function called(escalation: ReturnType<typeof withHook>): Promise<string> {
  const { id } = await escalation.submitted({ regions: ['35'] });
  await escalation.watch().tick();
  return id;
}

describe('R18: a webhook', () => {
  test('gets JSON signed with HMAC-SHA-256 over its time and its bytes', async () => {
    const escalation = withHook();
    const id = await called(escalation);
    await escalation.webhooks().tick();
    const [{ headers, body }] = received as [Received];
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tocsin-signature'])) ?? [];
    expect(Number(t)).toBe(Math.floor(escalation.clock.ms / 1_000));
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'));
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'tocsin-notification': JSON.parse(body).id });
    expect(JSON.parse(body)).toMatchObject({ type: 'approval.requested', notice: { id }, regions: [{ region: '35' }] });
    for (const number of Object.values(PHONES)) expect(body).not.toContain(String(number).slice(2));
    expect(await escalation.told(id)).toMatchObject([{ state: 'sent', attempts: 1 }]);
    const actions = (await escalation.audited(id)).map(({ action }) => action);
    expect(actions.slice(-2)).toEqual(['notice.notify', 'notification.sent']);
  });

  test('is signed with its own secret: another one gives another signature', () => {
    expect(signatureOf('a', '{}', 1_000)).not.toBe(signatureOf('b', '{}', 1_000));
    expect(signatureOf('a', '{}', 1_000)).not.toBe(signatureOf('a', '{ }', 1_000));
    expect(signatureOf('a', '{}', 1_000)).not.toBe(signatureOf('a', '{}', 2_000));
  });

  test('that refuses or moves is tried again, later each time, until it takes it; once after that no more', async () => {
    const escalation = withHook();
    const id = await called(escalation);
    answers = [503, 302, 404];
    const waits: number[] = [];
    let since = escalation.clock.ms;
    for (let i = 0; i < 400 && received.length < 4; i += 1) {
      const before = received.length;
      await escalation.webhooks().tick();
      if (received.length > before) {
        waits.push(escalation.clock.ms - since);
        since = escalation.clock.ms;
      }
      escalation.clock.ms += 250;
    }
    expect(waits[0]).toBe(0);
    expect(waits[1]).toBeGreaterThanOrEqual(1_500);
    expect(waits[2]).toBeGreaterThanOrEqual(3_000);
    expect(waits[3]).toBeGreaterThanOrEqual(6_000);
    escalation.clock.ms += 3_600_000;
    await escalation.webhooks().tick();
    expect(received).toHaveLength(4);
    expect(await escalation.told(id)).toMatchObject([{ state: 'sent', attempts: 4 }]);
    const faults = (await escalation.audited(id)).map(({ detail }) => detail?.fault).filter(Boolean);
    expect(faults).toEqual(['http_503', 'http_302', 'http_404']);
    expect(new Set(received.map(({ headers }) => headers['tocsin-notification'])).size).toBe(1);
  });

  test('that does not answer, or is not there, costs no more than its time, and is named by a code alone', async () => {
    const escalation = withHook();
    const id = await called(escalation);
    answers = ['silent'];
    const since = performance.now();
    await escalation.webhooks(50).tick();
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(await escalation.told(id)).toMatchObject([{ state: 'waiting', attempts: 1, fault: 'timeout' }]);
    const gone = escalationOver(store, {
      rules: [aRule({ webhooks: ['desk'], sms: false })],
      webhooks: [{ id: 'desk', secret: SECRET, url: `${await closedUrl()}token` }],
    });
    const other = await called(gone);
    gone.clock.ms += 1;
    await gone.webhooks().tick();
    expect(await gone.told(other)).toMatchObject([{ state: 'waiting', fault: 'econnrefused' }]);
    expect(JSON.stringify(await gone.audited(other))).not.toContain('token');
  });

  test('is called by one of several processes', async () => {
    const escalation = withHook();
    await called(escalation);
    await Promise.all([1, 2, 3].map(() => escalation.webhooks().tick()));
    expect(received).toHaveLength(1);
  });

  test('is given up when the notice ends, and not called when nobody waits any more', async () => {
    const escalation = withHook();
    const id = await called(escalation);
    answers = [500];
    await escalation.webhooks().tick();
    escalation.clock.ms += 7 * 3_600_000;
    await escalation.webhooks().tick();
    expect(await escalation.told(id)).toMatchObject([{ state: 'failed', fault: 'http_500' }]);
    const fresh = withHook();
    const notice = await fresh.submitted({ regions: ['35'] });
    await fresh.watch().tick();
    await fresh.approve(notice, '35', PREFECT_35);
    await fresh.webhooks().tick();
    expect(await fresh.told(notice.id)).toMatchObject([{ state: 'void', attempts: 0 }]);
    expect(received).toHaveLength(1);
  });

  test('that the file no longer names is not called', async () => {
    const escalation = withHook();
    const id = await called(escalation);
    await escalationOver(store).webhooks().tick();
    expect(await escalation.told(id)).toMatchObject([{ state: 'failed', fault: 'unknown_webhook' }]);
  });
});
