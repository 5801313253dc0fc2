import { STATUS } from '../../src/smpp/constants.ts';
import { PduError } from '../../src/smpp/errors.ts';
import { readSubmit, SubmitView } from '../../src/smpp/submit-reader.ts';
import { FIXTURES } from './fixtures.ts';
import { messagePdu, tlv } from './octets.ts';

describe('readSubmit', () => {
  test('finds every field of a submit_sm', () => {
    const { bytes } = FIXTURES.find(({ name }) => name === 'submit_sm with TLVs')!;
    const around = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(5, 0xff)]);
    const submit = readSubmit(around, 5, 5 + bytes.length);
    expect(submit).toMatchObject({
      sequence: 2,
      sourceTon: 5,
      sourceNpi: 0,
      destinationTon: 1,
      destinationNpi: 1,
      destinationNumber: 33639980001,
      esmClass: 0x40,
      protocolId: 0x7f,
      priority: 3,
      registeredDelivery: 1,
      dataCoding: 8,
    });
    expect([submit.source, submit.destination, submit.validityPeriod]).toEqual([
      'ALERTE',
      '33639980001',
      '000000003000000R',
    ]);
    expect(submit.shortMessage).toEqual(Buffer.from([0, 0x41, 0, 0x42]));
    expect(submit.tlvs).toMatchObject({ sar_total_segments: 2, sar_segment_seqnum: 1 });
  });

  test('fills a view again and again', () => {
    const view = new SubmitView();
    for (const destination of ['999123', '33639980002']) {
      const bytes = messagePdu({ command: 4, destination });
      expect(readSubmit(bytes, 0, bytes.length, view)).toBe(view);
      expect([view.destination, view.destinationNumber]).toEqual([destination, Number(destination)]);
    }
  });

  test.each(['', 'ALERTE', '+999123', '12/45', '12:45', '1234567890123456'])(
    'gives 0 as the number of destination "%s"',
    (destination) => {
      const bytes = messagePdu({ command: 4, destination });
      expect(readSubmit(bytes, 0, bytes.length)).toMatchObject({ destination, destinationNumber: 0 });
    },
  );

  test('gives the number of a destination of up to 15 digits', () => {
    for (const destination of ['0', '9', '999123', '999999999999999']) {
      const bytes = messagePdu({ command: 4, destination });
      expect(readSubmit(bytes, 0, bytes.length).destinationNumber).toBe(Number(destination));
    }
  });

  test('says with its status what is cut: a field, or the text', () => {
    const bytes = messagePdu({ command: 4, sequence: 77, text: 'abc' });
    for (const missing of [1, 3]) {
      expect(() => readSubmit(bytes, 0, bytes.length - missing)).toThrow(
        expect.objectContaining({ status: STATUS.ESME_RINVMSGLEN, message: 'submit_sm: short_message is cut short' }),
      );
    }
    expect(() => readSubmit(bytes, 0, bytes.length - 4)).toThrow(
      expect.objectContaining({ status: STATUS.ESME_RINVCMDLEN, message: 'submit_sm: a mandatory field is missing' }),
    );
  });

  test('a view that was never filled is empty', () => {
    const { source, destination, validityPeriod, shortMessage, tlvs } = new SubmitView();
    expect([source, destination, validityPeriod, shortMessage.length, tlvs]).toEqual(['', '', '', 0, {}]);
  });

  test('reads a message_payload among the TLVs', () => {
    const bytes = messagePdu({ command: 4, tlvs: [tlv(0x0424, Buffer.from('long'))] });
    expect(readSubmit(bytes, 0, bytes.length).tlvs).toEqual({ message_payload: Buffer.from('long') });
  });

  test('answers a submit_sm cut at any octet with a PduError that has its sequence number', () => {
    const bytes = messagePdu({ command: 4, sequence: 77, text: 'abc' });
    for (let end = 16; end < bytes.length; end++) {
      const cut = Buffer.from(bytes.subarray(0, end));
      expect(() => readSubmit(cut, 0, end)).toThrow(PduError);
      expect(() => readSubmit(bytes, 0, end)).toThrow(expect.objectContaining({ sequence: 77, command: 4 }));
    }
  });

  test('answers one with times of delivery and validity that is cut at any octet with a PduError', () => {
    const { bytes } = FIXTURES.find(({ name }) => name === 'submit_sm')!;
    for (let end = 16; end < bytes.length; end++) {
      const cut = Buffer.from(bytes.subarray(0, end));
      expect(() => readSubmit(cut, 0, end)).toThrow(PduError);
    }
  });
});
