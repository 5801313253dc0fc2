/** Quirks 1 to 4, 14 and 15: which submission a receipt belongs to, whenever and wherever it comes and however its id is written. */
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { SLOT_EVENTS } from '../../src/ledger/states.ts';
import { nonZero } from '../dispatch/harness.ts';
import { runCli } from '../support/command-line.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
const { broadcast } = fixture;

const orphansOf = async (store: ConstructorParameters<typeof MessageIds>[0]['store']) => {
  const orphans = [];
  for await (const orphan of new MessageIds({ store, route: 'drill' }).orphans()) orphans.push(orphan);
  return orphans;
};

test('quirk 1: a receipt before its submit_sm_resp is answered, kept durably, and takes effect with the response', async () => {
  const running = await fixture.start({
    route: { responseTimeoutMs: 5_000 },
    behaviour: { receipts: { beforeResponse: 1 }, responses: { delayMs: { min: 1_200, max: 1_400 } } },
  });
  const id = await running.launch({ recipients: 50 });
  await waitFor(() => running.record().receipts.acknowledged === 50);
  expect(nonZero((await running.progress(id)).counts)).toEqual({ sending: 50 });
  expect(await orphansOf(running.store)).toHaveLength(50);
  expect(nonZero((await running.closed(id, 3_000)).counts)).toEqual({ delivered: 50 });
  expect(running.record()).toMatchObject({ submits: 50, receipts: { sent: 50 } });
  expect(await orphansOf(running.store)).toHaveLength(0);
});

test('quirk 1: a receipt in one process and its response in another are joined', async () => {
  const running = await fixture.start({
    dispatchers: 2,
    route: { links: 1, responseTimeoutMs: 5_000 },
    behaviour: {
      receipts: { link: 'other', delayMs: { min: 0, max: 0 } },
      responses: { delayMs: { min: 300, max: 500 } },
    },
  });
  const id = await running.launch({ recipients: 50 });
  expect(nonZero((await running.closed(id, 4_500)).counts)).toEqual({ delivered: 50 });
});

/** 2^48 - 6: digits and letters in hex, beyond 32 bits in decimal. */
const FIRST = '281474976710650';
const LONG = '9223372036854775000';

test.each([
  ['hex in the response, decimal in the receipt', 'hex', 'decimal', { responseId: { base: 'hexToDecimal' } }],
  ['decimal in the response, hex in the receipt', 'decimal', 'hex', { receiptId: { base: 'hexToDecimal' } }],
  [
    'hex in the response, and the route turns the receipt into hex',
    'hex',
    'decimal',
    { receiptId: { base: 'decimalToHex' } },
  ],
  [
    'decimal in the response, and the route turns it into hex',
    'decimal',
    'hex',
    { responseId: { base: 'decimalToHex' } },
  ],
] as const)('quirk 2: an id is found that is %s', async (_how, response, receipt, receipts) => {
  const messageIds = { response: { format: response }, receipt: { format: receipt }, first: FIRST };
  const { counts } = await broadcast({ route: { receipts }, behaviour: { messageIds } });
  expect(counts).toEqual({ delivered: 50 });
});

test.each([
  [
    'zeros on the response',
    { response: { format: 'decimal', padTo: 20 }, receipt: { format: 'decimal' } },
    { stripLeadingZeros: true },
  ],
  [
    'zeros on the receipt',
    { response: { format: 'hex' }, receipt: { format: 'hex', padTo: 20 } },
    { stripLeadingZeros: true },
  ],
  ['capitals in the response', { response: { format: 'hexUpper' }, receipt: { format: 'hex' } }, { caseFold: true }],
  [
    'capitals in the receipt of a UUID',
    { response: { format: 'uuid' }, receipt: { format: 'uuidUpper' } },
    { caseFold: true },
  ],
  [
    'both at once',
    { response: { format: 'hexUpper', padTo: 20 }, receipt: { format: 'hex' } },
    { stripLeadingZeros: true, caseFold: true },
  ],
] as const)('quirk 3: an id is found in spite of %s', async (_what, formats, rule) => {
  const { counts } = await broadcast({
    route: { receipts: { responseId: rule, receiptId: rule } },
    behaviour: { messageIds: { ...formats, first: FIRST } },
  });
  expect(counts).toEqual({ delivered: 50 });
});

