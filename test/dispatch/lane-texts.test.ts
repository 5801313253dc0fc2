import type { Lane } from '../../src/broadcasts/broadcast.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { absoluteTime, laneTemplates, partsOnWire } from '../../src/dispatch/lane-texts.ts';
import { decodePdu } from '../../src/smpp/pdu.ts';
import { aRoute } from '../broadcasts/builders.ts';
import { aBroadcast, aLane } from './builders.ts';
import { LONG_TEXT, SHORT_TEXT } from './harness.ts';

/** The PDUs as an SMSC reads them. */
function decoded(lane: Lane, route: Route, broadcast = aBroadcast()) {
  return laneTemplates(broadcast, lane, route).map((template) => {
    const out = Buffer.alloc(template.maxLength);
    const end = template.write(out, 0, 1, 999_000_000_001);
    return decodePdu(out, 0, end);
  });
}

const headerOf = (pdu: { short_message?: unknown }) => [...Buffer.from(pdu.short_message as Uint8Array).subarray(0, 6)];

describe('the validity period', () => {
  test('is absolute, in UTC, as SMPP 3.4 §7.1.1.1 writes it', () => {
    expect(absoluteTime(Date.UTC(2026, 0, 5, 4, 3, 2))).toBe('260105040302000+');
    expect(absoluteTime(Date.UTC(2026, 11, 31, 23, 59, 59))).toBe('261231235959000+');
  });

  test('R12: never goes past the expiry of the notice, not by a part of a second either', () => {
    expect(absoluteTime(Date.UTC(2026, 0, 5, 4, 3, 2, 999))).toBe('260105040302000+');
    const expires = '2026-01-15T18:00:00.750+01:00';
    const [pdu] = decoded(aLane(SHORT_TEXT), aRoute(), aBroadcast({ expires }));
    expect(pdu?.validity_period).toBe('260115170000000+');
  });
});

describe('the submissions of a lane', () => {
  test('carry sender, destination and alphabet by the route', () => {
    const route = aRoute({ sender: { address: '38000', ton: 3, npi: 1 }, destination: { ton: 1, npi: 1 } });
    expect(decoded(aLane(SHORT_TEXT), route)).toMatchObject([
      {
        source_addr: '38000',
        source_addr_ton: 3,
        source_addr_npi: 1,
        destination_addr: '999000000001',
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        data_coding: 0,
        esm_class: 0,
        registered_delivery: 1,
      },
    ]);
  });

  test('are UCS-2 where the text needs it', () => {
    const [pdu] = decoded(aLane('Diwall: pellgomz ñ ŵ'), aRoute());
    expect(pdu?.data_coding).toBe(8);
    expect(new TextDecoder('utf-16be').decode(pdu?.short_message as Uint8Array)).toBe('Diwall: pellgomz ñ ŵ');
  });

  test('have a header that tells the parts of one text: same reference, total, number', () => {
    const [first, second] = decoded(aLane(LONG_TEXT), aRoute());
    const [one, two] = [headerOf(first!), headerOf(second!)];
    expect(one).toEqual([5, 0, 3, one[3], 2, 1]);
    expect(two).toEqual([5, 0, 3, one[3], 2, 2]);
    expect([first?.esm_class, second?.esm_class]).toEqual([0x40, 0x40]);
  });

  test('have another reference for another text to the same telephone, and the same again when sent again', () => {
    const reference = (no: number, lane: number) =>
      headerOf(decoded(aLane(LONG_TEXT, { no: lane }), aRoute(), aBroadcast({ no }))[0]!)[3];
    const references = Array.from({ length: 200 }, (_, no) => reference(no + 1, 0));
    expect(new Set(references).size).toBe(200);
    expect(reference(7, 3)).toBe(reference(7, 3));
  });

  test('have SAR TLVs where the route says so', () => {
    const parts = decoded(aLane(LONG_TEXT), aRoute({ concatenation: 'sar' }));
    expect(parts.map(({ tlvs }) => tlvs)).toMatchObject([
      { sar_total_segments: 2, sar_segment_seqnum: 1 },
      { sar_total_segments: 2, sar_segment_seqnum: 2 },
    ]);
    expect(parts[0]!.tlvs.sar_msg_ref_num).toBe(parts[1]!.tlvs.sar_msg_ref_num);
  });

  test('are one with all its octets where the route takes long texts whole', () => {
    const route = aRoute({ concatenation: 'payload' });
    const [pdu, ...more] = decoded(aLane(LONG_TEXT), route);
    expect(more).toEqual([]);
    expect(pdu?.registered_delivery).toBe(1);
    expect(pdu).toMatchObject({ short_message: Buffer.alloc(0), tlvs: { message_payload: expect.anything() } });
    expect(partsOnWire(aLane(LONG_TEXT), route)).toBe(1);
    expect(partsOnWire(aLane(LONG_TEXT), aRoute())).toBe(2);
  });

  test.each([
    ['each segment', { segments: 'each' }, [1, 1]],
    ['the last, and of failures of the others', { segments: 'last' }, [2, 1]],
    ['the first, and of failures of the others', { segments: 'first' }, [1, 2]],
    ['the last alone', { segments: 'last', otherSegments: 'none' }, [0, 1]],
    ['the first alone', { segments: 'first', otherSegments: 'none' }, [1, 0]],
  ] as const)('ask for a receipt of %s', (_which, receipts, wanted) => {
    const parts = decoded(aLane(LONG_TEXT), aRoute({ receipts }));
    expect(parts.map(({ registered_delivery }) => registered_delivery)).toEqual(wanted);
  });

  test.each(['last', 'first'] as const)('ask for the receipt of a single segment, under %s too', (segments) => {
    expect(decoded(aLane(SHORT_TEXT), aRoute({ receipts: { segments } }))[0]?.registered_delivery).toBe(1);
  });

  test('are cut anew where the route sends all as UCS-2', () => {
    const route = aRoute({ alphabet: 'ucs2' });
    const text = 'Composez le 02 61 91 00 35 si personne ne repond au 15. '.repeat(2).trim();
    const parts = decoded(aLane(text), route);
    expect(parts.map(({ data_coding }) => data_coding)).toEqual([8, 8]);
    expect(partsOnWire(aLane(text), route)).toBe(2);
    expect(partsOnWire(aLane(text), aRoute())).toBe(1);
    const octets = parts.map(({ short_message }) => Buffer.from(short_message as Uint8Array).subarray(6));
    expect(new TextDecoder('utf-16be').decode(Buffer.concat(octets))).toBe(text);
  });
});

describe('R10', () => {
  test('a text whose hash is not the approved one is refused, and the error does not repeat it', () => {
    const lane = aLane(SHORT_TEXT);
    const changed = { ...lane, rendering: { ...lane.rendering, text: SHORT_TEXT.replace('35', '36') } };
    const refused = () => laneTemplates(aBroadcast(), changed, aRoute());
    expect(refused).toThrow(expect.objectContaining({ code: 'text_not_approved' }));
    expect(refused).not.toThrow(/Appelez/);
  });
});
