import { readDeliver } from '../../src/smpp/deliver.ts';
import { stateOfWord } from '../../src/smpp/receipt-states.ts';
import { isReceipt, parseReceipt } from '../../src/smpp/receipts.ts';
import { APPENDIX_B, cstr, dataPdu, tlv, u8 } from './octets.ts';
import { deliver, parse, ucs2 } from './receipt-fixture.ts';

describe('parseReceipt', () => {
  test('reads the layout of Appendix B', () => {
    expect(parse(APPENDIX_B)).toEqual({
      messageId: '1234567',
      state: 'delivered',
      err: '000',
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
    });
    expect(parse('')).toEqual({ messageId: undefined, state: 'unknown' });
    expect(parse('sub:001 text:')).toEqual({ messageId: undefined, state: 'unknown' });
  });

  test('quirk 6: the text ends a receipt of which anything was read, whatever words are in it', () => {
    expect(parse('id:77 text:hello stat:UNDELIV')).toEqual({
      messageId: '77',
      state: 'unknown',
    });
    expect(parse('stat:UNDELIV text:hello id:77')).toEqual({
      messageId: undefined,
      state: 'undeliverable',
    });
    expect(parse('id:77 sub:1 text:DELIVRD').state).toBe('unknown');
  });

  test('quirk 6: a key without a value leaves room for one that has it', () => {
    expect(parse('id: stat: id:77 stat:UNDELIV')).toMatchObject({ messageId: '77', state: 'undeliverable' });
  });

  test('quirk 9: what the label says counts, not a word elsewhere', () => {
    for (const label of ['stat', 'state', 'status']) {
      expect(parse(`id:77 ${label}:MMSGRCV UNDELIV`).state).toBe('unknown');
    }
  });

  test('a NUL ahead of an ASCII text does not make it UCS-2', () => {
    expect(parse('\0id:77 stat:UNDELIV')).toMatchObject({ messageId: '77', state: 'undeliverable' });
  });

  test('quirk 6: the first of a repeated key counts', () => {
    const twice =
      'id:77 id:88 stat:UNDELIV stat:DELIVRD err:1 err:2 submit date:3 submit date:4 done date:5 done date:6 text:';
    expect(parse(twice)).toEqual({
      messageId: '77',
      state: 'undeliverable',
      err: '1',
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
      expect(receipt).toMatchObject({ messageId: '1234567', state: 'delivered' });
      expect(parse(`stat:DELIVRD done date:${date} id:7`)).toMatchObject({ messageId: '7', state: 'delivered' });
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