test.each([
  ['of 64 bits, as text', { response: { format: 'decimal' }, first: LONG }, {}],
  [
    'of 64 bits, hex in the response and decimal in the receipt',
    { response: { format: 'hex' }, receipt: { format: 'decimal' }, first: LONG },
    { responseId: { base: 'hexToDecimal' } },
  ],
  [
    'of 64 bits, with zeros and capitals, turned into hex',
    { response: { format: 'hexUpper', padTo: 24 }, receipt: { format: 'decimal' }, first: LONG },
    { responseId: { stripLeadingZeros: true, caseFold: true }, receiptId: { base: 'decimalToHex' } },
  ],
  ['that is a UUID', { response: { format: 'uuid' } }, {}],
  [
    'that is a UUID, on a route that converts numbers',
    { response: { format: 'uuid' } },
    { responseId: { base: 'hexToDecimal' }, receiptId: { base: 'hexToDecimal' } },
  ],
] as const)('quirk 4: an id is found %s', async (_what, messageIds, receipts) => {
  const { counts } = await broadcast({ route: { receipts }, behaviour: { messageIds } });
  expect(counts).toEqual({ delivered: 50 });
});

test('quirk 14: receipts of unknown ids are answered, counted, kept until their expiry, and can be read', async () => {
  const { running, counts } = await broadcast({ behaviour: { receipts: { unknownIds: 1 } } }, { recipients: 100 });
  expect(counts).toEqual({ delivered: 100 });
  await waitFor(() => running.simulator.links().every(({ awaiting }) => awaiting.waiting === 0));
  expect(running.record().receipts).toMatchObject({
    unknownIds: 100,
    unknownAcknowledged: 100,
    nackedTemporary: 0,
    nackedPermanent: 0,
    resent: 0,
  });

  const orphans = await orphansOf(running.store);
  expect(orphans).toHaveLength(100);
  const today = new Date(running.now()).toISOString().slice(0, 10);
  for (const { events, day } of orphans) {
    expect([events.map((code) => SLOT_EVENTS[code]), day]).toEqual([['receiptDelivered'], today]);
  }
  const { redis, prefix } = running.store;
  for (const key of await redis.keys(`${prefix}*:parked:*`)) {
    expect(await redis.pttl(key)).toBeGreaterThan(24 * 3_600_000);
  }
  const unmatched = async () => (await running.metrics.receiptsUnmatched.get()).values[0]?.value;
  await waitFor(async () => (await unmatched()) === 100);
  const listed = await runCli(running.store, 'routes', 'orphans', 'drill', '--json');
  expect(JSON.parse(listed.out)).toHaveLength(100);
});

test('quirk 14: receipts that nobody asked for are answered, and change nothing', async () => {
  const running = await fixture.start({
    route: { receipts: { segments: 'last', otherSegments: 'none' } },
    behaviour: { receipts: { ignoreRegisteredDelivery: true } },
  });
  const id = await running.launch({ recipients: 20, text: 'Deux segments. '.repeat(14) });
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 20 });
  await waitFor(() => running.record().receipts.acknowledged === 40);
});

test.each(['other', 'any'] as const)('quirk 15: a receipt is joined that comes on another link: %s', async (link) => {
  const { counts } = await broadcast({ route: { links: 4 }, behaviour: { receipts: { link } } }, { recipients: 200 });
  expect(counts).toEqual({ delivered: 200 });
});

test('quirk 15: a receipt is joined that comes after a reconnect, to another process too', async () => {
  const running = await fixture.start({ behaviour: { receipts: { delayMs: { min: 1_500, max: 1_600 } } } });
  const id = await running.launch({ recipients: 100 });
  await running.until(id, ({ counts }) => counts.accepted === 100);
  await running.dispatcher();
  await waitFor(() => running.simulator.links().filter(({ mode }) => mode === 'bound').length === 4);
  await running.dispatchers[0]!.stop();
  running.simulator.act('drop');
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 100 });
  expect(running.record()).toMatchObject({ submits: 100, repeatedParts: 0 });
});
