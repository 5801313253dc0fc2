/** What became of every recipient, as lines of CSV in the order of the audience: one batch in memory at a time. */
import { unpackBlock } from '../audience/blocks.ts';
import { type Broadcast, type BroadcastPlan, type Lane, ledgerBatches } from '../broadcasts/broadcast.ts';
import { TocsinError } from '../errors.ts';
import { Slots } from '../ledger/slots.ts';
import { isInDoubt, stateOf } from '../ledger/states.ts';
import type { Store } from '../store/connection.ts';
import { SlotsDigest } from './slots-digest.ts';

/** A block of an audience, see audience/blocks.ts. */
export type BlockOf = (audience: string, region: string, language: string, block: number) => Promise<Buffer>;

export const RECIPIENT_COLUMNS = 'region,language,msisdn,state,in_doubt';
const READ_AT_ONCE = 16;

/**
 * The lines of all lanes, a batch a string; `digest` takes the slots that they tell. Throws `unavailable` / `block_missing`
 * when a block does not fit its batch.
 */
export async function* recipientLines(
  deps: { readonly store: Store; readonly block: BlockOf },
  broadcast: Broadcast,
  plan: BroadcastPlan,
  digest = new SlotsDigest(),
): AsyncGenerator<string> {
  yield `${RECIPIENT_COLUMNS}\n`;
  const slots = new Slots({ store: deps.store });
  for (const lane of plan.lanes) {
    const batches = [...ledgerBatches(deps.store, broadcast.no, lane)];
    for (let from = 0; from < batches.length; from += READ_AT_ONCE) {
      const some = batches.slice(from, from + READ_AT_ONCE);
      const [states, blocks] = await Promise.all([
        slots.read(some),
        Promise.all(some.map((_, i) => deps.block(broadcast.audience, lane.region, lane.language, from + i))),
      ]);
      for (const [i, bytes] of states.entries()) {
        digest.take(bytes);
        yield linesOf(lane, blocks[i]!, bytes, from + i);
      }
    }
  }
}

function linesOf(lane: Lane, block: Buffer, states: Buffer, n: number): string {
  const msisdns = unpackBlock(block);
  if (msisdns.length !== states.length) {
    const message = `Block ${n} of ${lane.region} ${lane.language} does not hold the ${states.length} recipients of its batch`;
    throw new TocsinError('unavailable', 'block_missing', message);
  }
  const start = `${lane.region},${lane.language},`;
  let lines = '';
  for (let slot = 0; slot < states.length; slot += 1) {
    const byte = states[slot]!;
    lines += `${start}${msisdns[slot]},${stateOf(byte)},${isInDoubt(byte) ? 1 : 0}\n`;
  }
  return lines;
}
