import { type Deliver, readDeliver } from '../../src/smpp/deliver.ts';
import { stateOfNumber, stateOfWord } from '../../src/smpp/receipt-states.ts';
import { isReceipt, parseReceipt } from '../../src/smpp/receipts.ts';
import { APPENDIX_B, cstr, dataPdu, type MessageParts, messagePdu, tlv, u8 } from './octets.ts';

function deliver(parts: MessageParts): Deliver {
  const bytes = messagePdu(parts);
  return readDeliver(bytes, 0, bytes.length);
}
const parse = (text: string, parts: MessageParts = {}) => parseReceipt(deliver({ text, ...parts }));
const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('parseReceipt', () => {
  test('reads the layout of Appendix B', () => {
    expect(parse(APPENDIX_B)).toEqual({
      messageId: '1234567',
      state: 'delivered',
      err: '000',
      submitDate: '2111220300',
      doneDate: '2111220301',
      text: 'ALERTE',
    });
  });

  test.each(['UNDELIV', 'EXPIRED', 'REJECTD', 'DELETED', 'ACCEPTD', 'UNKNOWN', 'ENROUTE'])(
    'reads the same from Appendix B and from the tokeniser with stat:%s',
    (word) => {
      const common = APPENDIX_B.replace('DELIVRD', word);
      const shuffled = common.replace(/^(id:\S+) (sub:\S+)/, '$2 $1');
      expect(parse(shuffled)).toEqual(parse(common));
      expect(parse(common).state).toBe(stateOfWord(word));
    },
  );

  test.each([
    ['no sub, dlvrd or text', 'id:77 submit date:2111220300 done date:2111220301 stat:UNDELIV err:069'],
    ['id and stat alone', 'id:77 stat:UNDELIV'],
    ['another order', 'stat:UNDELIV err:069 id:77 done date:2111220301'],
    ['capitals', 'ID:77 SUB:001 DLVRD:000 STAT:UNDELIV ERR:069 TEXT:'],
    ['Text:', 'id:77 sub:001 dlvrd:000 submit date:2111220300 done date:2111220301 stat:UNDELIV err:069 Text:abc'],
    ['lower-case state', 'id:77 stat:undeliv err:069'],
    ['blanks after the colons', 'id: 77 stat: UNDELIV err: 069'],
    ['underscores and equal signs', 'id=77 submit_date=2111220300 done_date=2111220301 stat=UNDELIV'],
    ['two blanks', 'id:77  sub:001  stat:UNDELIV'],
    ['commas', 'id:77,stat:UNDELIV,err:069'],
    ['line ends', 'id:77\r\nstat:UNDELIV\r\nerr:069'],
    [
      'no stat label',
      'id:77 sub:001 dlvrd:000 submit date:2111220300 done date:2111220301 UNDELIV err:069 text:DELIVRD',
    ],
    ['an empty value', 'id:77 sub: dlvrd: submit date: done date: stat:UNDELIV err: text:'],
    ['NULs at the end', 'id:77 stat:UNDELIV\0\0'],
    ['words of a receipt in the text', 'id:77 stat:UNDELIV text:id:88 stat:DELIVRD err:1'],
    ['the text first', 'text:hello id:77 stat:UNDELIV'],
  ])('quirk 6: reads id and state with %s', (_, text) => {
    expect(parse(text)).toMatchObject({ messageId: '77', state: 'undeliverable' });
  });

  test('quirk 6: takes all behind text: as the text, and leaves out what is not there', () => {
    expect(parse('id:77 stat:DELIVRD Text:a id:b stat:UNDELIV err:1')).toEqual({
      messageId: '77',
      state: 'delivered',
      text: 'a id:b stat:UNDELIV err:1',
    });
    expect(parse('')).toEqual({ messageId: undefined, state: 'unknown' });
    expect(parse('sub:001 text:')).toEqual({ messageId: undefined, state: 'unknown', text: '' });
  });

  test('quirk 6: the first of a repeated key counts', () => {
    const twice =
      'id:77 id:88 stat:UNDELIV stat:DELIVRD err:1 err:2 submit date:3 submit date:4 done date:5 done date:6 text:';
    expect(parse(twice)).toEqual({
      messageId: '77',
      state: 'undeliverable',
      err: '1',
      submitDate: '3',
      doneDate: '5',
      text: '',
    });
  });

  test.each([
    ['status', 'id:77 status:UNDELIV'],
    ['state', 'id:77 state:UNDELIV'],
    ['a word in the middle of others', 'message 77 id:77 was UNDELIV today'],
    ['a word that no table knows before one that one does', 'id:77 WHATEVER then UNDELIV and DELIVRD'],
  ])('quirk 6: reads the state from %s', (_, text) => {
    expect(parse(text)).toMatchObject({ messageId: '77', state: 'undeliverable' });
  });

  test.each([
    ['semicolons', 'sub:1;id:77;stat:UNDELIV;err:069;submitdate:1;donedate:2;'],
    ['NULs between', 'sub:1\0id:\x0077\0stat:\0UNDELIV\0err:069\0submit_date:1\0done_date:2'],
    ['blanks before the colons', 'sub :1 id : 77 stat :UNDELIV err\t:069 submit date :1 done date :2'],
  ])('quirk 6: reads every value between %s', (_, text) => {
    expect(parse(text)).toEqual({
      messageId: '77',
      state: 'undeliverable',
      err: '069',
      submitDate: '1',
      doneDate: '2',
    });
  });

  test('quirk 6: words that only end in a key are no keys', () => {
    expect(parse('sub:1 id:77 covid:88 constat:DELIVRD terr:5 stat:UNDELIV')).toEqual({
      messageId: '77',
      state: 'undeliverable',
    });
  });

  test.each([
    ['EN_ROUTE', 'enroute'],
    ['ACKED', 'accepted'],
    ['delivrd', 'delivered'],
  ])('quirk 9: finds %s where no label is before it', (word, state) => {
    expect(parse(`sub:1 id:77 ${word} err:000`).state).toBe(state);
  });

  test('quirk 6: error: is read as err:', () => {
    expect(parse('id:77 stat:UNDELIV error:069').err).toBe('069');
  });

  test.each([
    'id: sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err:000 text:x',
    'id:77 sub:001 dlvrd:001 submit date:1 done date:2 stat: err:000 text:x',
    'id:77 sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err:000',
    'id:77 sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err:000 msg:x',
    'id:77',
    'id:',
  ])('quirk 6: what is nearly Appendix B is read as it stands: "%s"', (text) => {
    const shuffled = parse(` ${text}`);
    expect(parse(text)).toEqual(shuffled);
  });

  test.each(['0000', 'nul', '21b', '000', '-1', '0x45'])('quirk 7: keeps err:%s as text', (err) => {
    expect(parse(`id:77 stat:UNDELIV err:${err} text:`).err).toBe(err);
    expect(parse(APPENDIX_B.replace('err:000', `err:${err}`)).err).toBe(err);
  });

  test.each(['2111220300', '211122030059', '20211122030059', '0', 'never', '2111220300+0100'])(
    'quirk 8: never rejects on the date %s',
    (date) => {
      const receipt = parse(APPENDIX_B.replaceAll(/date:\d+/g, `date:${date}`));
      expect(receipt).toMatchObject({ messageId: '1234567', state: 'delivered', submitDate: date, doneDate: date });
      expect(parse(`stat:DELIVRD done date:${date} id:7`)).toMatchObject({ messageId: '7', doneDate: date });
    },
  );

  test.each([
    ['ACKED', 'accepted'],
    ['BUFFRED', 'enroute'],
    ['BUFFERD', 'enroute'],
    ['ENROUTE', 'enroute'],
    ['ACCEPTD', 'accepted'],
    ['DELIVRD', 'delivered'],
    ['EXPIRED', 'expired'],
    ['DELETED', 'deleted'],
    ['UNDELIV', 'undeliverable'],
    ['SKIPPED', 'undeliverable'],
    ['REJECTD', 'rejected'],
    ['UNKNOWN', 'unknown'],
    ['MMSGRCV', 'unknown'],
    ['7', 'unknown'],
  ])('quirk 9: takes stat:%s as %s', (word, state) => {
    expect(parse(`id:77 stat:${word} err:000`).state).toBe(state);
    expect(parse(APPENDIX_B.replace('DELIVRD', word)).state).toBe(state);
  });

  test.each(['SENDING', 'UNKNOWN', 'MMSGRCV'])('takes %s of an intermediate notification for on its way', (word) => {
    const parts = { esmClass: 0x20 };
    expect(parse(`id:77 stat:${word} err:000`, parts).state).toBe('enroute');
    expect(parse(APPENDIX_B.replace('DELIVRD', word), parts).state).toBe('enroute');
    expect(parse(APPENDIX_B, parts).state).toBe('delivered');
  });

  test('quirk 5: TLVs go before the text; either may be missing', () => {
    const tlvs = [tlv(0x001e, cstr('abc')), tlv(0x0427, u8(5))];
    expect(parse(APPENDIX_B, { tlvs })).toMatchObject({ messageId: 'abc', state: 'undeliverable', err: '000' });
    expect(parse('', { tlvs })).toMatchObject({ messageId: 'abc', state: 'undeliverable' });
    expect(parse(APPENDIX_B, { tlvs: [tlvs[1]!] })).toMatchObject({ messageId: '1234567', state: 'undeliverable' });
    expect(parse(APPENDIX_B, { tlvs: [tlvs[0]!] })).toMatchObject({ messageId: 'abc', state: 'delivered' });
    expect(parse(APPENDIX_B, { tlvs: [tlv(0x001e, u8(0)), tlv(0x0427, u8(99))] })).toMatchObject({
      messageId: '1234567',
      state: 'delivered',
    });
  });

  test('takes the error from network_error_code where the text has none', () => {
    const tlvs = [tlv(0x0423, Buffer.from([3, 0, 21]))];
    expect(parse('', { tlvs }).err).toBe('021');
    expect(parse('id:7 err:21b', { tlvs }).err).toBe('21b');
    expect(parse('', { tlvs: [tlv(0x0423, Buffer.from([3, 2, 1]))] }).err).toBe('513');
  });

  test('quirk 10: reads a receipt that is a data_sm with message_payload', () => {
    const bytes = dataPdu({ tlvs: [tlv(0x0424, Buffer.from(APPENDIX_B))] });
    const read = readDeliver(bytes, 0, bytes.length);
    expect(isReceipt(read)).toBe(true);
    expect(parseReceipt(read)).toMatchObject({ messageId: '1234567', state: 'delivered' });
  });

  test('quirk 12: reads ASCII under data_coding 8, and UCS-2 where it is UCS-2', () => {
    expect(parse(APPENDIX_B, { dataCoding: 8 })).toEqual(parse(APPENDIX_B));
    expect(parse(`${APPENDIX_B}!`, { dataCoding: 8 }).text).toBe('ALERTE!');
    const wide = APPENDIX_B.slice(0, 100).replace('ALERTE', 'Évry');
    expect(parseReceipt(deliver({ text: ucs2(wide), dataCoding: 8 }))).toEqual(parse(wide));
  });

  test('quirk 12: half a character at the end of UCS-2 is left out', () => {
    const wide = 'id:77 stat:UNDELIV';
    const odd = Buffer.concat([ucs2(wide), Buffer.from([0])]);
    expect(parseReceipt(deliver({ text: odd, dataCoding: 8 }))).toEqual(parse(wide));
    expect(parseReceipt(deliver({ text: '', dataCoding: 8 })).state).toBe('unknown');
  });

  test('quirk 12: reads UCS-2 behind a user data header', () => {
    const wide = 'id:77 stat:UNDELIV';
    const text = Buffer.concat([Buffer.from([5, 0, 3, 1, 1, 1]), ucs2(wide)]);
    expect(parseReceipt(deliver({ text, dataCoding: 8, esmClass: 0x44 }))).toEqual(parse(wide));
  });

  test('reads behind a user data header', () => {
    const text = Buffer.concat([Buffer.from([5, 0, 3, 1, 1, 1]), Buffer.from(APPENDIX_B)]);
    expect(parseReceipt(deliver({ text, esmClass: 0x44 })).messageId).toBe('1234567');
    expect(parseReceipt(deliver({ text: Buffer.from([200, 1]), esmClass: 0x44 })).state).toBe('unknown');
  });
});

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
