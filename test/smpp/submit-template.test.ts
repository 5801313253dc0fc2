import { decodePdu } from '../../src/smpp/pdu.ts';
import { readSubmit } from '../../src/smpp/submit-reader.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { cstr, pdu, tlv, u8, u16 } from './octets.ts';

const source = { address: 'ALERTE', ton: 5, npi: 0 };
const hello = Buffer.from('hello');

function write(template: SubmitTemplate, msisdn: number, sequence = 1): Buffer {
  const out = Buffer.alloc(template.maxLength);
  return out.subarray(0, template.write(out, 0, sequence, msisdn));
}

describe('SubmitTemplate', () => {
  test('writes every field of a submit_sm where SMPP 3.4 §4.4.1 puts it', () => {
    const template = new SubmitTemplate({
      serviceType: 'CMT',
      source,
      destination: { ton: 2, npi: 8 },
      esmClass: 0x40,
      protocolId: 0x7f,
      priority: 3,
      scheduleDeliveryTime: '211122030000000+',
      validityPeriod: '000000003000000R',
      registeredDelivery: 0x11,
      replaceIfPresent: 1,
      dataCoding: 8,
      shortMessage: hello,
      tlvs: { user_message_reference: 0x0102 },
    });
    expect(write(template, 33639980001, 0x01020304).toString('hex')).toBe(
      pdu(
        4,
        0,
        0x01020304,
        cstr('CMT'),
        u8(5),
        u8(0),
        cstr('ALERTE'),
        u8(2),
        u8(8),
        cstr('33639980001'),
        u8(0x40),
        u8(0x7f),
        u8(3),
        cstr('211122030000000+'),
        cstr('000000003000000R'),
        u8(0x11),
        u8(1),
        u8(8),
        u8(0),
        u8(5),
        hello,
        tlv(0x0204, u16(0x0102)),
      ).toString('hex'),
    );
  });

  test('what it is not told is 0 or empty, and the destination an international E.164 number', () => {
    const frame = write(new SubmitTemplate({ source, shortMessage: hello }), 999123);
    expect(decodePdu(frame, 0, frame.length)).toEqual({
      command: 4,
      status: 0,
      sequence: 1,
      service_type: '',
      source_addr_ton: 5,
      source_addr_npi: 0,
      source_addr: 'ALERTE',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '999123',
      esm_class: 0,
      protocol_id: 0,
      priority_flag: 0,
      schedule_delivery_time: '',
      validity_period: '',
      registered_delivery: 0,
      replace_if_present_flag: 0,
      data_coding: 0,
      sm_default_msg_id: 0,
      short_message: hello,
      tlvs: {},
      droppedTlvs: 0,
    });
  });

  test('carries its own TLVs beside a long text', () => {
    const long = write(
      new SubmitTemplate({ source, shortMessage: Buffer.alloc(255, 0x41), tlvs: { user_message_reference: 7 } }),
      999123,
    );
    expect(decodePdu(long, 0, long.length).tlvs).toEqual({
      user_message_reference: 7,
      message_payload: Buffer.alloc(255, 0x41),
    });
  });

  test('says how many octets its longest frame has', () => {
    const template = new SubmitTemplate({ source, shortMessage: hello });
    expect(write(template, 999_999_999_999_999)).toHaveLength(template.maxLength);
  });

  test('writes destinations of 1 to 15 digits, at the edges of each length', () => {
    const template = new SubmitTemplate({ source, shortMessage: hello });
    for (let digits = 1; digits <= 15; digits++) {
      for (const msisdn of [10 ** (digits - 1), 10 ** digits - 1, Math.floor(10 ** digits / 7)]) {
        const frame = write(template, msisdn);
        expect(decodePdu(frame, 0, frame.length)).toMatchObject({ destination_addr: String(msisdn), dest_addr_ton: 1 });
        expect(frame.length).toBeLessThanOrEqual(template.maxLength);
      }
    }
  });

  test('writes many recipients one behind the other without touching what was there', () => {
    const template = new SubmitTemplate({ source, shortMessage: hello });
    const msisdns = [33639980001, 999123, 99912345678901, 33639980002];
    const out = Buffer.alloc(template.maxLength * 4 + 20, 0xee);
    let at = 10;
    for (const [i, msisdn] of msisdns.entries()) at = template.write(out, at, 100 + i, msisdn);
    expect(out.subarray(0, 10)).toEqual(Buffer.alloc(10, 0xee));
    expect(out[at]).toBe(0xee);
    let start = 10;
    for (const [i, msisdn] of msisdns.entries()) {
      const end = start + out.readUInt32BE(start);
      const submit = readSubmit(out, start, end);
      expect([submit.sequence, submit.destinationNumber, submit.source]).toEqual([100 + i, msisdn, 'ALERTE']);
      start = end;
    }
    expect(start).toBe(at);
  });

  test.each([0, -1, 1e15, 1.7e15, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d as a recipient, without naming it',
    (msisdn) => {
      const template = new SubmitTemplate({ source, shortMessage: hello });
      expect(() => write(template, msisdn)).toThrow(expect.objectContaining({ code: 'smpp_msisdn', faults: [] }));
    },
  );

  test('quirk 18: sends up to 254 octets as short_message, and more as message_payload', () => {
    const most = write(new SubmitTemplate({ source, shortMessage: Buffer.alloc(254, 0x41) }), 999123);
    expect(decodePdu(most, 0, most.length)).toMatchObject({ short_message: Buffer.alloc(254, 0x41), tlvs: {} });
    const long = write(new SubmitTemplate({ source, shortMessage: Buffer.alloc(255, 0x41) }), 999123);
    expect(decodePdu(long, 0, long.length)).toMatchObject({
      short_message: Buffer.alloc(0),
      tlvs: { message_payload: Buffer.alloc(255, 0x41) },
    });
  });

  test('quirk 26: carries an alphanumeric sender with TON 5 and the NPI it is given', () => {
    for (const npi of [0, 1]) {
      const frame = write(
        new SubmitTemplate({ source: { address: 'ALERTE', ton: 5, npi }, shortMessage: hello }),
        999123,
      );
      expect(decodePdu(frame, 0, frame.length)).toMatchObject({ source_addr_ton: 5, source_addr_npi: npi });
    }
  });

  test('refuses a sender that no address field can carry', () => {
    expect(() => new SubmitTemplate({ source: { ...source, address: 'A'.repeat(21) }, shortMessage: hello })).toThrow(
      expect.objectContaining({ code: 'smpp_field' }),
    );
  });
});
