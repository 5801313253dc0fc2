/** What a test call of a number or a contact looks like, and who may record it for a place. */
import { z } from 'zod';
import { mayDecide, type RegionScope } from '../directory/authorities.ts';
import { departementsOf } from '../directory/places.ts';
import { requireRegion } from './rights.ts';
import { time } from './schemas.ts';

export const testCallBody = z.strictObject({
  at: time.describe('when the test call was made'),
  answered: z.boolean().optional().describe('false when nobody, or not who should, answered; default: true'),
  note: z.string().min(1).max(500).optional(),
});

/** Who decides for every département of a place decides for it. Throws `outside_jurisdiction`. */
export function requirePlace(scope: RegionScope, place: string): void {
  const inside = departementsOf(place);
  if (inside.length > 0 && inside.every((code) => mayDecide(scope, code))) return;
  requireRegion(scope, place);
}
