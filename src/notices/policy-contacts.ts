/** Whom the approvals file wants told: they stand in the report of what nobody has tried lately (requirement R5). */
import { findAuthority } from '../directory/authorities.ts';
import type { ExpectedContact } from '../directory/contacts.ts';
import { NATIONAL } from '../directory/places.ts';
import type { ApprovalPolicy, PolicyPerson } from './policy.ts';

/** Telephones of people, and webhooks where the policy was read with them. */
export function policyContacts({ people, webhooks }: ApprovalPolicy): ExpectedContact[] {
  const phones = people.flatMap((person): ExpectedContact[] => {
    if (person.msisdn === undefined) return [];
    const { id, person: owner } = person;
    return [{ id, kind: 'phone', address: `+${person.msisdn}`, owner, region: placeOf(person) }];
  });
  const hooks = webhooks.map(
    ({ id, url }): ExpectedContact => ({ id, kind: 'webhook', address: url, owner: id, region: NATIONAL }),
  );
  return [...phones, ...hooks];
}

/** The département of who acts for one prefecture alone. */
function placeOf({ authorities, deputyFor }: PolicyPerson): string {
  const [first, ...others] = [...new Set([...authorities, ...deputyFor])];
  const regions = first === undefined || others.length > 0 ? '*' : (findAuthority(first)?.regions ?? '*');
  return regions === '*' ? NATIONAL : (regions[0] ?? NATIONAL);
}
