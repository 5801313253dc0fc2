/**
 * The mandatory fields of SMPP 3.4 as data: the kind and size of each field (§5.2), and which PDU carries which, in
 * order (§4). Reading and writing of single fields is in pdu.ts.
 */
import { COMMAND } from './constants.ts';

/** `int`: one octet. `cstring`: Latin-1 up to `max` octets, its NUL included. `octets`: a length octet, then the octets. */
export const FIELDS = {
  addr_npi: { kind: 'int' },
  addr_ton: { kind: 'int' },
  address_range: { kind: 'cstring', max: 41 },
  data_coding: { kind: 'int' },
  dest_addr_npi: { kind: 'int' },
  dest_addr_ton: { kind: 'int' },
  destination_addr: { kind: 'cstring', max: 21 },
  error_code: { kind: 'int' },
  esm_class: { kind: 'int' },
  esme_addr: { kind: 'cstring', max: 65 },
  esme_addr_npi: { kind: 'int' },
  esme_addr_ton: { kind: 'int' },
  final_date: { kind: 'cstring', max: 17 },
  interface_version: { kind: 'int' },
  message_id: { kind: 'cstring', max: 65 },
  message_state: { kind: 'int' },
  password: { kind: 'cstring', max: 9 },
  priority_flag: { kind: 'int' },
  protocol_id: { kind: 'int' },
  registered_delivery: { kind: 'int' },
  replace_if_present_flag: { kind: 'int' },
  schedule_delivery_time: { kind: 'cstring', max: 17 },
  service_type: { kind: 'cstring', max: 6 },
  short_message: { kind: 'octets', max: 255 },
  sm_default_msg_id: { kind: 'int' },
  source_addr: { kind: 'cstring', max: 21 },
  source_addr_npi: { kind: 'int' },
  source_addr_ton: { kind: 'int' },
  system_id: { kind: 'cstring', max: 16 },
  system_type: { kind: 'cstring', max: 13 },
  validity_period: { kind: 'cstring', max: 17 },
} as const;

export type FieldName = keyof typeof FIELDS;
type ValueOf = { int: number; cstring: string; octets: Uint8Array };

/** Every mandatory field by its name in the specification; a PDU has those of its command. */
export type PduFields = { [N in FieldName]?: ValueOf[(typeof FIELDS)[N]['kind']] };

/** The fields of a cancel_sm (§4.9.1). */
export type CancelFields = Pick<
  PduFields,
  | 'service_type'
  | 'message_id'
  | 'source_addr_ton'
  | 'source_addr_npi'
  | 'source_addr'
  | 'dest_addr_ton'
  | 'dest_addr_npi'
  | 'destination_addr'
>;

const SOURCE = ['source_addr_ton', 'source_addr_npi', 'source_addr'] as const;
const DESTINATION = ['dest_addr_ton', 'dest_addr_npi', 'destination_addr'] as const;
const BIND = [
  'system_id',
  'password',
  'system_type',
  'interface_version',
  'addr_ton',
  'addr_npi',
  'address_range',
] as const;
const MESSAGE = [
  'service_type',
  ...SOURCE,
  ...DESTINATION,
  'esm_class',
  'protocol_id',
  'priority_flag',
  'schedule_delivery_time',
  'validity_period',
  'registered_delivery',
  'replace_if_present_flag',
  'data_coding',
  'sm_default_msg_id',
  'short_message',
] as const;

/** Fields of each PDU by command id. A command that is not in here is not supported: submit_multi among them. */
export const BODIES: ReadonlyMap<number, readonly FieldName[]> = new Map<number, readonly FieldName[]>([
  [COMMAND.bind_receiver, BIND],
  [COMMAND.bind_receiver_resp, ['system_id']],
  [COMMAND.bind_transmitter, BIND],
  [COMMAND.bind_transmitter_resp, ['system_id']],
  [COMMAND.bind_transceiver, BIND],
  [COMMAND.bind_transceiver_resp, ['system_id']],
  [COMMAND.outbind, ['system_id', 'password']],
  [COMMAND.unbind, []],
  [COMMAND.unbind_resp, []],
  [COMMAND.generic_nack, []],
  [COMMAND.submit_sm, MESSAGE],
  [COMMAND.submit_sm_resp, ['message_id']],
  [COMMAND.deliver_sm, MESSAGE],
  [COMMAND.deliver_sm_resp, ['message_id']],
  [COMMAND.data_sm, ['service_type', ...SOURCE, ...DESTINATION, 'esm_class', 'registered_delivery', 'data_coding']],
  [COMMAND.data_sm_resp, ['message_id']],
  [COMMAND.query_sm, ['message_id', ...SOURCE]],
  [COMMAND.query_sm_resp, ['message_id', 'final_date', 'message_state', 'error_code']],
  [COMMAND.cancel_sm, ['service_type', 'message_id', ...SOURCE, ...DESTINATION]],
  [COMMAND.cancel_sm_resp, []],
  [
    COMMAND.replace_sm,
    [
      'message_id',
      ...SOURCE,
      'schedule_delivery_time',
      'validity_period',
      'registered_delivery',
      'sm_default_msg_id',
      'short_message',
    ],
  ],
  [COMMAND.replace_sm_resp, []],
  [COMMAND.enquire_link, []],
  [COMMAND.enquire_link_resp, []],
  [COMMAND.alert_notification, [...SOURCE, 'esme_addr_ton', 'esme_addr_npi', 'esme_addr']],
]);
