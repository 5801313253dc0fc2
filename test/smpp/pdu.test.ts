import { COMMAND, commandName, STATUS, statusName, TLV } from '../../src/smpp/constants.ts';
import { PduError } from '../../src/smpp/errors.ts';
import { BODIES } from '../../src/smpp/fields.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { decodePdu, encodePdu, isResponse, type PduInput } from '../../src/smpp/pdu.ts';
import { FIXTURES } from './fixtures.ts';
import { cstr, messagePdu, pdu, tlv, u8 } from './octets.ts';

const decode = (bytes: Buffer) => decodePdu(bytes, 0, bytes.length);

function pduError(bytes: Buffer): PduError {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof PduError) return error;
    throw error;
  }
  throw new Error('it was decoded');
}

describe.each(FIXTURES)('$name', ({ decoded, bytes }) => {
  const full = { status: 0, tlvs: {}, droppedTlvs: 0, ...decoded };

  test('is decoded from its bytes', () => {
    expect(decode(bytes)).toEqual(full);
  });

  test('is encoded to its bytes', () => {
    expect(encodePdu(decoded).toString('hex')).toBe(bytes.toString('hex'));
  });

  test('survives decoding and encoding inside a larger buffer', () => {
    const around = Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(9, 0xff)]);
    expect(encodePdu(decodePdu(around, 7, 7 + bytes.length))).toEqual(bytes);
  });

  test('is decoded the same when the stream is cut at every octet', () => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new FrameReader();
      const seen: unknown[] = [];
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        reader.push(part, (buf, start, end) => seen.push(decodePdu(buf, start, end)));
      }
      expect(seen).toEqual([full]);
    }
  });
});

test('every command of the field table has a fixture', () => {
  const covered = new Set(FIXTURES.map(({ decoded }) => decoded.command));
  expect([...BODIES.keys()].filter((command) => !covered.has(command))).toEqual([]);
});

