/** A process that has lost its batch to another, and hears of its own submissions late. */
import { BatchRun } from '../../src/dispatch/batch-run.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { laneTemplates } from '../../src/dispatch/lane-texts.ts';
import { Outcomes } from '../../src/dispatch/outcomes.ts';
import { ReceiptPolicy } from '../../src/dispatch/receipt-policy.ts';
import { Recorder } from '../../src/dispatch/recorder.ts';
import { Tally } from '../../src/dispatch/tally.ts';
import { batchNumber } from '../../src/ledger/address.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { isInDoubt, stateOf } from '../../src/ledger/states.ts';
import { STATUS } from '../../src/smpp/constants.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute, blocksOf, NOW, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const nothing = () => {};

describe('a process that has lost its batch', () => {
  let store: Store;
  let close: () => Promise<void>;
  let broadcasts = 0;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  /** Two processes; the second has taken the batch from the first, decided that slot 0 is in doubt, and sent it again. */
  async function takenOver({ expires }: { expires?: string } = {}) {
    broadcasts += 1;
    const no = broadcasts;
    const { broadcast, plan } = await storeBroadcast(store, { no, ...(expires ? { expires } : {}) });
    const route = aRoute();
    const slots = new Slots({ store });
    const process = async () => {
      const index = new BroadcastIndex({ store });
      await index.load(no);
      const ids = new MessageIds({ store, route: route.id });
      const policy = new ReceiptPolicy({ route, index, onReceipt: nothing });
      const told = { storeUp: () => true, onStoreFault: nothing, onReceipts: nothing };
      const recorder = new Recorder({ slots, spread: false, ids, index, policy, ...told });
      const hooks = { onThrottled: nothing, windowTried: () => false, onWork: nothing };
      const tally = new Tally();
      const outcomes = new Outcomes({ route, recorder, index, tally, now: () => NOW, ...hooks });
      const lane = plan.lanes[0]!;
      const batch = index.batch(batchNumber(no, 0))!;
      const [taken, block] = await Promise.all([
        slots.take(batch),
        blocksOf(plan)(broadcast.audience, lane.region, lane.language, 0),
      ]);
      const templates = laneTemplates(broadcast, lane, route);
      const run = new BatchRun({ batch, broadcast, lane, rank: 1, block, templates, ...taken });
      outcomes.add(run);
      return { outcomes, recorder, run, tally };
    };
    const first = await process();
    expect(first.run.take(1, NOW)).toEqual({ kind: 'claim', first: 0, last: 0 });
    await slots.claim(first.run.batch, first.run.epoch, 0, 0);

    const second = await process();
    expect(second.run.inherited).toEqual([0]);
    second.run.adopt();
    second.outcomes.doubt(second.run, 0);
    await second.recorder.settled();
    await waitFor(() => second.run.nextDue !== undefined);
    second.run.take(1, NOW);
    expect([...(await slots.claim(second.run.batch, second.run.epoch, 0, 0))!]).toEqual([1]);

    const address = first.run.addresses[0]![0]!;
    const slot = async () => {
      const byte = (await slots.read([first.run.batch]))[0]![0]!;
      return [stateOf(byte), isInDoubt(byte)];
    };
    return { first, second, address, slot };
  }

  test.each([
    ['for now', STATUS.ESME_RSYSERR],
    ['for good', STATUS.ESME_RX_P_APPN],
    ['since its destination cannot be', STATUS.ESME_RINVDSTADR],
  ])('rule 5: does not end what the next one has in the air, when it is refused late %s', async (_how, status) => {
    const { first, address, slot } = await takenOver();
    let released = 0;
    first.outcomes.response(address, status, '', () => {
      released += 1;
    });
    await first.recorder.settled();
    expect([released, await slot()]).toEqual([1, ['sending', true]]);
  });

  test('rule 5: does not put it back either, when its response never comes', async () => {
    const { first, address, slot } = await takenOver();
    first.outcomes.inDoubt([address]);
    await first.recorder.settled();
    expect(await slot()).toEqual(['sending', true]);
  });

  test('rule 5: leaves to the next one what it knows nothing of any more', async () => {
    const { first, second, address, slot } = await takenOver();
    first.outcomes.remove(first.run);
    first.outcomes.inDoubt([address]);
    await first.recorder.settled();
    expect([first.tally.inDoubt, await slot()]).toEqual([0, ['sending', true]]);
    second.outcomes.response(address, STATUS.ESME_RSYSERR, '', nothing);
    await second.recorder.settled();
    expect(await slot()).toEqual(['pending', true]);
  });

  test('rule 2: still records what the SMSC accepted', async () => {
    const { first, address, slot } = await takenOver();
    first.outcomes.response(address, STATUS.ESME_ROK, 'id-0', nothing);
    await first.recorder.settled();
    expect(await slot()).toEqual(['accepted', true]);
  });
});
