/** Links over TLS (smpps): certificates are verified both ways, and nothing is ever said in the clear. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import type { RouteTls } from '../../src/broadcasts/route-tls.ts';
import type { SmscTls } from '../../src/simulator/smsc.ts';
import { linkFixture } from '../quirks/link-fixture.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, nonZero } from './harness.ts';

const pem = (name: string): string => readFileSync(new URL(`../support/tls/${name}`, import.meta.url), 'utf8');
const pair = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });
const CA = pem('ca.pem');
const SERVER: SmscTls = pair('server');
const TRUSTING: RouteTls = { ca: CA, verify: true };

const links = linkFixture();
const start = async (server: SmscTls, tls: RouteTls, route: Record<string, unknown> = {}) => {
  const simulator = await links.simulate({}, server);
  return { simulator, ...links.link(simulator.smppPort, route, tls) };
};

describe('a link over TLS', () => {
  test('binds and submits to an SMSC whose certificate its authority has signed', async () => {
    const { simulator, bound, submit, responses, distrusted } = await start(SERVER, TRUSTING);
    await bound();
    submit(50);
    await waitFor(() => responses.length === 50);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 50, binds: { ESME_ROK: 1 } });
    expect(distrusted).toEqual([]);
  });

  test('holds the certificate against the name of the host, or against serverName', async () => {
    const named = await start(SERVER, TRUSTING, { host: 'localhost' });
    await named.bound();
    const given = await start(SERVER, { ...TRUSTING, serverName: 'smsc.test' });
    await given.bound();
  });

  test.each([
    ['an unknown authority', SERVER, { ca: pem('stranger-ca.pem'), verify: true }, /^UNABLE_TO_(VERIFY|GET)/],
    ['an authority that is not public', SERVER, { verify: true }, /^UNABLE_TO_(VERIFY|GET)/],
    ['another host', pair('elsewhere'), TRUSTING, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ['another name than serverName', SERVER, { ...TRUSTING, serverName: 'elsewhere.test' }, /ALTNAME_INVALID$/],
  ] as const)('says nothing to an SMSC with a certificate of %s, and raises an alarm', async (_, server, tls, code) => {
    const { simulator, link, distrusted } = await start(server, tls);
    await waitFor(() => distrusted.length > 0);
    expect(distrusted[0]).toMatch(code);
    expect(link.state).toBe('waiting');
    expect(simulator.record.snapshot()).toMatchObject({ binds: {}, received: {} });
  });

  test('that does not trust tries again after the longest pause, and binds when the certificate is in order', async () => {
    const bad = await links.simulate({}, pair('elsewhere'));
    const port = bad.smppPort;
    const { link, distrusted, bound } = links.link(port, { reconnectMinMs: 10, reconnectMaxMs: 400 }, TRUSTING);
    await waitFor(() => distrusted.length === 1);
    const since = performance.now();
    await waitFor(() => distrusted.length === 2);
    expect(performance.now() - since).toBeGreaterThan(150);
    await bad.stop();
    await links.simulate({}, SERVER, port);
    await bound();
    expect(link.state).toBe('bound');
  });

  test('shows its certificate to an SMSC that asks for one', async () => {
    const { simulator, bound, submit, responses } = await start(
      { ...SERVER, ca: CA },
      { ...TRUSTING, ...pair('client') },
    );
    await bound();
    submit(1);
    await waitFor(() => responses.length === 1);
    expect(simulator.record.snapshot().binds).toEqual({ ESME_ROK: 1 });
  });

  test.each([
    ['no certificate', {}],
    ['a stranger’s certificate', pair('stranger-client')],
  ])('with %s never binds to an SMSC that asks for one', async (_, certificate) => {
    const { simulator, link, changed } = await start({ ...SERVER, ca: CA }, { ...TRUSTING, ...certificate });
    await waitFor(() => (simulator.record.snapshot().events['TLS handshake failed'] ?? 0) >= 2);
    await waitFor(() => changed.some(({ to }) => to === 'waiting'));
    expect(link.state).not.toBe('bound');
    expect(simulator.record.snapshot()).toMatchObject({ binds: {}, received: {} });
  });

  test('takes whoever answers where the route says so', async () => {
    const { bound } = await start(pair('elsewhere'), { verify: false });
    await bound();
  });

  test('is no link to an SMSC without TLS: its port hears no SMPP', async () => {
    const { simulator, link, distrusted } = await (async () => {
      const plain = await links.simulate();
      return { simulator: plain, ...links.link(plain.smppPort, { bindTimeoutMs: 200 }, TRUSTING) };
    })();
    await waitFor(() => link.state === 'waiting');
    expect(simulator.record.snapshot()).toMatchObject({ binds: {}, received: {} });
    expect(distrusted.every((reason) => /^(ERR_SSL_|EPROTO)/.test(reason))).toBe(true);
  });

  test('gives up a handshake that does not come to an end', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { link, changed } = links.link((silent.address() as AddressInfo).port, { bindTimeoutMs: 100 }, TRUSTING);
    links.atEnd(() => new Promise((resolve) => silent.close(() => resolve())));
    links.atEnd(() => link.stop('the test is over'));
    await waitFor(() => changed.some(({ to }) => to === 'waiting'));
    expect(changed.find(({ to }) => to === 'waiting')?.reason).toBe('connect timeout');
  });

  test('that breaks in mid-handshake or later is bound again', async () => {
    const { simulator, bound, link } = await start(SERVER, TRUSTING);
    await bound();
    simulator.act('reset');
    await waitFor(() => link.state === 'waiting');
    await bound();
    expect(simulator.record.snapshot().binds).toEqual({ ESME_ROK: 2 });
  });
});

describe('a route over TLS', () => {
  const dispatch = dispatchFixture();
  const startRoute = async (server: SmscTls, tls: RouteTls) => {
    const running = await dispatch.start({ dispatchers: 0 });
    const { smppPort: port } = await links.simulate({}, server);
    await running.dispatcher({ routes: [{ ...running.route, port, tls }] });
    return running;
  };
  const told = ({ logged }: { logged: Record<string, unknown>[] }, level: number) =>
    logged.filter((line) => line.level === level);

  test('carries a broadcast to the last receipt', async () => {
    const running = await startRoute(SERVER, TRUSTING);
    const id = await running.launch({ recipients: 1_500 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 1_500 });
    expect(told(running, 40)).toEqual([]);
  });

  test('with a certificate that does not verify says so in its health and, once, in the log', async () => {
    const running = await startRoute(pair('elsewhere'), TRUSTING);
    const id = await running.launch({ recipients: 10 });
    const [health] = await waitFor(async () => {
      const found = await routeHealth(running.store, ['drill'], running.now());
      return found[0]?.refused && found;
    });
    expect(health).toMatchObject({ state: 'down', refused: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(told(running, 60)).toMatchObject([{ reason: 'ERR_TLS_CERT_ALTNAME_INVALID', route: 'drill' }]);
    expect(nonZero((await running.progress(id)).counts)).toEqual({ pending: 10 });
  });

  test('that verifies nothing warns at its start, and works', async () => {
    const running = await startRoute(pair('elsewhere'), { verify: false });
    const id = await running.launch({ recipients: 10 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 10 });
    expect(told(running, 40)).toMatchObject([{ msg: expect.stringContaining('tls.verify is false') }]);
  });
});

describe('the simulator over TLS', () => {
  test('speaks TLS 1.2 and above only', async () => {
    const simulator = await links.simulate({}, SERVER);
    const old = connectTls({
      port: simulator.smppPort,
      host: '127.0.0.1',
      ca: CA,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = await once(old, 'error');
    expect(String(error)).toMatch(/version|alert|protocol|handshake/i);
  });
});
