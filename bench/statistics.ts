/** What several rounds come to: the median with its smallest and largest value. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws on an empty list: nothing measured is no figure. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is nothing to take a median of');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Rounded to `digits` decimals, as a number. */
export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));

/** `{name: median, nameMin, nameMax}`, rounded: how the JSON holds a spread. */
export function named<K extends string>(
  name: K,
  { median, min, max }: Spread,
  digits = 0,
): Record<K | `${K}Min` | `${K}Max`, number> {
  const entries = { [name]: median, [`${name}Min`]: min, [`${name}Max`]: max };
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, rounded(value, digits)])) as Record<
    K | `${K}Min` | `${K}Max`,
    number
  >;
}
