import fc from 'fast-check';
import { CONCATENATION_UDH_OCTETS, concatenationUdh, encodeSegments } from '../../src/sms/encode.ts';
import { decodeGsm7Unpacked, fillBitsAfterUdh, packSeptets } from '../../src/sms/gsm7.ts';
import { segment } from '../../src/sms/segments.ts';
import { decodeUcs2 } from '../../src/sms/ucs2.ts';
import { errorOf, gsm7Text, unicodeText } from './texts.ts';

test('GSM 7-bit goes as data_coding 0, unpacked', () => {
  const { dataCoding, payloads } = encodeSegments(segment('@é€'));
  expect(dataCoding).toBe(0);
  expect(payloads).toEqual([Uint8Array.of(0x00, 0x05, 0x1b, 0x65)]);
});

test('UCS-2 goes as data_coding 8, big-endian', () => {
  const { dataCoding, payloads } = encodeSegments(segment('ê😀'));
  expect(dataCoding).toBe(8);
  expect(payloads).toEqual([Uint8Array.of(0x00, 0xea, 0xd8, 0x3d, 0xde, 0x00)]);
});

test('any text comes back from its payloads, each decoded alone, and each fits 140 octets on the air', () => {
  const anyText = fc.oneof(gsm7Text(), unicodeText()).filter((text) => text !== '');
  fc.assert(
    fc.property(anyText, (text) => {
      const { dataCoding, payloads } = encodeSegments(segment(text, { maxSegments: 255 }));
      const decode = dataCoding === 0 ? decodeGsm7Unpacked : decodeUcs2;
      expect(payloads.map((payload) => decode(payload)).join('')).toBe(text);

      const udhOctets = payloads.length > 1 ? CONCATENATION_UDH_OCTETS : 0;
      for (const payload of payloads) {
        const onAir = dataCoding === 0 ? packSeptets(payload, fillBitsAfterUdh(udhOctets)) : payload;
        expect(udhOctets + onAir.length).toBeLessThanOrEqual(140);
      }
    }),
  );
});

test('a concatenation header carries reference, total and index', () => {
  expect(concatenationUdh(0xab, 3, 1)).toEqual(Uint8Array.of(0x05, 0x00, 0x03, 0xab, 0x03, 0x01));
  expect(concatenationUdh(0, 255, 255)).toEqual(Uint8Array.of(5, 0, 3, 0, 255, 255));
});

test.each([
  [-1, 2, 1],
  [256, 2, 1],
  [0.5, 2, 1],
  [0, 256, 1],
  [0, 0, 0],
  [0, 2, 0],
  [0, 2, 3],
  [0, 2, Number.NaN],
])('no header for reference %d, total %d, index %d', (reference, total, index) => {
  expect(errorOf(() => concatenationUdh(reference, total, index))).toMatchObject({
    kind: 'invalid',
    code: 'bad_concatenation',
  });
});
