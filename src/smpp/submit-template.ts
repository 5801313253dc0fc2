/**
 * A submit_sm (SMPP 3.4 §4.4.1) encoded once and stamped with a sequence number and a destination for each
 * recipient. It owns those bytes; it refuses fields that do not fit and sends nothing itself.
 */
import { TocsinError } from '../errors.ts';
import { COMMAND } from './constants.ts';
import { digitCount, writeDigits, writeHeader, writeU32 } from './octets.ts';
import { encodeFields } from './pdu.ts';
import { encodeTlvs, type Tlvs } from './tlv.ts';

export interface SubmitTemplateFields {
  serviceType?: string;
  source: { address: string; ton: number; npi: number };
  destination?: { ton: number; npi: number };
  esmClass?: number;
  protocolId?: number;
  priority?: number;
  scheduleDeliveryTime?: string;
  validityPeriod?: string;
  registeredDelivery?: number;
  replaceIfPresent?: number;
  dataCoding?: number;
  /** The octets as they go on the wire, user data header included. Above 254 they travel as message_payload. */
  shortMessage: Uint8Array;
  tlvs?: Tlvs;
}

/** §5.2.21, §5.2.22: sm_length 255 is reserved by many an SMSC, so 254 octets is the most for short_message. */
export const MAX_SHORT_MESSAGE_BYTES = 254;
const MAX_DIGITS = 15;
/** The first number with more digits than E.164 allows. */
export const MSISDN_LIMIT = 1e15;

export class SubmitTemplate {
  /** Octets of the longest frame this template can write. */
  readonly maxLength: number;

  readonly #head: Buffer;
  readonly #tail: Buffer;
  /** Whole frames with blank digits, by the number of digits. */
  readonly #frames: (Buffer | undefined)[] = new Array(MAX_DIGITS + 1).fill(undefined);

  constructor(fields: SubmitTemplateFields) {
    const long = fields.shortMessage.length > MAX_SHORT_MESSAGE_BYTES;
    const shortMessage = long ? new Uint8Array(0) : fields.shortMessage;
    const tlvs: Tlvs = long ? { ...fields.tlvs, message_payload: fields.shortMessage } : (fields.tlvs ?? {});
    this.#head = encodeFields(
      ['service_type', 'source_addr_ton', 'source_addr_npi', 'source_addr', 'dest_addr_ton', 'dest_addr_npi'],
      {
        service_type: fields.serviceType ?? '',
        source_addr_ton: fields.source.ton,
        source_addr_npi: fields.source.npi,
        source_addr: fields.source.address,
        dest_addr_ton: fields.destination?.ton ?? 1,
        dest_addr_npi: fields.destination?.npi ?? 1,
      },
    );
    const tail = encodeFields(
      [
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
      ],
      {
        esm_class: fields.esmClass ?? 0,
        protocol_id: fields.protocolId ?? 0,
        priority_flag: fields.priority ?? 0,
        schedule_delivery_time: fields.scheduleDeliveryTime ?? '',
        validity_period: fields.validityPeriod ?? '',
        registered_delivery: fields.registeredDelivery ?? 0,
        replace_if_present_flag: fields.replaceIfPresent ?? 0,
        data_coding: fields.dataCoding ?? 0,
        short_message: shortMessage,
      },
    );
    this.#tail = Buffer.concat([Buffer.alloc(1), tail, encodeTlvs(tlvs)]);
    this.maxLength = 16 + this.#head.length + MAX_DIGITS + this.#tail.length;
  }

  /** Writes one frame at `offset` (`maxLength` octets must be free) and returns the offset after it. */
  write(out: Buffer, offset: number, sequence: number, msisdn: number): number {
    if (!(msisdn >= 1 && msisdn < MSISDN_LIMIT)) throw badMsisdn();
    const digits = digitCount(msisdn);
    const frame = this.#frames[digits] ?? this.#build(digits);
    out.set(frame, offset);
    writeU32(out, offset + 12, sequence);
    writeDigits(out, offset + 16 + this.#head.length, msisdn, digits);
    return offset + frame.length;
  }

  #build(digits: number): Buffer {
    const length = 16 + this.#head.length + digits + this.#tail.length;
    const frame = Buffer.alloc(length, 0x30);
    writeHeader(frame, 0, length, COMMAND.submit_sm, 0, 0);
    this.#head.copy(frame, 16);
    this.#tail.copy(frame, length - this.#tail.length);
    this.#frames[digits] = frame;
    return frame;
  }
}

/** The error for a recipient that is no E.164 number; it does not say which, on purpose. */
export function badMsisdn(): TocsinError {
  return new TocsinError('invalid', 'smpp_msisdn', 'a recipient is not an integer of 1 to 15 digits');
}
