import fc from 'fast-check';
import { DEFAULT_ALPHABET, EXTENSION_TABLE } from '../../src/sms/gsm7.ts';

export const basicChars = DEFAULT_ALPHABET.filter((char) => char !== '\x1b');
export const extensionChars = EXTENSION_TABLE.map(([char]) => char);

/** Any text of the default alphabet, with many extension characters. */
export const gsm7Text = (maxLength = 1200) =>
  fc.string({
    unit: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...basicChars) }, fc.constantFrom(...extensionChars)),
    maxLength,
  });

/** Any text without lone surrogates, with many pairs. */
export const unicodeText = (maxLength = 500) =>
  fc.string({
    unit: fc.oneof(fc.constantFrom('a', 'é', 'ê', 'ع', '😀', '👩🏽‍🚒', '한', 'e\u0301'), {
      weight: 3,
      arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    }),
    maxLength,
  });

/** The error a call throws, for assertions on its kind, code and faults. */
export function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('the call did not throw');
}
