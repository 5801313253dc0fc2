import {
  type DeliverReceipt,
  deliverReceiptRoom,
  MAX_SUBMIT_RESP_BYTES,
  writeBare,
  writeDeliverReceipt,
  writeDeliverResp,
  writeSubmitResp,
} from '../../src/smpp/fast-writers.ts';
import { digitCount, writeDigits } from '../../src/smpp/octets.ts';
import { APPENDIX_B, cstr, dataPdu, messagePdu, pdu, tlv, u8 } from './octets.ts';

const out = Buffer.alloc(100_000);
const written = (end: number) => out.subarray(5, end).toString('hex');
const receipt = (parts: Partial<DeliverReceipt> = {}): DeliverReceipt => ({
  source: 33639980001,
  destination: 'ALERTE',
  text: APPENDIX_B,
  ...parts,
});

describe('responses', () => {
  test('submit_sm_resp carries the id, and no body with an error and no id', () => {
    expect(written(writeSubmitResp(out, 5, 7, 0, '4f2a'))).toBe(pdu(0x80000004, 0, 7, cstr('4f2a')).toString('hex'));
    expect(written(writeSubmitResp(out, 5, 7, 0, ''))).toBe(pdu(0x80000004, 0, 7, cstr('')).toString('hex'));
    expect(written(writeSubmitResp(out, 5, 7, 0x58, ''))).toBe(pdu(0x80000004, 0x58, 7).toString('hex'));
    expect(written(writeSubmitResp(out, 5, 7, 0x58, 'x'))).toBe(pdu(0x80000004, 0x58, 7, cstr('x')).toString('hex'));
    expect(writeSubmitResp(out, 0, 7, 0, 'x'.repeat(64))).toBe(MAX_SUBMIT_RESP_BYTES);
  });

  test('deliver_sm and data_sm are answered each by its own response', () => {
    expect(written(writeDeliverResp(out, 5, 5, 7, 8))).toBe(pdu(0x80000005, 8, 7, u8(0)).toString('hex'));
    expect(written(writeDeliverResp(out, 5, 0x103, 7, 0))).toBe(pdu(0x80000103, 0, 7, u8(0)).toString('hex'));
    expect(written(writeBare(out, 5, 0x15, 0, 0x7fffffff))).toBe(pdu(0x15, 0, 0x7fffffff).toString('hex'));
  });
});

describe('writeDeliverReceipt', () => {
  test('writes a deliver_sm with the text of the receipt', () => {
    const expected = messagePdu({ sequence: 7, text: APPENDIX_B });
    expect(written(writeDeliverReceipt(out, 5, 7, receipt()))).toBe(expected.toString('hex'));
    const octets = receipt({ text: Buffer.from(APPENDIX_B) });
    expect(written(writeDeliverReceipt(out, 5, 7, octets))).toBe(expected.toString('hex'));
  });

  test('writes the TLVs that it is given', () => {
    const parts = { receiptedMessageId: '4f2a', messageState: 2, networkErrorCode: Buffer.from([3, 0, 1]) };
    const tlvs = [tlv(0x1e, cstr('4f2a')), tlv(0x0427, u8(2)), tlv(0x0423, Buffer.from([3, 0, 1]))];
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ ...parts, text: '', esmClass: 0, dataCoding: 8 })))).toBe(
      messagePdu({ sequence: 7, esmClass: 0, dataCoding: 8, tlvs }).toString('hex'),
    );
  });

  test('quirk 10: writes the text as message_payload in a data_sm, on demand, and when it is long', () => {
    const payload = tlv(0x0424, Buffer.from(APPENDIX_B));
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ command: 0x103 })))).toBe(
      dataPdu({ sequence: 7, tlvs: [payload] }).toString('hex'),
    );
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ asPayload: true })))).toBe(
      messagePdu({ sequence: 7, tlvs: [payload] }).toString('hex'),
    );
    const long = 'x'.repeat(256);
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ text: long })))).toBe(
      messagePdu({ sequence: 7, tlvs: [tlv(0x0424, Buffer.from(long))] }).toString('hex'),
    );
  });

  test('writes what it is told of addresses, class and coding, in deliver_sm and in data_sm', () => {
    const parts = { sourceTon: 2, sourceNpi: 8, destinationTon: 3, destinationNpi: 9, esmClass: 0x20, dataCoding: 3 };
    const head = Buffer.concat([cstr(''), u8(2), u8(8), cstr('33639980001'), u8(3), u8(9), cstr('ALERTE'), u8(0x20)]);
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ ...parts, text: 'x' })))).toBe(
      pdu(
        5,
        0,
        7,
        head,
        Buffer.alloc(2),
        cstr(''),
        cstr(''),
        u8(0),
        u8(0),
        u8(3),
        u8(0),
        u8(1),
        Buffer.from('x'),
      ).toString('hex'),
    );
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ ...parts, text: '', command: 0x103 })))).toBe(
      pdu(0x103, 0, 7, head, u8(0), u8(3)).toString('hex'),
    );
  });

  test('255 octets are a short_message still', () => {
    const text = 'x'.repeat(255);
    expect(written(writeDeliverReceipt(out, 5, 7, receipt({ text })))).toBe(
      messagePdu({ sequence: 7, text }).toString('hex'),
    );
  });

  test('needs no more room than it says', () => {
    const largest = receipt({
      source: 999_999_999_999_999,
      destination: 'x'.repeat(20),
      text: 'x'.repeat(300),
      receiptedMessageId: 'x'.repeat(64),
      messageState: 2,
      networkErrorCode: Buffer.alloc(3),
    });
    for (const each of [largest, { ...largest, text: 'x'.repeat(255) }, { ...largest, command: 0x103 }]) {
      expect(writeDeliverReceipt(out, 0, 7, each)).toBeLessThanOrEqual(deliverReceiptRoom(each));
    }
  });
});

test('digits are counted and written right up to 15 of them', () => {
  for (let digits = 1; digits <= 15; digits++) {
    for (const number of [10 ** (digits - 1), 10 ** digits - 1, 10 ** digits - 2, Math.floor(10 ** digits / 3)]) {
      if (number < 1) continue;
      expect(digitCount(number)).toBe(String(number).length);
      const end = writeDigits(out, 0, number, digitCount(number));
      expect(out.toString('latin1', 0, end)).toBe(String(number));
    }
  }
});
