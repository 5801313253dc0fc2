/** One fixture a PDU: its fields as the codec has them, and its bytes by hand. */
import type { PduInput } from '../../src/smpp/pdu.ts';
import { cstr, pdu, tlv, u8, u16, u32 } from './octets.ts';

export interface Fixture {
  name: string;
  decoded: PduInput;
  bytes: Buffer;
}

const bindFields = {
  system_id: 'tocsin',
  password: 'secret',
  system_type: 'CBC',
  interface_version: 0x34,
  addr_ton: 1,
  addr_npi: 1,
  address_range: '^33',
};
const bindBytes = [cstr('tocsin'), cstr('secret'), cstr('CBC'), u8(0x34), u8(1), u8(1), cstr('^33')];

const messageFields = {
  service_type: 'CMT',
  source_addr_ton: 5,
  source_addr_npi: 0,
  source_addr: 'ALERTE',
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: '33639980001',
  esm_class: 0x40,
  protocol_id: 0x7f,
  priority_flag: 3,
  schedule_delivery_time: '211122030000000+',
  validity_period: '000000003000000R',
  registered_delivery: 1,
  replace_if_present_flag: 1,
  data_coding: 8,
  sm_default_msg_id: 2,
  short_message: Buffer.from([0, 0x41, 0, 0x42]),
};
const messageBytes = [
  cstr('CMT'),
  u8(5),
  u8(0),
  cstr('ALERTE'),
  u8(1),
  u8(1),
  cstr('33639980001'),
  u8(0x40),
  u8(0x7f),
  u8(3),
  cstr('211122030000000+'),
  cstr('000000003000000R'),
  u8(1),
  u8(1),
  u8(8),
  u8(2),
  u8(4),
  Buffer.from([0, 0x41, 0, 0x42]),
];
const source = { source_addr_ton: 5, source_addr_npi: 0, source_addr: 'ALERTE' };
const sourceBytes = [u8(5), u8(0), cstr('ALERTE')];
const destination = { dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '33639980001' };
const destinationBytes = [u8(1), u8(1), cstr('33639980001')];

const bare = (name: string, command: number, status = 0): Fixture => ({
  name,
  decoded: { command, status, sequence: 9 },
  bytes: pdu(command, status, 9),
});

