import { stateOfNumber, stateOfWord } from '../../src/smpp/receipt-states.ts';
import { parse } from './receipt-fixture.ts';

describe('receipt states', () => {
  test.each([
    ['delivered', 'DELIVRD DELIVERED DELIVERD DELIVRED'],
    ['enroute', 'ENROUTE EN_ROUTE BUFFRED BUFFERD BUFFERED SCHEDULED SCHEDLD'],
    ['accepted', 'ACCEPTD ACCEPTED ACKED'],
    ['expired', 'EXPIRED EXPIRD'],
    ['deleted', 'DELETED DELETD'],
    ['undeliverable', 'UNDELIV UNDELIVD UNDELIVERED UNDELIVERABLE SKIPPED FAILED'],
    ['unknown', 'UNKNOWN UNKNOWD'],
    ['rejected', 'REJECTD REJECTED REJCTED'],
  ])('quirk 9: %s is written in many ways: %s', (state, words) => {
    for (const word of words.split(' ')) {
      expect([word, stateOfWord(word), stateOfWord(word.toLowerCase())]).toEqual([word, state, state]);
      expect(parse(`id:77 stat:${word} err:000`).state).toBe(state);
    }
  });

  test('the words and numbers of SMPP 5.0 are known too, and no others', () => {
    expect([0, 9].map(stateOfNumber)).toEqual(['enroute', 'undeliverable']);
    expect(['', 'DELIV', 'DELIVRDX', 'MMSGRCV'].map(stateOfWord)).toEqual(Array(4).fill(undefined));
  });

  test('message_state has the numbers of SMPP 3.4 §5.2.28', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(stateOfNumber)).toEqual([
      'enroute',
      'delivered',
      'expired',
      'deleted',
      'undeliverable',
      'accepted',
      'unknown',
      'rejected',
    ]);
    expect([10, 255].map(stateOfNumber)).toEqual([undefined, undefined]);
  });
});
