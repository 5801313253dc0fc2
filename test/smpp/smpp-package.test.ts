/** The `smpp` package as an independent codec: its PDUs through ours, ours through it. */
import fc from 'fast-check';
import smpp from 'smpp';
import { COMMAND, STATUS, TLV } from '../../src/smpp/constants.ts';
import { readDeliver } from '../../src/smpp/deliver.ts';
import { writeDeliverReceipt, writeSubmitResp } from '../../src/smpp/fast-writers.ts';
import { decodePdu, encodePdu } from '../../src/smpp/pdu.ts';
import { readSubmit } from '../../src/smpp/submit-reader.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';

const octet = fc.integer({ min: 0, max: 255 });
const sequence = fc.integer({ min: 1, max: 0x7fffffff });
const latin = (maxLength: number) =>
  fc.array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const msisdn = fc
  .integer({ min: 1, max: 15 })
  .chain((digits) =>
    fc.double({ min: 0.1, max: 0.999, noNaN: true }).map((part) => Math.floor(part * 10 ** digits) || 1),
  );

/** esm_class without the UDHI bit, with which the package takes short_message apart. */
const esmClass = octet.map((value) => value & ~0x40);

const message = fc.record({
  service_type: latin(5),
  source_addr_ton: octet,
  source_addr_npi: octet,
  source_addr: latin(20),
  dest_addr_ton: octet,
  dest_addr_npi: octet,
  destination_addr: latin(20),
  esm_class: esmClass,
  protocol_id: octet,
  priority_flag: octet,
  schedule_delivery_time: fc.constant(''),
  validity_period: fc.constant(''),
  registered_delivery: octet,
  replace_if_present_flag: octet,
  data_coding: octet,
  sm_default_msg_id: octet,
  short_message: octets(254),
});

const tlvs = fc.record(
  {
    receipted_message_id: latin(64),
    message_state: octet,
    user_message_reference: fc.integer({ min: 0, max: 0xffff }),
    message_payload: octets(400),
    network_error_code: octets(3),
    qos_time_to_live: fc.integer({ min: 0, max: 0xffffffff }),
    source_subaddress: octets(20),
  },
  { requiredKeys: [] },
);

/** What the package decodes, with its wrapping of texts undone. */
function theirs(bytes: Buffer): Record<string, unknown> {
  const pdu: Record<string, unknown> = { ...new smpp.PDU(bytes) };
  for (const name of ['short_message', 'message_payload']) {
    const value = pdu[name] as { message: unknown } | undefined;
    if (value !== undefined) pdu[name] = value.message;
  }
  return pdu;
}

