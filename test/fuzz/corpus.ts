/** Real PDUs and receipt texts, made by hand, by our codec and by the `smpp` package: what is mutated. */
import smpp from 'smpp';
import { encodePdu } from '../../src/smpp/pdu.ts';
import { FIXTURES } from '../smpp/fixtures.ts';
import { APPENDIX_B, cstr, dataPdu, messagePdu, tlv, u8, u16 } from '../smpp/octets.ts';

/** Receipt texts as SMSCs write them: orders, labels, dates, cases and languages differ. */
export const RECEIPT_TEXTS: readonly string[] = [
  APPENDIX_B,
  'id:4F2A-99 sub:001 dlvrd:000 submit date:211122030000 done date:211122030102 stat:UNDELIV err:21b Text:',
  'id:0012345678 sub:1 dlvrd:1 submit date:20211122030000 done date:20211122030100 stat:ACCEPTD err:nul text:Le 15 est',
  'ID: 77 STAT: EXPIRED ERR: 027 DONE_DATE: 2111220301',
  'stat=DELIVERED;id=3f2504e0-4f89-11d3-9a0c-0305e82c3301;err=0',
  'err:000 stat:REJECTD id:9 text:id:8 stat:DELIVRD',
  'Message 4711 DELIVRD',
  'id:1\0stat:BUFFRED\0',
  '',
];

const receipt = (text: string, dataCoding = 0): Buffer =>
  messagePdu({ text, dataCoding, tlvs: [tlv(0x001e, cstr('1234567')), tlv(0x0427, u8(2))] });

const OURS: readonly Buffer[] = [
  ...FIXTURES.map(({ bytes }) => bytes),
  ...FIXTURES.map(({ decoded }) => encodePdu(decoded)),
  ...RECEIPT_TEXTS.map((text) => receipt(text)),
  receipt(APPENDIX_B, 8),
  messagePdu({ text: Buffer.from(APPENDIX_B, 'utf16le').swap16().subarray(0, 254), dataCoding: 8 }),
  messagePdu({ text: Buffer.from('\x05\0\x03\x01\x02\x01ALERTE', 'latin1'), esmClass: 0x40 }),
  messagePdu({ text: '', esmClass: 0, tlvs: [tlv(0x0424, Buffer.from(APPENDIX_B))] }),
  messagePdu({ command: 4, text: 'ALERTE', destination: '33639980001', tlvs: [tlv(0x020c, u16(7))] }),
  dataPdu({ tlvs: [tlv(0x0424, Buffer.from(APPENDIX_B)), tlv(0x0423, Buffer.from([3, 0, 21]))] }),
];

const message = {
  service_type: 'CMT',
  source_addr_ton: 5,
  source_addr: 'ALERTE',
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: '33639980001',
  registered_delivery: 1,
  receipted_message_id: '4f2a',
  message_state: 2,
  user_message_reference: 7,
  source_subaddress: Buffer.from([1, 2, 3]),
};

/** Every PDU that the package knows, as it fills it, and the messages with fields and TLVs. */
const THEIRS: readonly Buffer[] = [
  ...Object.keys(smpp.commands).map((command) => new smpp.PDU(command, { sequence_number: 5 }).toBuffer()),
  ...['submit_sm', 'deliver_sm'].map((command) =>
    new smpp.PDU(command, { ...message, short_message: 'Composez le 0199000000', sequence_number: 6 }).toBuffer(),
  ),
  new smpp.PDU('data_sm', { ...message, message_payload: 'Composez le 0199000000', sequence_number: 7 }).toBuffer(),
  new smpp.PDU('bind_transceiver', { system_id: 'tocsin', password: 'secret', interface_version: 0x34 }).toBuffer(),
];

export const PDUS: readonly Buffer[] = [...OURS, ...THEIRS];
