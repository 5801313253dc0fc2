/**
 * Expected bytes, built by hand and apart from the codec: nothing here is imported from src/smpp, so that an encoder's
 * fault is not mirrored.
 */

export const u8 = (value: number): Buffer => Buffer.from([value]);
export const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
export const u32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return octets;
};
export const cstr = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1');
export const tlv = (tag: number, value: Buffer): Buffer => Buffer.concat([u16(tag), u16(value.length), value]);

/** A whole PDU, command_length first. */
export function pdu(command: number, status: number, sequence: number, ...body: Buffer[]): Buffer {
  const octets = Buffer.concat(body);
  return Buffer.concat([u32(16 + octets.length), u32(command), u32(status), u32(sequence), octets]);
}

export interface MessageParts {
  command?: number;
  sequence?: number;
  source?: string;
  destination?: string;
  esmClass?: number;
  dataCoding?: number;
  text?: Buffer | string;
  tlvs?: Buffer[];
}

/** A deliver_sm (or a submit_sm, by `command`): SMPP 3.4 §4.4.1 and §4.6.1 share their fields. */
export function messagePdu(parts: MessageParts = {}): Buffer {
  const text = typeof parts.text === 'string' ? Buffer.from(parts.text, 'latin1') : (parts.text ?? Buffer.alloc(0));
  return pdu(
    parts.command ?? 0x05,
    0,
    parts.sequence ?? 1,
    cstr(''),
    u8(1),
    u8(1),
    cstr(parts.source ?? '33639980001'),
    u8(5),
    u8(0),
    cstr(parts.destination ?? 'ALERTE'),
    u8(parts.esmClass ?? 0x04),
    u8(0),
    u8(0),
    cstr(''),
    cstr(''),
    u8(0),
    u8(0),
    u8(parts.dataCoding ?? 0),
    u8(0),
    u8(text.length),
    text,
    ...(parts.tlvs ?? []),
  );
}

/** A data_sm, whose text is a message_payload. */
export function dataPdu(parts: MessageParts = {}): Buffer {
  return pdu(
    0x103,
    0,
    parts.sequence ?? 1,
    cstr(''),
    u8(1),
    u8(1),
    cstr(parts.source ?? '33639980001'),
    u8(5),
    u8(0),
    cstr(parts.destination ?? 'ALERTE'),
    u8(parts.esmClass ?? 0x04),
    u8(0),
    u8(parts.dataCoding ?? 0),
    ...(parts.tlvs ?? []),
  );
}

export const APPENDIX_B =
  'id:1234567 sub:001 dlvrd:001 submit date:2111220300 done date:2111220301 stat:DELIVRD err:000 text:ALERTE';
