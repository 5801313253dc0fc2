import { STATUS } from '../../src/smpp/constants.ts';
import { readDeliver } from '../../src/smpp/deliver.ts';
import { PduError } from '../../src/smpp/errors.ts';
import { FIXTURES } from './fixtures.ts';
import { APPENDIX_B, cstr, dataPdu, messagePdu, tlv, u8 } from './octets.ts';

const read = (bytes: Buffer) => readDeliver(bytes, 0, bytes.length);

describe('readDeliver', () => {
  test('reads a deliver_sm anywhere in a chunk', () => {
    const bytes = messagePdu({ sequence: 42, esmClass: 4, dataCoding: 3, text: APPENDIX_B });
    const around = Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(3, 0xff)]);
    const deliver = readDeliver(around, 3, 3 + bytes.length);
    expect(deliver).toMatchObject({
      command: 5,
      sequence: 42,
      esmClass: 4,
      dataCoding: 3,
      sourceTon: 1,
      destinationTon: 5,
    });
    expect([deliver.source, deliver.destination]).toEqual(['33639980001', 'ALERTE']);
    expect(deliver.text.toString('latin1')).toBe(APPENDIX_B);
    expect(deliver).toMatchObject({
      receiptedMessageId: undefined,
      messageState: undefined,
      networkErrorCode: undefined,
    });
  });

  test('reads the TLVs of a receipt in any order', () => {
    const tlvs = [
      tlv(0x0423, Buffer.from([3, 1, 2])),
      tlv(0x0427, u8(5)),
      tlv(0x1400, Buffer.from('vendor')),
      tlv(0x001e, cstr('4f2a')),
    ];
    for (const order of [tlvs, [...tlvs].reverse()]) {
      expect(read(messagePdu({ tlvs: order }))).toMatchObject({
        receiptedMessageId: '4f2a',
        messageState: 5,
        networkErrorCode: Buffer.from([3, 1, 2]),
      });
    }
  });

  test('quirk 10: takes the text of a message_payload, in deliver_sm and in data_sm', () => {
    const payload = tlv(0x0424, Buffer.from(APPENDIX_B));
    for (const deliver of [read(messagePdu({ tlvs: [payload] })), read(dataPdu({ sequence: 1, tlvs: [payload] }))]) {
      expect(deliver.text.toString()).toBe(APPENDIX_B);
      expect(deliver).toMatchObject({ sequence: 1, esmClass: 4, hasPayload: true });
      expect([deliver.source, deliver.destination]).toEqual(['33639980001', 'ALERTE']);
    }
  });

  test('keeps short_message where the message_payload is empty', () => {
    expect(read(messagePdu({ text: 'x', tlvs: [tlv(0x0424, Buffer.alloc(0))] })).text.toString()).toBe('x');
  });

  test('quirk 40: drops truncated and mistyped TLVs, steps over stray NULs, and keeps the rest', () => {
    const cut = tlv(0x001e, cstr('123456')).subarray(0, 8);
    expect(read(messagePdu({ text: 'x', tlvs: [tlv(0x0427, u8(2)), cut] }))).toMatchObject({
      messageState: 2,
      receiptedMessageId: undefined,
    });
    const mistyped = [tlv(0x0427, Buffer.from('DELIVRD')), tlv(0x0423, u8(1)), tlv(0x001e, cstr('7'))];
    expect(read(messagePdu({ tlvs: mistyped }))).toMatchObject({
      messageState: undefined,
      networkErrorCode: undefined,
      receiptedMessageId: '7',
    });
    expect(read(messagePdu({ tlvs: [u8(0), tlv(0x001e, cstr('7')), u8(0)] })).receiptedMessageId).toBe('7');
    expect(read(messagePdu({ tlvs: [u8(0), tlv(0x0427, u8(2)), tlv(0x001e, cstr('7'))] }))).toMatchObject({
      messageState: 2,
      receiptedMessageId: '7',
    });
  });

  test('gives a PduError, with what is needed to answer, for one cut at any octet', () => {
    const whole = messagePdu({ sequence: 42, text: 'abc' });
    for (let end = 16; end < whole.length; end++) {
      expect(() => read(Buffer.from(whole.subarray(0, end)))).toThrow(PduError);
      expect(() => readDeliver(whole, 0, end)).toThrow(expect.objectContaining({ command: 5, sequence: 42 }));
    }
    const data = dataPdu({ sequence: 43 });
    for (let end = 16; end < data.length; end++) {
      expect(() => read(Buffer.from(data.subarray(0, end)))).toThrow(PduError);
      expect(() => readDeliver(data, 0, end)).toThrow(expect.objectContaining({ command: 0x103, sequence: 43 }));
    }
  });

  test('says with its status what is cut: a field, or the text', () => {
    const whole = messagePdu({ text: 'abc' });
    for (const missing of [1, 3]) {
      expect(() => readDeliver(whole, 0, whole.length - missing)).toThrow(
        expect.objectContaining({ status: STATUS.ESME_RINVMSGLEN, message: 'deliver_sm: short_message is cut short' }),
      );
    }
    const data = dataPdu();
    for (const cut of [whole.subarray(0, whole.length - 4), data.subarray(0, data.length - 1)]) {
      expect(() => readDeliver(cut, 0, cut.length)).toThrow(
        expect.objectContaining({
          status: STATUS.ESME_RINVCMDLEN,
          message: expect.stringContaining('a mandatory field is missing'),
        }),
      );
    }
  });

  test('a data_sm has no text but that of its message_payload', () => {
    const deliver = read(dataPdu({ esmClass: 0x20, dataCoding: 8 }));
    expect(deliver).toMatchObject({
      esmClass: 0x20,
      dataCoding: 8,
      hasPayload: false,
      sourceTon: 1,
      destinationTon: 5,
    });
    expect(deliver.text).toHaveLength(0);
  });

  test('gives a PduError for one with times of delivery and validity that is cut at any octet', () => {
    const whole = Buffer.from(FIXTURES.find(({ name }) => name === 'submit_sm')!.bytes);
    whole[7] = 5;
    expect(read(whole).text).toHaveLength(4);
    for (let end = 16; end < whole.length; end++) {
      expect(() => read(Buffer.from(whole.subarray(0, end)))).toThrow(PduError);
    }
  });
});