describe('against the smpp package', () => {
  test('the tables of numbers agree', () => {
    for (const [name, { id }] of Object.entries(smpp.commands)) {
      if (name in COMMAND) expect([name, COMMAND[name as keyof typeof COMMAND]]).toEqual([name, id]);
    }
    for (const [name, status] of Object.entries(STATUS)) {
      if (name in smpp.errors) expect([name, status]).toEqual([name, smpp.errors[name]]);
    }
    for (const [name, tag] of Object.entries(TLV)) {
      if (name in smpp.tlvs) expect([name, tag]).toEqual([name, smpp.tlvs[name]!.id]);
    }
  });

  test.each(['submit_sm', 'deliver_sm'] as const)('%s of the package is decoded to its fields', (command) => {
    fc.assert(
      fc.property(message, tlvs, sequence, (fields, options, sequence_number) => {
        const bytes = new smpp.PDU(command, { ...fields, ...options, sequence_number }).toBuffer();
        const pdu = decodePdu(bytes, 0, bytes.length);
        expect(pdu).toMatchObject({ ...fields, command: COMMAND[command], sequence: sequence_number });
        expect(pdu.tlvs).toEqual(options);
        expect(pdu.droppedTlvs).toBe(0);
      }),
    );
  });

  test.each(['submit_sm', 'deliver_sm'] as const)('%s of ours is decoded by the package to its fields', (command) => {
    // With data_coding 4 the package keeps octets as they are.
    fc.assert(
      fc.property(message, tlvs, sequence, (fields, options, number) => {
        const bytes = encodePdu({
          ...fields,
          data_coding: 4,
          command: COMMAND[command],
          sequence: number,
          tlvs: options,
        });
        expect(theirs(bytes)).toMatchObject({
          ...fields,
          ...options,
          data_coding: 4,
          command,
          sequence_number: number,
        });
      }),
    );
  });

  test('a submit_sm of the template is the one that the package makes', () => {
    fc.assert(
      fc.property(message, msisdn, sequence, (fields, recipient, sequence_number) => {
        const template = new SubmitTemplate({
          serviceType: fields.service_type,
          source: { address: fields.source_addr, ton: fields.source_addr_ton, npi: fields.source_addr_npi },
          destination: { ton: fields.dest_addr_ton, npi: fields.dest_addr_npi },
          esmClass: fields.esm_class,
          protocolId: fields.protocol_id,
          priority: fields.priority_flag,
          registeredDelivery: fields.registered_delivery,
          replaceIfPresent: fields.replace_if_present_flag,
          dataCoding: fields.data_coding,
          shortMessage: fields.short_message,
        });
        const out = Buffer.alloc(template.maxLength);
        const end = template.write(out, 0, sequence_number, recipient);
        const expected = new smpp.PDU('submit_sm', {
          ...fields,
          sm_default_msg_id: 0,
          destination_addr: String(recipient),
          sequence_number,
        });
        expect(out.subarray(0, end).toString('hex')).toBe(expected.toBuffer().toString('hex'));
      }),
    );
  });

  test('the lean readers find in the PDUs of the package what it wrote', () => {
    fc.assert(
      fc.property(message, tlvs, sequence, (fields, options, sequence_number) => {
        const submitBytes = new smpp.PDU('submit_sm', { ...fields, ...options, sequence_number }).toBuffer();
        const submit = readSubmit(submitBytes, 0, submitBytes.length);
        expect([submit.source, submit.destination, submit.sequence]).toEqual([
          fields.source_addr,
          fields.destination_addr,
          sequence_number,
        ]);
        expect(submit.shortMessage.equals(fields.short_message)).toBe(true);
        expect(submit).toMatchObject({
          esmClass: fields.esm_class,
          dataCoding: fields.data_coding,
          registeredDelivery: fields.registered_delivery,
        });
        const bytes = new smpp.PDU('deliver_sm', { ...fields, ...options, sequence_number }).toBuffer();
        const deliver = readDeliver(bytes, 0, bytes.length);
        expect([deliver.source, deliver.destination, deliver.sequence]).toEqual([
          fields.source_addr,
          fields.destination_addr,
          sequence_number,
        ]);
        expect([deliver.receiptedMessageId, deliver.messageState]).toEqual([
          options.receipted_message_id,
          options.message_state,
        ]);
        const text = options.message_payload?.length ? options.message_payload : fields.short_message;
        expect(deliver.text.equals(text)).toBe(true);
      }),
    );
  });

  test('the lean writers make PDUs that the package decodes', () => {
    fc.assert(
      fc.property(
        msisdn,
        latin(20),
        latin(300),
        latin(64),
        sequence,
        fc.boolean(),
        (source, destination, text, id, number, asPayload) => {
          const out = Buffer.alloc(2000);
          const receipt = {
            source,
            destination,
            text,
            asPayload,
            receiptedMessageId: id,
            messageState: 2,
            dataCoding: 3,
          };
          const written = theirs(out.subarray(0, writeDeliverReceipt(out, 0, number, receipt)));
          expect(written).toMatchObject({
            source_addr: String(source),
            destination_addr: destination,
            receipted_message_id: id,
            message_state: 2,
            esm_class: 4,
          });
          const long = (asPayload || text.length > 255) && text.length > 0;
          expect(String(long ? written.message_payload : written.short_message)).toBe(text);
          const response = theirs(out.subarray(0, writeSubmitResp(out, 0, number, 0, id)));
          expect(response).toMatchObject({ command: 'submit_sm_resp', message_id: id, sequence_number: number });
        },
      ),
    );
  });
});
