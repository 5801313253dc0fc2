import { type BehaviourInput, parseBehaviour } from '../../src/simulator/behaviour.ts';
import { type ReceiptFacts, receiptTextWriter } from '../../src/simulator/receipt-text.ts';

type DialectInput = NonNullable<NonNullable<BehaviourInput['receipts']>['dialect']>;

const FACTS: ReceiptFacts = {
  id: '4711',
  state: 'delivered',
  submittedAtMs: Date.UTC(2026, 5, 2, 16, 45, 9),
  doneAtMs: Date.UTC(2026, 5, 2, 16, 46, 1),
  text: 'ALERTE: le 15 est injoignable. Composez',
};

function write(dialect: DialectInput, facts: Partial<ReceiptFacts> = {}): string {
  return receiptTextWriter(parseBehaviour({ receipts: { dialect } }).receipts.dialect)({ ...FACTS, ...facts });
}

describe('the text of receipts', () => {
  test('is that of SMPP 3.4 appendix B by default', () => {
    expect(write({})).toBe(
      'id:4711 sub:001 dlvrd:001 submit date:2606021645 done date:2606021646 stat:DELIVRD err:000 text:ALERTE: le 15 est in',
    );
  });

  test.each([
    [10, '2606021645'],
    [12, '260602164509'],
    [14, '20260602164509'],
  ] as const)('has dates of %i digits', (dateDigits, date) => {
    expect(write({ dateDigits, fields: ['submit date'] })).toBe(`submit date:${date}`);
  });

  test('leaves fields out, changes their order and labels', () => {
    expect(write({ fields: ['stat', 'id', 'text'], labels: { text: 'Text:', stat: '' }, textCharacters: 6 })).toBe(
      'DELIVRD id:4711 Text:ALERTE',
    );
  });

  test.each([
    ['delivered', 'stat:DELIVRD err:000'],
    ['undeliverable', 'stat:UNDELIV err:069'],
    ['expired', 'stat:EXPIRED err:027'],
    ['rejected', 'stat:REJECTD err:008'],
    ['deleted', 'stat:DELETED err:000'],
    ['unknown', 'stat:UNKNOWN err:255'],
    ['accepted', 'stat:ACCEPTD err:000'],
    ['enroute', 'stat:ENROUTE err:000'],
  ] as const)('names %s', (state, text) => {
    expect(write({ fields: ['stat', 'err'] }, { state })).toBe(text);
  });

  test.each(['0000', 'nul', '21b'])('writes err as %s', (err) => {
    expect(write({ fields: ['err'], errors: { delivered: err } })).toBe(`err:${err}`);
  });

  test('has other words for states', () => {
    expect(write({ fields: ['stat'], stateWords: { delivered: 'ACKED' } })).toBe('stat:ACKED');
  });
});
