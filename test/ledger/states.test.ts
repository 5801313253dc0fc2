import {
  eventCode,
  IN_DOUBT,
  isFinal,
  isInDoubt,
  nextByte,
  PART_BITS,
  SLOT_EVENTS,
  SLOT_STATES,
  type SlotEvent,
  STATE_ROOM,
  stateOf,
  transitionTable,
} from '../../src/ledger/states.ts';

/**
 * The whole table, written a second time: a row an event, a column a state in the order of SLOT_STATES. A letter is the
 * next state, `.` no change, and `*` behind a letter sets the mark.
 */
const LETTERS = 'p s a e d u x l k j r t i c z f h X'.split(' ');
const TABLE: Record<SlotEvent, string> = {
  //                    p  s  a  e  d  u  x  l  k  j  r  t  i  c  z  f  h  X
  claim: '              s  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  release: '            .  p  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  accept: '             a  a  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  acceptUntraceable: '  t  t  .  .  .  .  .  .  .  .  t  .  t  t  t  .  t  . ',
  refuse: '             .  r  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  refuseDestination: '  .  i  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  doubt: '              .  p* .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  hold: '               .  h* .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  cancel: '             c  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  lapse: '              z  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  giveUp: '             .  .  f  f  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  giveUpInDoubt: '      .  f* .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  receiptEnroute: '     e  e  e  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  receiptUnknown: '     k  k  k  k  .  .  .  .  .  .  .  .  .  k  k  k  k  . ',
  receiptUndeliverable: 'u  u  u  u  .  .  .  .  u  .  u  u  u  u  u  u  u  . ',
  receiptExpired: '     x  x  x  x  .  .  .  .  x  .  x  x  x  x  x  x  x  . ',
  receiptDeleted: '     l  l  l  l  .  .  .  .  l  .  l  l  l  l  l  l  l  . ',
  receiptRejected: '    j  j  j  j  .  .  .  .  j  .  j  j  j  j  j  j  j  . ',
  receiptDelivered: '   d  d  d  d  .  d  d  d  d  d  d  d  d  d  d  d  d  . ',
  textDelivered: '      d  d  d  d  .  .  .  .  d  .  d  d  d  d  d  d  d  . ',
  runOut: '             .  z  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  exclude: '            X  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . ',
  partFailed: '         u  u  u  u  u  .  .  .  u  .  u  u  u  u  u  u  u  . ',
};
const MARKS = [0, ...PART_BITS, 0x60].flatMap((bits) => [bits, bits | IN_DOUBT]);

describe('the table of slot changes', () => {
  test.each(Object.entries(TABLE))('%s leads from every state where it should', (event, row) => {
    const next = row.trim().split(/\s+/);
    expect(next).toHaveLength(SLOT_STATES.length);
    SLOT_STATES.forEach((_, state) => {
      for (const mark of MARKS) {
        const [letter = '', sets] = next[state]!;
        const to = letter === '.' ? state | mark : LETTERS.indexOf(letter) | mark | (sets ? IN_DOUBT : 0);
        expect([state, mark, nextByte(state | mark, event as SlotEvent)]).toEqual([state, mark, to]);
      }
    });
  });

  test('is the table of this file, event for event', () => {
    expect(Object.keys(TABLE).sort()).toEqual([...SLOT_EVENTS].sort());
  });

  test('gives each event a byte of its own, for the scripts', () => {
    expect(SLOT_EVENTS.map(eventCode)).toEqual(SLOT_EVENTS.map((_, code) => code));
  });

  test('is packed for the scripts as the function tells it, and leaves unused states alone', () => {
    const table = transitionTable();
    expect(table).toHaveLength(SLOT_EVENTS.length * STATE_ROOM);
    SLOT_EVENTS.forEach((event, code) => {
      for (let state = 0; state < STATE_ROOM; state += 1) {
        const expected = state < SLOT_STATES.length ? nextByte(state, event) : state;
        expect(table[code * STATE_ROOM + state]).toBe(expected);
      }
    });
  });

  test('rule 4: no event happens twice to a slot', () => {
    for (const event of SLOT_EVENTS) {
      SLOT_STATES.forEach((_, state) => {
        for (const mark of MARKS) {
          const once = nextByte(state | mark, event);
          expect([event, state, nextByte(once, event)]).toEqual([event, state, once]);
        }
      });
    }
  });

  test('rule 4: nothing leads out of delivered, but the news that a segment of the text failed', () => {
    const delivered = SLOT_STATES.indexOf('delivered');
    for (const event of SLOT_EVENTS.filter((name) => name !== 'partFailed')) {
      expect(nextByte(delivered, event)).toBe(delivered);
    }
    expect(stateOf(nextByte(delivered, 'partFailed'))).toBe('undeliverable');
  });

  test('rule 4: once a receipt decided, only a delivery may overrule it', () => {
    for (const event of SLOT_EVENTS.filter((name) => name !== 'receiptDelivered')) {
      for (const state of ['undeliverable', 'expired', 'deleted', 'rejected'] as const) {
        expect([event, stateOf(nextByte(SLOT_STATES.indexOf(state), event))]).toEqual([event, state]);
      }
    }
  });

  test('rule 5: the mark never goes away', () => {
    for (const event of SLOT_EVENTS) {
      SLOT_STATES.forEach((_, state) => {
        expect(isInDoubt(nextByte(state | IN_DOUBT, event))).toBe(true);
      });
    }
  });

  test('rule 5: an accepted text is never sent again, whatever comes later', () => {
    const sendable = new Set(['pending', 'sending']);
    for (const state of SLOT_STATES.filter((name) => !sendable.has(name))) {
      for (const event of SLOT_EVENTS) {
        const to = stateOf(nextByte(SLOT_STATES.indexOf(state), event));
        expect([state, event, sendable.has(to)]).toEqual([state, event, false]);
      }
    }
  });

  test('rule 7: every state that can be left unfinished has an event that finishes it', () => {
    const finishing = { pending: 'cancel', sending: 'giveUpInDoubt', accepted: 'giveUp', enroute: 'giveUp' } as const;
    for (const state of SLOT_STATES) {
      if (isFinal(state)) continue;
      expect(state in finishing).toBe(true);
      const event = finishing[state as keyof typeof finishing];
      expect(isFinal(stateOf(nextByte(SLOT_STATES.indexOf(state), event)))).toBe(true);
    }
  });

  test('rule 7: unfinished is what waits for a link, for an answer or for a receipt; all else is final', () => {
    const unfinished = SLOT_STATES.filter((state) => !isFinal(state));
    expect(unfinished).toEqual(['pending', 'sending', 'accepted', 'enroute']);
  });

  test('rule 7: what is final stays final', () => {
    for (const state of SLOT_STATES.filter(isFinal)) {
      for (const event of SLOT_EVENTS) {
        const to = stateOf(nextByte(SLOT_STATES.indexOf(state), event));
        expect([state, event, isFinal(to)]).toEqual([state, event, true]);
      }
    }
  });
});
