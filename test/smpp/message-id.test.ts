import fc from 'fast-check';
import { IDENTITY_RULE, type MessageIdRule, normaliseMessageId } from '../../src/smpp/message-id.ts';

const rule = (parts: Partial<MessageIdRule>): MessageIdRule => ({ ...IDENTITY_RULE, ...parts });
const hex = rule({ base: 'hexToDecimal' });
const decimal = rule({ base: 'decimalToHex' });

describe('normaliseMessageId', () => {
  test('quirk 2: converts hex to decimal and decimal to hex', () => {
    expect(normaliseMessageId('4F2A', hex)).toBe('20266');
    expect(normaliseMessageId('4f2a', hex)).toBe('20266');
    expect(normaliseMessageId('0x4f2a', hex)).toBe('20266');
    expect(normaliseMessageId('20266', decimal)).toBe('4f2a');
  });

  test('quirk 3: folds leading zeros and case by the rule, and only then', () => {
    expect(normaliseMessageId('000004F2A', rule({ stripLeadingZeros: true }))).toBe('4F2A');
    expect(normaliseMessageId('000004F2A', rule({ caseFold: true }))).toBe('000004f2a');
    expect(normaliseMessageId('000004F2A', rule({ stripLeadingZeros: true, caseFold: true }))).toBe('4f2a');
    expect(normaliseMessageId('000', rule({ stripLeadingZeros: true }))).toBe('0');
    expect(normaliseMessageId('000004F2A', IDENTITY_RULE)).toBe('000004F2A');
    expect(normaliseMessageId('00004f2a', hex)).toBe('20266');
  });

  test('quirk 3: strips leading zeros only, and converts nothing that the rule does not name', () => {
    const stripping = rule({ stripLeadingZeros: true });
    expect(normaliseMessageId('4002000', stripping)).toBe('4002000');
    expect(normaliseMessageId('0020266', stripping)).toBe('20266');
    expect(normaliseMessageId('0020266', rule({ caseFold: true }))).toBe('0020266');
    expect(normaliseMessageId('0x4F2A', IDENTITY_RULE)).toBe('0x4F2A');
  });

  test('quirk 4: converts 64-bit ids exactly', () => {
    expect(normaliseMessageId('ffffffffffffffff', hex)).toBe('18446744073709551615');
    expect(normaliseMessageId('18446744073709551615', decimal)).toBe('ffffffffffffffff');
    expect(normaliseMessageId('9007199254740993', decimal)).toBe('20000000000001');
  });

  test('quirk 4: leaves UUIDs and other text as they are', () => {
    const uuid = '7d444840-9dc0-11d1-b245-5ffdce74fad2';
    for (const each of [hex, decimal, IDENTITY_RULE]) expect(normaliseMessageId(uuid, each)).toBe(uuid);
    expect(normaliseMessageId('', hex)).toBe('');
    expect(normaliseMessageId('9'.repeat(65), decimal)).toBe('9'.repeat(65));
  });

  test('any number comes back from hex and from decimal', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
        expect(normaliseMessageId(id.toString(16), hex)).toBe(id.toString());
        expect(normaliseMessageId(id.toString(), decimal)).toBe(id.toString(16));
      }),
    );
  });
});
