/** What an API key may be: the rules for making one. It knows no secret and no store. */
import { timeOf } from '../directory/alternative-numbers.ts';
import { mayDecide, type RegionScope } from '../directory/authorities.ts';
import { requireRegions } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import type { KeyPolicy } from './identity-file.ts';
import type { Role } from './rights.ts';

export interface NewKey {
  name: string;
  person: string;
  role: Role;
  regions?: string[] | '*';
  /** RFC 3339. */
  expiresAt?: string;
}

/** Throws `invalid`: regions_required, unknown_region, invalid_time, expired_key, unknown_person_form; and see `requireRole`. */
export function requireKey({ person, role, regions, expiresAt }: NewKey, policy: KeyPolicy, nowMs: number): void {
  if (role === 'approver' && (regions === undefined || regions.length === 0)) {
    const message = 'An approver decides for regions, and the key has none';
    const faults = [{ at: '/regions', message: 'name them by their codes, or give all' }];
    throw new TocsinError('invalid', 'regions_required', message, { faults });
  }
  if (Array.isArray(regions)) requireRegions(regions, '/regions');
  if (expiresAt !== undefined && timeOf(expiresAt) === undefined) {
    const message = 'The key needs an RFC 3339 time to expire at, such as 2027-01-31T18:00:00+01:00';
    throw new TocsinError('invalid', 'invalid_time', message, { faults: [{ at: '/expiresAt', message }] });
  }
  if (expiresAt !== undefined && Date.parse(expiresAt) <= nowMs) {
    const message = 'The key would have expired already';
    throw new TocsinError('invalid', 'expired_key', message, { faults: [{ at: '/expiresAt', message }] });
  }
  requireRole(role, policy);
  if (policy.person === undefined || policy.person.test(person)) return;
  // Under two names, one person could write with the key and approve with a token.
  const message = 'The key must name its person as the identity provider does';
  throw new TocsinError('invalid', 'unknown_person_form', message, { faults: [{ at: '/person', message }] });
}

/** Throws `forbidden` / `role_not_for_keys` where the identity file leaves the role to tokens. */
export function requireRole(role: Role, { roles }: KeyPolicy): void {
  if (roles === undefined || roles.includes(role)) return;
  throw new TocsinError('forbidden', 'role_not_for_keys', `No API key may be ${role} here: sign in instead`);
}

/**
 * Nobody hands out or takes away more than they hold: an admin of some regions makes, renews and revokes no key for others.
 * Throws `forbidden` / `wider_than_yours`.
 */
export function requireNotWider(holder: RegionScope, key: Pick<NewKey, 'role' | 'regions'>): void {
  const scope = key.regions ?? (key.role === 'admin' ? '*' : []);
  if (holder === '*' || (scope !== '*' && scope.every((region) => mayDecide(holder, region)))) return;
  const message = 'This key decides for more regions than you do';
  throw new TocsinError('forbidden', 'wider_than_yours', message, { faults: [{ at: '/regions', message }] });
}
