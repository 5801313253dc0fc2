import { TLV, type TlvName } from '../../src/smpp/constants.ts';
import { decodeTlvs, encodeTlvs, type Tlvs, walkTlvs } from '../../src/smpp/tlv.ts';
import { cstr, tlv, u8, u16, u32 } from './octets.ts';

/** The tags of SMPP 3.4 §5.3.2 that are not one octet, each with a value and its octets. */
const OTHERS: [TlvName, number | string | Buffer, Buffer][] = [
  ['dest_telematics_id', 0x0102, u16(0x0102)],
  ['qos_time_to_live', 0x01020304, u32(0x01020304)],
  ['additional_status_info_text', 'refusé', cstr('refusé')],
  ['receipted_message_id', '4f2a', cstr('4f2a')],
  ['source_subaddress', Buffer.from([0xa0, 1]), Buffer.from([0xa0, 1])],
  ['dest_subaddress', Buffer.from([0xa0, 2]), Buffer.from([0xa0, 2])],
  ['user_message_reference', 0x0102, u16(0x0102)],
  ['source_port', 0x0102, u16(0x0102)],
  ['destination_port', 0x0102, u16(0x0102)],
  ['sar_msg_ref_num', 0x0102, u16(0x0102)],
  ['callback_num_atag', Buffer.from([0, 0x41]), Buffer.from([0, 0x41])],
  ['callback_num', Buffer.from('\0\0\x00999123'), Buffer.from('\0\0\x00999123')],
  ['network_error_code', Buffer.from([3, 0, 21]), Buffer.from([3, 0, 21])],
  ['message_payload', Buffer.from('long'), Buffer.from('long')],
  ['sms_signal', 0x0102, u16(0x0102)],
  ['alert_on_message_delivery', Buffer.alloc(0), Buffer.alloc(0)],
  ['its_session_info', 0x0102, u16(0x0102)],
];
const OCTETS = (Object.keys(TLV) as TlvName[]).filter((name) => !OTHERS.some(([other]) => other === name));

describe('optional parameters', () => {
  test.each(OTHERS)('%s has the type of the specification', (name, value, octets) => {
    const bytes = tlv(TLV[name], octets);
    expect(encodeTlvs({ [name]: value } as Tlvs)).toEqual(bytes);
    expect(decodeTlvs(bytes, 0, bytes.length)).toEqual({ tlvs: { [name]: value }, dropped: 0 });
  });

  test.each(OCTETS)('%s is one octet', (name) => {
    const bytes = tlv(TLV[name], u8(7));
    expect(encodeTlvs({ [name]: 7 } as Tlvs)).toEqual(bytes);
    expect(decodeTlvs(bytes, 0, bytes.length)).toEqual({ tlvs: { [name]: 7 }, dropped: 0 });
    const wide = tlv(TLV[name], u16(7));
    expect(decodeTlvs(wide, 0, wide.length)).toEqual({ tlvs: {}, dropped: 1 });
  });

  test('are written in the order given, and those without a value not at all', () => {
    const tlvs = { message_state: 2, receipted_message_id: undefined, user_message_reference: 1 } as unknown as Tlvs;
    expect(encodeTlvs(tlvs)).toEqual(Buffer.concat([tlv(TLV.message_state, u8(2)), tlv(0x0204, u16(1))]));
    expect(encodeTlvs({})).toHaveLength(0);
  });

  test.each<[string, TlvName, unknown]>([
    ['a number for a string', 'receipted_message_id', 7],
    ['a string for a number', 'message_state', '7'],
    ['a string for octets', 'message_payload', 'text'],
    ['octets for a string', 'receipted_message_id', Buffer.from('7')],
    ['octets that no length can tell', 'message_payload', Buffer.alloc(0x10000)],
  ])('refuse %s, by the name of the parameter', (_, name, value) => {
    expect(() => encodeTlvs({ [name]: value } as Tlvs)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'smpp_tlv',
        message: `${name}: the value is not of its type or size`,
      }),
    );
  });

  test('carry octets up to the most that a length can tell', () => {
    const payload = Buffer.alloc(0xffff, 1);
    const bytes = encodeTlvs({ message_payload: payload });
    expect(bytes.readUInt16BE(2)).toBe(0xffff);
    expect(decodeTlvs(bytes, 0, bytes.length).tlvs).toEqual({ message_payload: payload });
  });

  test('quirk 40: octets that make no parameter are counted as one that was dropped', () => {
    const whole = tlv(TLV.message_state, u8(2));
    for (const rest of [Buffer.from([1]), Buffer.from([1, 2, 3]), tlv(0x1501, Buffer.from('abc')).subarray(0, 6)]) {
      const bytes = Buffer.concat([whole, rest]);
      expect(decodeTlvs(bytes, 0, bytes.length)).toEqual({ tlvs: { message_state: 2 }, dropped: 1 });
    }
    expect(decodeTlvs(whole, 0, whole.length).dropped).toBe(0);
  });

  test('quirk 40: octets of a parameter that is cut short are never read as parameters', () => {
    const state = tlv(TLV.message_state, u8(2));
    const cut = Buffer.concat([u16(0x1501), u16(200), state, state]);
    expect(decodeTlvs(cut, 0, cut.length)).toEqual({ tlvs: {}, dropped: 1 });
  });

  test('quirk 40: the walk says how many octets it left aside, and reads nothing behind the end', () => {
    const visited: number[][] = [];
    const walk = (...parts: Buffer[]) => {
      visited.length = 0;
      const bytes = Buffer.concat([...parts, tlv(TLV.message_state, u8(9))]);
      const end = bytes.length - 5;
      return walkTlvs(bytes, 0, end, visited, (into, tag, start, to) => into.push([tag, start, to]));
    };
    const id = tlv(TLV.receipted_message_id, cstr('7'));
    expect(walk(id)).toBe(0);
    expect(visited).toEqual([[0x1e, 4, 6]]);
    expect(walk(u8(0), id, u8(0), u8(0))).toBe(3);
    expect(visited).toEqual([[0x1e, 5, 7]]);
    expect(walk(id, id.subarray(0, 5))).toBe(5);
    expect(visited).toEqual([[0x1e, 4, 6]]);
  });
});
