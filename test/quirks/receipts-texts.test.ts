/** Quirks 5 to 13: receipts in whatever words, fields, PDU and order. */
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { nonZero } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
const { broadcast } = fixture;

type Receipts = NonNullable<BehaviourInput['receipts']>;

/** Nothing but the text says which message, and what became of it. */
const TEXT_ONLY = { receiptedMessageId: false, messageState: false } as const;
/** Five of fifty end in 5: a state that is not read shows in the counts. */
const FAILING = { outcomes: [{ outcome: 'undeliverable', suffix: '5' }] } as const satisfies Receipts;
const BOTH = { delivered: 45, undeliverable: 5 };

/** The recipients end as the simulator decided, and every receipt was answered at once. */
async function expectRead(receipts: Receipts): Promise<void> {
  const { counts, running } = await broadcast({ behaviour: { receipts: { ...FAILING, ...receipts } } });
  expect(counts).toEqual(BOTH);
  await waitFor(() => running.record().receipts.acknowledged === 50);
  expect(running.record().receipts).toMatchObject({ sent: 50, nackedTemporary: 0, nackedPermanent: 0 });
}

test.each<[string, Receipts]>([
  ['without TLVs', TEXT_ONLY],
  ['with receipted_message_id alone, the state in the text', { messageState: false }],
  ['with message_state alone, the id in the text', { receiptedMessageId: false }],
  ['with nothing but TLVs', { textIn: 'nowhere' }],
])('quirk 5: a receipt %s is read', async (_how, receipts) => {
  await expectRead(receipts);
});

test('quirk 5: where TLVs and text differ, the TLVs are right', async () => {
  const words = { delivered: 'UNDELIV', undeliverable: 'DELIVRD' };
  await expectRead({ dialect: { stateWords: words } });
});

test.each<[string, Receipts['dialect']]>([
  ['no sub, dlvrd and text', { fields: ['id', 'submit date', 'done date', 'stat', 'err'] }],
  ['id and stat alone', { fields: ['id', 'stat'] }],
  ['another order', { fields: ['stat', 'err', 'done date', 'submit date', 'dlvrd', 'sub', 'id', 'text'] }],
  ['Text: with a capital', { labels: { text: 'Text:' } }],
  ['no label for the state', { labels: { stat: '' } }],
  ['a bare state in front', { fields: ['stat', 'id', 'text'], labels: { stat: '', text: 'Text:' } }],
  ['labels in capitals', { labels: { id: 'ID:', stat: 'STAT:', err: 'ERR:', text: 'TEXT:' } }],
  ['spaces behind the labels', { labels: { id: 'id: ', stat: 'stat: ', err: 'err: ' } }],
  ['status instead of stat', { fields: ['id', 'stat', 'err'], labels: { stat: 'status:' } }],
])('quirk 6: a receipt with %s is read', async (_what, dialect) => {
  await expectRead({ ...TEXT_ONLY, dialect });
});

test('quirk 6: what the sent text says is not taken for what became of it', async () => {
  const receipts: Receipts = { ...FAILING, ...TEXT_ONLY, dialect: { textCharacters: 40 } };
  const text = 'id:7 stat:EXPIRED err:1 Composez le 02 61 91 00 35';
  const { counts } = await broadcast({ behaviour: { receipts } }, { text });
  expect(counts).toEqual(BOTH);
});

test('quirk 7: err is kept as text, and counted by what it says', async () => {
  const outcomes = [
    { outcome: 'undeliverable', suffix: '1' },
    { outcome: 'expired', suffix: '2' },
    { outcome: 'rejected', suffix: '3' },
  ] as const;
  const errors = { undeliverable: '21b', expired: 'nul', rejected: '0000' };
  const receipts: Receipts = { ...TEXT_ONLY, outcomes: [...outcomes], dialect: { errors } };
  const { counts, running } = await broadcast({ behaviour: { receipts } });
  expect(counts).toEqual({ delivered: 35, undeliverable: 5, expired: 5, rejected: 5 });
  const counted = await waitFor(async () => {
    const { values } = await running.metrics.receiptErrors.get();
    return values.length === 3 && Object.fromEntries(values.map(({ labels, value }) => [labels.err, value]));
  });
  expect(counted).toEqual({ '21b': 5, nul: 5, '0000': 5 });
});

test.each([10, 12, 14] as const)('quirk 8: a receipt whose dates have %i digits is read', async (dateDigits) => {
  await expectRead({ ...TEXT_ONLY, dialect: { dateDigits } });
});

