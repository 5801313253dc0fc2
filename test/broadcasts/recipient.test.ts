import { recipientState } from '../../src/broadcasts/recipient.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batchesOf, happen, recipientOf, storeBroadcast } from './builders.ts';

describe('the state of one recipient', () => {
  let store: Store;
  let close: () => Promise<void>;
  let no = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  async function aBroadcast() {
    no += 1;
    const stored = await storeBroadcast(store, { no });
    const [, , french] = stored.plan.lanes;
    const places = new Map([
      [recipientOf(french!, 0), { region: '35', language: 'fr', block: 0, slot: 0 }],
      [recipientOf(french!, 2_499), { region: '35', language: 'fr', block: 2, slot: 499 }],
      [33_639_989_999, { region: '974', language: 'fr', block: 0, slot: 0 }],
    ]);
    const asked: string[] = [];
    const locate = async (audience: string, msisdn: number) => {
      asked.push(audience);
      return places.get(msisdn);
    };
    const stateOf = (msisdn: number) => recipientState(store, locate, stored.id, msisdn);
    return { ...stored, french: french!, asked, stateOf };
  }

  test('is pending while its batch was not taken', async () => {
    const { french, stateOf, asked } = await aBroadcast();
    expect(await stateOf(recipientOf(french, 0))).toEqual({
      region: '35',
      language: 'fr',
      state: 'pending',
      inDoubt: false,
      text: french.rendering.text,
    });
    expect(asked).toEqual(['aud1']);
  });

  test('is that of its own slot, in the batch of its block', async () => {
    const { broadcast, french, stateOf } = await aBroadcast();
    const batches = batchesOf(store, broadcast, french);
    await happen(store, batches[2]!, 499, 499, 'claim', 'accept', 'receiptUndeliverable');
    await happen(store, batches[0]!, 1, 999, 'cancel');
    expect((await stateOf(recipientOf(french, 2_499))).state).toBe('undeliverable');
    expect((await stateOf(recipientOf(french, 0))).state).toBe('pending');
  });

  test('rule 5: says whether the text may have been sent twice', async () => {
    const { broadcast, french, stateOf } = await aBroadcast();
    await happen(store, batchesOf(store, broadcast, french)[0]!, 0, 0, 'claim', 'doubt', 'claim', 'accept');
    expect(await stateOf(recipientOf(french, 0))).toMatchObject({ state: 'accepted', inDoubt: true });
  });

  test('of someone outside the audience, or outside the regions of the notice, is refused without the number', async () => {
    const { stateOf } = await aBroadcast();
    for (const msisdn of [33_639_981_234, 33_639_989_999]) {
      const refusal = await stateOf(msisdn).catch((error: Error) => error);
      expect(refusal).toMatchObject({ kind: 'not-found', code: 'unknown_recipient' });
      expect(JSON.stringify(refusal) + String(refusal)).not.toContain('639');
    }
  });

  test('of a broadcast nobody knows is refused', async () => {
    const nobody = async () => undefined;
    await expect(recipientState(store, nobody, 'b9999', 1)).rejects.toMatchObject({ code: 'unknown_broadcast' });
  });
});
