/** What is a receipt, and what a subscriber wrote. */
import { readDeliver } from '../../src/smpp/deliver.ts';
import { isReceipt } from '../../src/smpp/receipts.ts';
import { APPENDIX_B, cstr, dataPdu, tlv, u8 } from './octets.ts';
import { deliver, ucs2 } from './receipt-fixture.ts';

describe('isReceipt', () => {
  test.each([
    [0x04, true],
    [0x44, true],
    [0x20, true],
    [0x08, false],
    [0x10, false],
    [0x18, false],
    [0x00, false],
    [0x40, false],
  ])('takes esm_class %d for a receipt: %s', (esmClass, expected) => {
    expect(isReceipt(deliver({ esmClass, text: '' }))).toBe(expected);
  });

  test('quirk 11: without type bits, TLVs decide, then the text', () => {
    expect(isReceipt(deliver({ esmClass: 0, tlvs: [tlv(0x001e, cstr('7'))] }))).toBe(true);
    expect(isReceipt(deliver({ esmClass: 0, tlvs: [tlv(0x0427, u8(2))] }))).toBe(true);
    expect(isReceipt(deliver({ esmClass: 0, text: APPENDIX_B }))).toBe(true);
    expect(isReceipt(deliver({ esmClass: 0, dataCoding: 8, text: ucs2(APPENDIX_B.slice(0, 100)) }))).toBe(true);
  });

  test.each([
    'stat:',
    'STAT=',
    'stat :',
    'dlvrd:',
    'done date:',
    'done_date:',
    'donedate:',
    'submit date:',
    'submit_date:',
    'submitdate:',
    'err  =',
  ])('quirk 11: an id and "%s" make a receipt', (label) => {
    for (const id of ['id:77', 'ID=77', 'id :77', 'message id: 77']) {
      expect([id, isReceipt(deliver({ esmClass: 0, text: `${id} ${label}1` }))]).toEqual([id, true]);
    }
  });

  test.each([
    ['no id', 'stat:DELIVRD err:000'],
    ['an id behind everything else', 'err:3 stat:x my id: 5'],
    ['a word that ends in id', 'covid: stat:x'],
    ['a word that begins with id', 'mon idee: stat:x'],
    ['a word that ends in a label', 'id:77 constat:x'],
    ['a word that begins with a label', 'id:77 stats:x error:x'],
    ['labels without their sign', 'id 77 stat DELIVRD'],
    ['an id without its sign', 'id 77 stat:DELIVRD'],
  ])('quirk 44: with %s it is what a subscriber wrote', (_, text) => {
    expect(isReceipt(deliver({ esmClass: 0, text }))).toBe(false);
  });

  test('quirk 11: other type bits say that it is none, whatever TLVs and text it has', () => {
    const tlvs = [tlv(0x001e, cstr('7')), tlv(0x0427, u8(2))];
    for (const esmClass of [0x08, 0x10, 0x18]) {
      expect(isReceipt(deliver({ esmClass, text: APPENDIX_B, tlvs }))).toBe(false);
    }
  });

  test.each(['STOP', 'OK merci', 'le code est id:12', 'stat: bien recu', 'Voici mon idee: dormir', ''])(
    'quirk 44: takes "%s" for what a subscriber wrote',
    (text) => {
      expect(isReceipt(deliver({ esmClass: 0, text }))).toBe(false);
    },
  );
});

test('a payload of ten thousand labels is looked through once, not once for each', () => {
  const bytes = dataPdu({ esmClass: 0, tlvs: [tlv(0x0424, Buffer.from('id:'.repeat(20_000)))] });
  const long = readDeliver(bytes, 0, bytes.length);
  // Were it searched from every label on, each of these would take a second.
  const found = Array.from({ length: 50 }, () => isReceipt(long));
  expect(new Set(found)).toEqual(new Set([false]));
});