export const FIXTURES: Fixture[] = [
  { name: 'bind_receiver', decoded: { command: 1, sequence: 1, ...bindFields }, bytes: pdu(1, 0, 1, ...bindBytes) },
  { name: 'bind_transmitter', decoded: { command: 2, sequence: 1, ...bindFields }, bytes: pdu(2, 0, 1, ...bindBytes) },
  { name: 'bind_transceiver', decoded: { command: 9, sequence: 1, ...bindFields }, bytes: pdu(9, 0, 1, ...bindBytes) },
  ...[0x80000001, 0x80000002, 0x80000009].map((command) => ({
    name: `bind response 0x${command.toString(16)} with sc_interface_version`,
    decoded: { command, sequence: 1, system_id: 'SMSC', tlvs: { sc_interface_version: 0x34 } },
    bytes: pdu(command, 0, 1, cstr('SMSC'), tlv(0x0210, u8(0x34))),
  })),
  {
    name: 'outbind',
    decoded: { command: 0x0b, sequence: 1, system_id: 'SMSC', password: 'pw' },
    bytes: pdu(0x0b, 0, 1, cstr('SMSC'), cstr('pw')),
  },
  {
    name: 'submit_sm',
    decoded: { command: 4, sequence: 0x7fffffff, ...messageFields },
    bytes: pdu(4, 0, 0x7fffffff, ...messageBytes),
  },
  {
    name: 'submit_sm with TLVs',
    decoded: {
      command: 4,
      sequence: 2,
      ...messageFields,
      tlvs: { sar_msg_ref_num: 513, sar_total_segments: 2, sar_segment_seqnum: 1, qos_time_to_live: 3600 },
    },
    bytes: pdu(
      4,
      0,
      2,
      ...messageBytes,
      tlv(0x020c, u16(513)),
      tlv(0x020e, u8(2)),
      tlv(0x020f, u8(1)),
      tlv(0x17, u32(3600)),
    ),
  },
  {
    name: 'submit_sm_resp',
    decoded: { command: 0x80000004, sequence: 2, message_id: '4f2a' },
    bytes: pdu(0x80000004, 0, 2, cstr('4f2a')),
  },
  bare('submit_sm_resp with an error', 0x80000004, 0x58),
  {
    name: 'deliver_sm with TLVs',
    decoded: {
      command: 5,
      sequence: 3,
      ...messageFields,
      tlvs: { receipted_message_id: '4f2a', message_state: 2, network_error_code: Buffer.from([3, 0, 0]) },
    },
    bytes: pdu(
      5,
      0,
      3,
      ...messageBytes,
      tlv(0x1e, cstr('4f2a')),
      tlv(0x0427, u8(2)),
      tlv(0x0423, Buffer.from([3, 0, 0])),
    ),
  },
  {
    name: 'deliver_sm_resp',
    decoded: { command: 0x80000005, sequence: 3, message_id: '' },
    bytes: pdu(0x80000005, 0, 3, cstr('')),
  },
  {
    name: 'data_sm',
    decoded: {
      command: 0x103,
      sequence: 4,
      service_type: '',
      ...source,
      ...destination,
      esm_class: 4,
      registered_delivery: 0,
      data_coding: 0,
      tlvs: { message_payload: Buffer.from('hello') },
    },
    bytes: pdu(
      0x103,
      0,
      4,
      cstr(''),
      ...sourceBytes,
      ...destinationBytes,
      u8(4),
      u8(0),
      u8(0),
      tlv(0x0424, Buffer.from('hello')),
    ),
  },
  {
    name: 'data_sm_resp',
    decoded: { command: 0x80000103, sequence: 4, message_id: 'x' },
    bytes: pdu(0x80000103, 0, 4, cstr('x')),
  },
  {
    name: 'query_sm',
    decoded: { command: 3, sequence: 5, message_id: '7', ...source },
    bytes: pdu(3, 0, 5, cstr('7'), ...sourceBytes),
  },
  {
    name: 'query_sm_resp',
    decoded: { command: 0x80000003, sequence: 5, message_id: '7', final_date: '', message_state: 1, error_code: 0 },
    bytes: pdu(0x80000003, 0, 5, cstr('7'), cstr(''), u8(1), u8(0)),
  },
  {
    name: 'cancel_sm',
    decoded: { command: 8, sequence: 6, service_type: '', message_id: '7', ...source, ...destination },
    bytes: pdu(8, 0, 6, cstr(''), cstr('7'), ...sourceBytes, ...destinationBytes),
  },
  bare('cancel_sm_resp', 0x80000008, 0x11),
  {
    name: 'replace_sm',
    decoded: {
      command: 7,
      sequence: 7,
      message_id: '7',
      ...source,
      schedule_delivery_time: '',
      validity_period: '',
      registered_delivery: 1,
      sm_default_msg_id: 0,
      short_message: Buffer.from('new'),
    },
    bytes: pdu(7, 0, 7, cstr('7'), ...sourceBytes, cstr(''), cstr(''), u8(1), u8(0), u8(3), Buffer.from('new')),
  },
  bare('replace_sm_resp', 0x80000007),
  {
    name: 'alert_notification',
    decoded: {
      command: 0x102,
      sequence: 8,
      ...source,
      esme_addr_ton: 0,
      esme_addr_npi: 0,
      esme_addr: 'me',
      tlvs: { ms_availability_status: 0 },
    },
    bytes: pdu(0x102, 0, 8, ...sourceBytes, u8(0), u8(0), cstr('me'), tlv(0x0422, u8(0))),
  },
  bare('enquire_link', 0x15),
  bare('enquire_link_resp', 0x80000015),
  bare('unbind', 6),
  bare('unbind_resp', 0x80000006),
  bare('generic_nack', 0x80000000, 3),
];
