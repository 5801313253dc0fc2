/** Quirks 18 and 25 to 27: how a text is written, cut and signed for an SMSC, and what is refused before anybody gets half of it. */
import { loadRoutes } from '../../src/broadcasts/routes-file.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { segment } from '../../src/sms/segments.ts';
import { LONG_TEXT, nonZero, type RunningDispatch } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
const { broadcast } = fixture;

type Submissions = NonNullable<BehaviourInput['submissions']>;

/** The text as a telephone puts it together, from what the SMSC got; parts that came unequally often are a fault. */
function textSeen(running: RunningDispatch, recipients: number): string {
  const parts = running.simulator.record.texts.list().sort((a, b) => a.part - b.part);
  expect(parts.map(({ part, parts: of, count }) => [part, of, count])).toEqual(
    parts.map((_, i) => [i + 1, parts.length, recipients]),
  );
  return parts.map(({ sample }) => sample).join('');
}

/** What an SMSC that knows one way only says to the others. */
const ONE_WAY = {
  udh: { refuseSar: 'ESME_RINVOPTPARSTREAM', refuseMessagePayload: 'ESME_RINVOPTPARSTREAM' },
  sar: { refuseUdh: 'ESME_RINVESMCLASS', refuseMessagePayload: 'ESME_RINVOPTPARSTREAM' },
  payload: { refuseUdh: 'ESME_RINVESMCLASS', refuseSar: 'ESME_RINVOPTPARSTREAM' },
} as const satisfies Record<string, Submissions>;

test.each(['udh', 'sar', 'payload'] as const)(
  'quirk 18: a text of two segments arrives whole by `%s` at an SMSC that refuses the other ways',
  async (concatenation) => {
    const { counts, running } = await broadcast(
      { route: { concatenation }, behaviour: { submissions: { ...ONE_WAY[concatenation], checkLength: true } } },
      { text: LONG_TEXT },
    );
    expect(counts).toEqual({ delivered: 50 });
    expect(running.record()).toMatchObject({ accepted: concatenation === 'payload' ? 50 : 100, repeatedParts: 0 });
    expect(textSeen(running, 50)).toBe(LONG_TEXT);
  },
);

test('quirk 18: a way that the SMSC refuses is refused for everybody, and told as such', async () => {
  const { counts, running } = await broadcast(
    { route: { concatenation: 'udh' }, behaviour: { submissions: ONE_WAY.sar } },
    { text: LONG_TEXT },
  );
  expect(counts).toEqual({ refused: 50 });
  expect(running.record()).toMatchObject({ accepted: 0, refused: { ESME_RINVESMCLASS: 100 } });
});

const ACCENTS = 'Urgences : écrire à info@tocsin.example, coût 1 $ [§ 3] à Orléans';

test.each([
  ['gsm7', 'gsm7'],
  ['latin1', 'latin1'],
] as const)(
  'quirk 25: on a route of alphabet `%s` "@" and "é" arrive as they are, where data_coding 0 is %s',
  async (alphabet, defaultAlphabet) => {
    const { counts, running } = await broadcast(
      { route: { alphabet }, behaviour: { submissions: { defaultAlphabet } } },
      { text: ACCENTS.replace('û', 'ù') },
    );
    expect(counts).toEqual({ delivered: 50 });
    expect(textSeen(running, 50)).toBe(ACCENTS.replace('û', 'ù'));
    expect(running.simulator.record.texts.list()).toMatchObject([{ dataCoding: 0 }]);
  },
);

test('quirk 25: on a route of alphabet `ucs2` every text is UCS-2, cut by 67 characters', async () => {
  const { counts, running } = await broadcast(
    { route: { alphabet: 'ucs2' }, behaviour: { submissions: { checkLength: true } } },
    { text: LONG_TEXT },
  );
  const segments = Math.ceil(LONG_TEXT.length / 67);
  expect(segments).toBeGreaterThan(segment(LONG_TEXT).segments.length);
  expect(counts).toEqual({ delivered: 50 });
  expect(running.record()).toMatchObject({ accepted: 50 * segments, repeatedParts: 0 });
  expect(textSeen(running, 50)).toBe(LONG_TEXT);
  expect(new Set(running.simulator.record.texts.list().map(({ dataCoding }) => dataCoding))).toEqual(new Set([8]));
});

