import type { Route } from '../../src/broadcasts/routes.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { ReceiptPolicy } from '../../src/dispatch/receipt-policy.ts';
import { baseAddress, batchNumber, offsetOf } from '../../src/ledger/address.ts';
import { type Batch, batchOfLane } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { eventCode, SLOT_EVENTS, type SlotEvent } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute } from '../broadcasts/builders.ts';
import { aBroadcast, aLane } from './builders.ts';
import { LONG_TEXT, SHORT_TEXT } from './harness.ts';

const SLOT = 7;

class HeardChanges extends SlotChanges {
  readonly heard: string[] = [];

  override addCode(_batch: Batch, first: number, last: number, code: number, part: number): void {
    expect([first, last]).toEqual([SLOT, SLOT]);
    this.heard.push(`${SLOT_EVENTS[code]}:${part}`);
  }
}

/** What a receipt of one part does on a route, as `event:part`; `parts` is what the plan has for the lane. */
function effects(route: Route, text: string, parts: number, part: number, event: SlotEvent): string[] {
  const lane = aLane(text, { parts });
  const index = new BroadcastIndex({ store: { prefix: 't:' } as Store });
  index.peek = () => ({ broadcast: aBroadcast(), askedAt: 0, plan: { lanes: [lane] }, routes: new Map() });
  const heard: number[] = [];
  const policy = new ReceiptPolicy({ route, index, onReceipt: (no) => heard.push(no) });
  const batch = batchOfLane({ prefix: 't:' } as Store, { broadcastNo: 1, batch: 0, lane: 0, size: 8, parts });
  const changes = new HeardChanges();
  const address = baseAddress(batchNumber(1, 0)) + offsetOf(SLOT, part);
  policy.add(changes, batch, address, eventCode(event));
  expect(heard).toEqual([1]);
  return changes.heard;
}

const each = aRoute();
const whole = aRoute({ concatenation: 'payload' });
const last = aRoute({ receipts: { segments: 'last' } });
const first = aRoute({ receipts: { segments: 'first' } });

describe('a receipt', () => {
  test.each([
    ['of a text of one segment is what it says', each, SHORT_TEXT, 1, 0, ['receiptDelivered:0']],
    ['of each segment counts for its own', each, LONG_TEXT, 2, 0, ['receiptDelivered:0']],
    ['of each segment counts for its own, the last too', each, LONG_TEXT, 2, 1, ['receiptDelivered:1']],
    ['of a text sent whole is what it says', whole, LONG_TEXT, 1, 0, ['receiptDelivered:0']],
    ['of the last segment decides', last, LONG_TEXT, 1, 1, ['textDelivered:1']],
    ['of the first segment says nothing under last', last, LONG_TEXT, 1, 0, []],
    ['of the first segment decides', first, LONG_TEXT, 1, 0, ['textDelivered:0']],
    ['of the last segment says nothing under first', first, LONG_TEXT, 1, 1, []],
    ['of the only segment is what it says under last', last, SHORT_TEXT, 1, 0, ['receiptDelivered:0']],
  ] as const)('%s', (_title, route, text, parts, part, expected) => {
    expect(effects(route, text, parts, part, 'receiptDelivered')).toEqual(expected);
  });

  test('fills what other routes of the lane would have had more segments for', () => {
    expect(effects(whole, LONG_TEXT, 2, 0, 'receiptDelivered')).toEqual(['receiptDelivered:0', 'receiptDelivered:1']);
    expect(effects(each, LONG_TEXT, 4, 1, 'receiptDelivered')).toEqual(
      [1, 2, 3].map((part) => `receiptDelivered:${part}`),
    );
    expect(effects(each, SHORT_TEXT, 2, 0, 'receiptDelivered')).toEqual(['receiptDelivered:0', 'receiptDelivered:1']);
    expect(effects(whole, LONG_TEXT, 2, 0, 'receiptExpired')).toEqual(['receiptExpired:0']);
  });

  test.each(['receiptUndeliverable', 'receiptExpired', 'receiptDeleted', 'receiptRejected'] as const)(
    'of another segment, %s, means that the text did not come whole',
    (event) => {
      expect(effects(last, LONG_TEXT, 1, 0, event)).toEqual(['partFailed:0']);
      expect(effects(first, LONG_TEXT, 1, 1, event)).toEqual(['partFailed:1']);
      expect(effects(last, LONG_TEXT, 1, 1, event)).toEqual([`${event}:1`]);
      expect(effects(each, LONG_TEXT, 2, 0, event)).toEqual([`${event}:0`]);
    },
  );

  test('of another segment that is on its way says that the text is', () => {
    expect(effects(last, LONG_TEXT, 1, 0, 'receiptEnroute')).toEqual(['receiptEnroute:0']);
    expect(effects(last, LONG_TEXT, 1, 0, 'receiptUnknown')).toEqual([]);
  });
});