describe('decodePdu', () => {
  test('names the field that a request cut anywhere in its body lacks, and never reads past the end', () => {
    const bytes = messagePdu({ text: 'abc' });
    for (let end = 16; end < bytes.length; end++) {
      let error: unknown;
      try {
        decodePdu(bytes, 0, end);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(PduError);
      expect(error).toMatchObject({ command: 5, sequence: 1 });
    }
  });

  test('answers a body that is too short with ESME_RINVCMDLEN, a cut short_message with ESME_RINVMSGLEN', () => {
    expect(pduError(pdu(4, 0, 77, cstr(''))).status).toBe(STATUS.ESME_RINVCMDLEN);
    expect(pduError(pdu(4, 0, 77, Buffer.from('abc'))).status).toBe(STATUS.ESME_RINVCMDLEN);
    const bytes = messagePdu({ text: 'abc' });
    bytes[bytes.length - 4] = 200;
    expect(pduError(bytes).status).toBe(STATUS.ESME_RINVMSGLEN);
    expect(pduError(bytes).message).toBe('deliver_sm: short_message is cut short');
    expect(pduError(pdu(4, 0, 77, cstr(''))).message).toBe('submit_sm: ends before source_addr_ton');
    expect(pduError(pdu(4, 0, 77, Buffer.from('abc'))).message).toBe('submit_sm: service_type has no end');
    expect(pduError(pdu(0x21, 0, 77)).message).toBe('submit_multi: is not supported');
  });

  test.each([0x21, 0x777, 0x80000021])('quirk 41: answers command %d with ESME_RINVCMDID', (command) => {
    expect(pduError(pdu(command, 0, 5))).toMatchObject({ command, sequence: 5, status: STATUS.ESME_RINVCMDID });
  });

  test('quirk 19: reads an error response with a body and one without', () => {
    expect(decode(pdu(0x80000004, 0x58, 1))).toMatchObject({ status: 0x58 });
    expect(decode(pdu(0x80000004, 0x58, 1)).message_id).toBeUndefined();
    expect(decode(pdu(0x80000004, 0x58, 1, cstr('7')))).toMatchObject({ status: 0x58, message_id: '7' });
  });

  test('quirk 20: reads ESME_ROK without message_id, and an id without its NUL', () => {
    expect(decode(pdu(0x80000004, 0, 1)).message_id).toBeUndefined();
    expect(decode(pdu(0x80000004, 0, 1, Buffer.from('42'))).message_id).toBe('42');
  });

  test('quirk 40: keeps the PDU and drops a TLV that is cut short', () => {
    const whole = tlv(TLV.message_state, u8(2));
    const cut = tlv(TLV.receipted_message_id, cstr('123456')).subarray(0, 7);
    const read = decode(messagePdu({ text: 'x', tlvs: [whole, cut] }));
    expect(read.tlvs).toEqual({ message_state: 2 });
    expect(read.droppedTlvs).toBe(1);
    expect(read.short_message).toEqual(Buffer.from('x'));
  });

  test('quirk 40: keeps the PDU and drops a TLV of the wrong size', () => {
    const wrong = tlv(TLV.message_state, Buffer.from([0, 0, 0, 2]));
    const right = tlv(TLV.receipted_message_id, cstr('7'));
    const read = decode(messagePdu({ tlvs: [wrong, right] }));
    expect(read.tlvs).toEqual({ receipted_message_id: '7' });
    expect(read.droppedTlvs).toBe(1);
  });

  test('quirk 40: steps over stray NULs before the TLVs and after them', () => {
    const id = tlv(TLV.receipted_message_id, cstr('7'));
    for (const strays of [1, 2, 3]) {
      const read = decode(messagePdu({ text: 'x', tlvs: [Buffer.alloc(strays), id] }));
      expect(read.tlvs).toEqual({ receipted_message_id: '7' });
      expect(decode(messagePdu({ text: 'x', tlvs: [id, Buffer.alloc(strays)] })).tlvs).toEqual({
        receipted_message_id: '7',
      });
    }
  });

  test('reads a TLV string with a NUL inside, or none, up to there', () => {
    const inside = tlv(TLV.receipted_message_id, Buffer.from('7\0\0'));
    const none = tlv(TLV.receipted_message_id, Buffer.from('78'));
    expect(decode(messagePdu({ tlvs: [inside] })).tlvs).toEqual({ receipted_message_id: '7' });
    expect(decode(messagePdu({ tlvs: [none] })).tlvs).toEqual({ receipted_message_id: '78' });
  });

  test('passes over TLVs that SMPP 3.4 does not define', () => {
    const vendor = tlv(0x1501, Buffer.from('abc'));
    const read = decode(messagePdu({ tlvs: [vendor, tlv(TLV.message_state, u8(5))] }));
    expect(read.tlvs).toEqual({ message_state: 5 });
    expect(read.droppedTlvs).toBe(0);
  });
});

describe('encodePdu', () => {
  test.each([
    ['a field too long', { command: 2, sequence: 1, system_id: 'sixteen octets..' }],
    ['an integer above an octet', { command: 2, sequence: 1, addr_ton: 256 }],
    ['a character beyond Latin-1', { command: 2, sequence: 1, system_id: '€' }],
    ['a NUL inside a string', { command: 2, sequence: 1, system_id: 'a\0b' }],
    ['a short_message above 255 octets', { command: 4, sequence: 1, short_message: Buffer.alloc(256) }],
    ['a string where a number belongs', { command: 2, sequence: 1, addr_ton: '7' as never }],
    ['octets where a string belongs', { command: 2, sequence: 1, system_id: Buffer.from('id') as never }],
    ['a command outside the table', { command: 0x21, sequence: 1 }],
  ])('refuses %s', (_, input) => {
    expect(() => encodePdu(input)).toThrow(expect.objectContaining({ kind: 'invalid', code: 'smpp_field' }));
  });

  test('names the field that it refuses, and why', () => {
    const refusal = (input: PduInput): string => {
      try {
        encodePdu(input);
      } catch (error) {
        return (error as Error).message;
      }
      return 'it was encoded';
    };
    expect(refusal({ command: 2, sequence: 1, system_id: 'x'.repeat(16) })).toBe('system_id exceeds 15 octets');
    expect(refusal({ command: 2, sequence: 1, addr_ton: 256 })).toBe('addr_ton is not an octet');
    expect(refusal({ command: 2, sequence: 1, addr_npi: -1 })).toBe('addr_npi is not an octet');
    expect(refusal({ command: 2, sequence: 1, system_type: '€' })).toBe(
      'system_type holds a character that a C-octet string cannot carry',
    );
    expect(refusal({ command: 4, sequence: 1, short_message: Buffer.alloc(256) })).toBe(
      'short_message exceeds its length',
    );
    expect(refusal({ command: 0x21, sequence: 1 })).toBe('command is not supported');
  });

  test('takes what just fits', () => {
    const bind = encodePdu({ command: 2, sequence: 1, system_id: 'x'.repeat(15), addr_ton: 255, addr_npi: 0 });
    expect(decode(bind)).toMatchObject({ system_id: 'x'.repeat(15), addr_ton: 255, addr_npi: 0 });
    const latin = encodePdu({ command: 2, sequence: 1, system_id: 'ÿ' });
    expect(decode(latin).system_id).toBe('ÿ');
    const full = encodePdu({ command: 4, sequence: 1, short_message: Buffer.alloc(255, 1) });
    expect(decode(full).short_message).toEqual(Buffer.alloc(255, 1));
  });

  test('gives an error response a body only where it is given a field', () => {
    expect(encodePdu({ command: 0x80000004, status: 8, sequence: 1 })).toEqual(pdu(0x80000004, 8, 1));
    expect(encodePdu({ command: 0x80000004, status: 8, sequence: 1, message_id: '' })).toEqual(
      pdu(0x80000004, 8, 1, cstr('')),
    );
    expect(encodePdu({ command: 0x80000004, sequence: 1 })).toEqual(pdu(0x80000004, 0, 1, cstr('')));
    expect(encodePdu({ command: 0x80000003, status: 8, sequence: 1, error_code: 9 })).toEqual(
      pdu(0x80000003, 8, 1, cstr(''), cstr(''), u8(0), u8(9)),
    );
  });

  test('refuses a TLV whose value is not of its type', () => {
    const tlvs = { message_state: 'DELIVRD' } as never;
    expect(() => encodePdu({ command: 5, sequence: 1, tlvs })).toThrow(expect.objectContaining({ code: 'smpp_tlv' }));
  });

  test('never shows the value of a field in its error', () => {
    const number = '33639980001'.repeat(3);
    expect(() => encodePdu({ command: 4, sequence: 1, destination_addr: number })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('33639') }),
    );
  });
});

test('responses are the commands with the highest bit, generic_nack among them', () => {
  for (const [name, command] of Object.entries(COMMAND)) {
    expect([name, isResponse(command)]).toEqual([name, name.endsWith('_resp') || name === 'generic_nack']);
  }
});

describe('names', () => {
  test('statuses and commands have the names of the specification, others their number', () => {
    for (const [name, value] of Object.entries(STATUS)) expect(statusName(value)).toBe(name);
    for (const [name, value] of Object.entries(COMMAND)) expect(commandName(value)).toBe(name);
    expect(statusName(0x401)).toBe('0x00000401');
    expect(commandName(0x777)).toBe('0x00000777');
  });
});