test('quirk 25: on a route of alphabet `ucs2` the receipts of all its segments are waited for', async () => {
  const last = Math.ceil(LONG_TEXT.length / 67);
  const running = await fixture.start({
    route: { alphabet: 'ucs2' },
    behaviour: { receipts: { outcomes: [{ outcome: 'none', part: last, suffix: '5' }] } },
  });
  const id = await running.launch({ recipients: 50, text: LONG_TEXT });
  await waitFor(() => running.record().receipts.acknowledged === 50 * last - 5);
  const { counts } = await running.until(id, ({ counts: { delivered } }) => delivered >= 45);
  expect(nonZero(counts)).toEqual({ delivered: 45, accepted: 5 });
});

test('quirk 25: a route says which data_coding its alphabet has', async () => {
  const { running } = await broadcast(
    { route: { alphabet: 'latin1', dataCoding: 3 } },
    { text: 'Appelez le 15 @ 18 h' },
  );
  expect(running.simulator.record.texts.list()).toMatchObject([{ dataCoding: 3, sample: 'Appelez le 15 @ 18 h' }]);
});

test.each([
  ['ascii', 'Composez à nouveau le 15', 'U+00E0'],
  ['latin1', 'Surcoût nul (0 €)'.replace('û', 'u'), 'U+20AC'],
] as const)(
  'quirk 25: a launch is refused where the alphabet of the route, %s, lacks a character: nothing is changed in secret',
  async (alphabet, text, character) => {
    const running = await fixture.start({ route: { alphabet } });
    await expect(running.launch({ recipients: 5, text })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'text_not_carried',
      faults: [{ at: '/renderings/35/fr', message: expect.stringContaining(character) }],
    });
    expect(running.record().submits).toBe(0);
  },
);

test.each([
  ['letters, with TON 5 and NPI 0', { address: 'TOCSIN' }],
  ['letters and NPI 1', { address: 'Info 112', npi: 1 }],
  ['a short code', { address: '38000', ton: 3, npi: 0 }],
  ['an international number', { address: '33261910035', ton: 1, npi: 1 }],
])('quirk 26: a sender of %s is taken by an SMSC that checks it', async (_what, sender) => {
  const { counts, running } = await broadcast({
    route: { sender },
    behaviour: { submissions: { checkSender: true } },
  });
  expect(counts).toEqual({ delivered: 50 });
  expect(running.record().sources).toEqual({ [sender.address]: 50 });
});

test.each([
  ['letters without TON 5', { address: 'TOCSIN', ton: 3 }, 'ESME_RINVSRCTON', '/sender/address'],
  ['letters with NPI 8', { address: 'TOCSIN', ton: 5, npi: 8 }, 'ESME_RINVSRCNPI', '/sender/npi'],
] as const)(
  'quirk 26: a sender of %s, which the SMSC refuses for everybody, is refused at start-up',
  async (_what, sender, status, place) => {
    const running = await fixture.start({ behaviour: { submissions: { checkSender: true } } });
    const unchecked = { ...running.route, sender: { npi: 0, ...sender } };
    await running.dispatchers[0]!.stop();
    await running.dispatcher({ routes: [unchecked as typeof running.route] });
    const id = await running.launch({ recipients: 10 });
    expect((await running.closed(id)).counts.refused).toBe(10);
    expect(running.record().refused).toEqual({ [status]: 10 });

    await expect(loadRoutes(await fixture.routesFile([{ ...sender }]))).rejects.toMatchObject({
      code: 'bad_routes',
      faults: [{ at: expect.stringContaining(`/routes/0${place}`) }],
    });
  },
);

/** 152 septets, so that the next extension character would be cut by the border of 153; then as many to the next. */
const AT_THE_BORDER = `${'a'.repeat(152)}€${'b'.repeat(150)}[fin]{}`;

test.each(['gsm7', 'latin1'] as const)(
  'quirk 27: extension characters count two septets in %s, and none is cut in half',
  async (alphabet) => {
    const text = alphabet === 'latin1' ? AT_THE_BORDER.replace('€', '^') : AT_THE_BORDER;
    const { counts, running } = await broadcast(
      { route: { alphabet }, behaviour: { submissions: { checkLength: true, defaultAlphabet: alphabet } } },
      { text },
    );
    expect(counts).toEqual({ delivered: 50 });
    expect(running.record()).toMatchObject({ accepted: 150, brokenPairs: 0, refused: {} });
    expect(textSeen(running, 50)).toBe(text);
  },
);

test('quirk 27: a text of 160 characters with one of them an extension takes two segments', async () => {
  const text = `${'a'.repeat(159)}€`;
  const { counts, running } = await broadcast({ behaviour: { submissions: { checkLength: true } } }, { text });
  expect(counts).toEqual({ delivered: 50 });
  expect(running.record()).toMatchObject({ accepted: 100, refused: {} });
});
