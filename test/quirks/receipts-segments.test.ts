/** Quirk 17: one receipt a segment, or one for the first or the last only; and half a text is none. */
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { LONG_TEXT, nonZero, recipientOf } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
const { broadcast } = fixture;

type Receipts = NonNullable<BehaviourInput['receipts']>;

/** Receipts of both parts come in either order. */
const MIXED = { delayMs: { min: 0, max: 150 } } as const satisfies Receipts;
const TWO_SEGMENTS = { text: LONG_TEXT };

test.each(['each', 'last', 'first'] as const)(
  'quirk 17: under the policy of an SMSC that sends receipts for %s, a text of two segments is delivered',
  async (segments) => {
    const { counts, running } = await broadcast(
      { route: { receipts: { segments } }, behaviour: { receipts: { ...MIXED, multipart: segments } } },
      TWO_SEGMENTS,
    );
    expect(counts).toEqual({ delivered: 50 });
    expect(running.record()).toMatchObject({ accepted: 100, repeatedParts: 0 });
    expect(running.record().receipts.sent).toBe(segments === 'each' ? 100 : 50);
  },
);

test('quirk 17: under `each` a text of three segments is delivered when all three have arrived', async () => {
  const text = 'Trois segments. '.repeat(25);
  const outcomes = [1, 2, 3].map((part) => ({ outcome: 'none' as const, part, suffix: String(part) }));
  const running = await fixture.start({ behaviour: { receipts: { ...MIXED, outcomes } } });
  const id = await running.launch({ recipients: 50, text });
  await waitFor(() => running.record().receipts.acknowledged === 3 * 50 - 15);
  await waitFor(() => running.simulator.held() === 0);
  await running.until(id, ({ counts }) => counts.delivered === 35);
  expect(nonZero((await running.progress(id)).counts)).toEqual({ delivered: 35, accepted: 15 });
});

test.each(['first', 'last'] as const)(
  'quirk 17: under `each` a text is not delivered by the receipt of its %s segment alone',
  async (multipart) => {
    const running = await fixture.start({ behaviour: { receipts: { multipart } } });
    const id = await running.launch({ recipients: 20, text: LONG_TEXT });
    await waitFor(() => running.record().receipts.acknowledged === 20);
    expect(nonZero((await running.until(id, ({ counts }) => counts.accepted === 20)).counts)).toEqual({ accepted: 20 });
  },
);

test.each([
  ['each', 1],
  ['each', 2],
  ['last', 1],
  ['last', 2],
  ['first', 1],
  ['first', 2],
] as const)(
  'quirk 17: under `%s` a text whose segment %i fails is not delivered, whichever receipt comes first',
  async (segments, part) => {
    const outcomes = [{ outcome: 'undeliverable', part, suffix: '5' }] as const;
    const { counts, running } = await broadcast(
      { route: { receipts: { segments } }, behaviour: { receipts: { ...MIXED, outcomes: [...outcomes] } } },
      { ...TWO_SEGMENTS, recipients: 200 },
      8_000,
    );
    await waitFor(() => running.simulator.held() === 0);
    expect(counts.delivered! + counts.undeliverable!).toBe(200);
    // A receipt of failure may come after the text seemed delivered.
    await waitFor(async () => (await running.verify('b1')).counts.undeliverable === 20);
  },
);

test.each([
  ['last', 1],
  ['first', 2],
] as const)(
  'quirk 17: under `%s` segment %i says nothing of the whole, where an SMSC sends its receipt unasked',
  async (segments, other) => {
    const silent = other === 1 ? 2 : 1;
    const running = await fixture.start({
      route: { receipts: { segments } },
      behaviour: { receipts: { ignoreRegisteredDelivery: true, outcomes: [{ outcome: 'none', part: silent }] } },
    });
    const id = await running.launch({ recipients: 20, text: LONG_TEXT });
    await waitFor(() => running.record().receipts.acknowledged === 20);
    expect(nonZero((await running.until(id, ({ counts }) => counts.accepted === 20)).counts)).toEqual({ accepted: 20 });
  },
);

test('quirk 17: under `otherSegments: none` the failure of another segment is not asked for', async () => {
  const outcomes = [{ outcome: 'undeliverable', part: 1 }] as const;
  const { counts, running } = await broadcast(
    {
      route: { receipts: { segments: 'last', otherSegments: 'none' } },
      behaviour: { receipts: { outcomes: [...outcomes] } },
    },
    TWO_SEGMENTS,
  );
  expect(counts).toEqual({ delivered: 50 });
  expect(running.record().receipts.sent).toBe(50);
});

test('quirk 17: a text of one segment is delivered by its receipt under every policy', async () => {
  for (const segments of ['each', 'last', 'first'] as const) {
    const outcomes = [{ outcome: 'expired' as const, destinations: [String(recipientOf(1, 0, 7))] }];
    const { counts } = await broadcast({
      route: { receipts: { segments } },
      behaviour: { receipts: { multipart: segments, outcomes: [...outcomes] } },
    });
    expect(counts).toEqual({ delivered: 49, expired: 1 });
  }
});

test('quirk 17: a text sent whole is delivered by its one receipt', async () => {
  const { counts } = await broadcast({ route: { concatenation: 'payload' } }, TWO_SEGMENTS);
  expect(counts).toEqual({ delivered: 50 });
});
