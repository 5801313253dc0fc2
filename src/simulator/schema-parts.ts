/** The small pieces that the behaviour's schema is made of: probabilities, ranges, statuses, sets of destinations. */
import { z } from 'zod';
import { STATUS, type StatusName } from '../smpp/constants.ts';

const DAY_MS = 86_400_000;

export const probability = z.number().min(0).max(1);
export const milliseconds = z
  .number()
  .min(0)
  .max(30 * DAY_MS);

/** Both ends in milliseconds; equal ends draw nothing from the seed. */
export const delay = z
  .strictObject({
    min: milliseconds.default(0).describe('shortest delay, in milliseconds'),
    max: milliseconds.default(0).describe('longest delay, in milliseconds'),
  })
  .refine((range) => range.min <= range.max, { message: 'min is above max', path: ['min'] });

const statusNames = Object.keys(STATUS) as [StatusName, ...StatusName[]];

/** A command_status, by its name in SMPP 3.4 or, for a vendor's own, as a number. */
export const status = z.union([z.enum(statusNames), z.number().int().min(0).max(0xffffffff)]);

export function statusNumber(value: z.infer<typeof status>): number {
  return typeof value === 'number' ? value : STATUS[value];
}

const digits = z.string().regex(/^\d{1,15}$/, 'must be 1 to 15 digits');

/** Fields that say which destinations a rule is for: all, unless a list or a suffix is given. */
export const whom = {
  destinations: z.array(digits).max(100_000).default([]).describe('only these destinations (E.164 digits)'),
  suffix: digits.nullable().default(null).describe('only destinations that end in these digits'),
};

interface Whom {
  destinations: readonly string[];
  suffix: string | null;
}

/** Turns the fields of `whom` into a test that is cheap enough for every submission. */
export function matcher(rule: Whom): (destination: number) => boolean {
  const listed = new Set(rule.destinations.map(Number));
  const modulus = rule.suffix === null ? 0 : 10 ** rule.suffix.length;
  const rest = Number(rule.suffix ?? 0);
  if (listed.size === 0 && modulus === 0) return () => true;
  return (destination) => listed.has(destination) || (modulus > 0 && destination % modulus === rest);
}