test.each(['00000', 'never', '99'])('quirk 8: a receipt is read whose dates are "%s"', async (date) => {
  const labels = { 'submit date': `submit date:${date} x:`, 'done date': `done date:${date} y:` };
  await expectRead({ ...TEXT_ONLY, dialect: { labels } });
});

test('quirk 8: the time of a receipt is when it came, by our clock', async () => {
  const running = await fixture.start({ behaviour: { receipts: { ...TEXT_ONLY, delayMs: { min: 700, max: 800 } } } });
  running.clock.aheadMs = 3 * 3_600_000;
  const id = await running.launch({ recipients: 20 });
  await running.closed(id);
  const { lastReceiptAt } = await running.until(id, (progress) => progress.lastReceiptAt !== undefined);
  expect(Math.abs(Date.parse(lastReceiptAt!) - running.now())).toBeLessThan(3_000);
});

test.each([
  ['ACKED', 'accepted'],
  ['BUFFRED', 'enroute'],
  ['BUFFERD', 'enroute'],
] as const)('quirk 9: %s means that the text is on its way', async (word, outcome) => {
  const stateWords = { [outcome]: word };
  const receipts: Receipts =
    outcome === 'accepted'
      ? { ...TEXT_ONLY, outcomes: [{ outcome }], dialect: { stateWords } }
      : { ...TEXT_ONLY, intermediate: 1, esmClass: 0, delayMs: { min: 1_200, max: 1_200 }, dialect: { stateWords } };
  const running = await fixture.start({ behaviour: { receipts } });
  const id = await running.launch({ recipients: 20 });
  await running.until(id, ({ counts }) => counts.enroute === 20);
});

test('quirk 9: a word that no table knows is not taken for failed', async () => {
  const receipts: Receipts = { ...TEXT_ONLY, dialect: { stateWords: { undeliverable: 'MMSGRCV' } } };
  const { counts } = await broadcast({ behaviour: { receipts: { ...receipts, ...FAILING } } });
  expect(counts).toEqual({ delivered: 45, unknown: 5 });
});

test('quirk 9: a word that no table knows, in an intermediate notification, is no end', async () => {
  const running = await fixture.start({
    behaviour: {
      receipts: {
        ...TEXT_ONLY,
        intermediate: 1,
        delayMs: { min: 1_200, max: 1_200 },
        dialect: { stateWords: { enroute: 'SENDING' } },
      },
    },
  });
  const id = await running.launch({ recipients: 20 });
  await running.until(id, ({ counts }) => counts.enroute === 20);
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 20 });
});

test.each<[string, Receipts]>([
  ['as data_sm', { pdu: 'data_sm', textIn: 'message_payload', ...TEXT_ONLY }],
  ['as data_sm with TLVs alone', { pdu: 'data_sm', textIn: 'nowhere' }],
  ['with its text in message_payload', { textIn: 'message_payload', ...TEXT_ONLY }],
])('quirk 10: a receipt %s is read', async (_how, receipts) => {
  await expectRead(receipts);
});

test.each<[string, Receipts]>([
  ['TLVs', { textIn: 'nowhere' }],
  ['text', TEXT_ONLY],
  ['text of data_sm', { ...TEXT_ONLY, pdu: 'data_sm', textIn: 'message_payload' }],
])('quirk 11: a receipt without the bits of esm_class is known by its %s', async (_what, receipts) => {
  await expectRead({ ...receipts, esmClass: 0 });
});

test.each(['short_message', 'message_payload'] as const)(
  'quirk 12: ASCII in a %s under data_coding 8 is read as ASCII',
  async (textIn) => {
    await expectRead({ ...TEXT_ONLY, dataCoding: 8, textIn });
  },
);

test('quirk 13: receipts that come again, and enroute after delivered, change nothing, before the close and after it', async () => {
  const receipts: Receipts = { repeats: { probability: 1, times: 3, everyMs: 300 }, enrouteAfterFinal: 1 };
  const { running, id, counts } = await broadcast({ behaviour: { receipts } }, { recipients: 100 });
  expect(counts).toEqual({ delivered: 100 });
  const closedAt = running.record().receipts.acknowledged;
  expect(closedAt).toBeLessThan(500);
  await waitFor(() => running.record().receipts.acknowledged === 500);
  expect(running.record().receipts).toMatchObject({ resent: 0, nackedTemporary: 0, nackedPermanent: 0 });
  expect(nonZero((await running.verify(id)).counts)).toEqual({ delivered: 100 });
});

test('quirk 13: the id of a message is known for days after its final receipt', async () => {
  const { running } = await broadcast({}, { recipients: 10 });
  const { redis, prefix } = running.store;
  const keys = await redis.keys(`${prefix}*:ids:*`);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(3 * 24 * 3_600_000);
});
