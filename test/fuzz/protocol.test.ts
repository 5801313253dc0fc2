/** The short form of `npm run fuzz`: some thousand mutated inputs, other ones with each change of the seed below. */
import { framedInput } from './client-target.ts';
import { Finding, PROTOCOL_TARGETS } from './targets.ts';
import { cut, headerOf, isDeliverable } from './wire.ts';

const SEED = 20_261_122;
const INPUTS: Readonly<Record<string, number>> = {
  stream: 4_000,
  receipts: 2_000,
  client: 2_000,
  'client-raw': 60,
  simulator: 2_000,
  'simulator-raw': 60,
};

test.each(PROTOCOL_TARGETS)('mutated input breaks nothing: $name', async ({ name, run }) => {
  let seen = -1;
  await run(SEED, 0, INPUTS[name]!, (index) => {
    seen = index;
  });
  expect(seen).toBeGreaterThan(0);
});

describe('the fuzzer', () => {
  test('makes the same input again from seed and index', () => {
    expect(framedInput(1, 7, 99).equals(framedInput(1, 7, 99))).toBe(true);
    expect(framedInput(1, 7, 99).equals(framedInput(2, 7, 99))).toBe(false);
    expect(framedInput(1, 7, 99).equals(framedInput(1, 8, 99))).toBe(false);
  });

  test('makes PDUs of the length that they tell, of requests and responses', () => {
    const inputs = Array.from({ length: 500 }, (_, i) => framedInput(1, i, 50_000 + i));
    for (const input of inputs) expect(cut(input)).toBe('whole');
    expect(inputs.some((input) => headerOf(input).command >= 0x80000000)).toBe(true);
    expect(inputs.some((input) => [5, 0x103].includes(headerOf(input).command) && isDeliverable(input))).toBe(true);
    expect(inputs.some((input) => [5, 0x103].includes(headerOf(input).command) && !isDeliverable(input))).toBe(true);
  });

  test('names the input that is at fault', () => {
    expect(new Finding(7, 1, 'ff', 'it broke')).toMatchObject({ index: 7, count: 1, input: 'ff', message: 'it broke' });
  });
});
