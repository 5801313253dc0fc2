/** Who acts, and when two names mean one person: a rule that takes two people must not be met by a capital letter. */

export interface Person {
  /** For the audit: `key:<id>`, `oidc:<provider>:<sub>` of a token, `cli:<user>`. */
  readonly actor: string;
  /** For the rule that nobody approves or verifies their own work, whatever the key. */
  readonly person: string;
}

/** Case, width and spaces make no other person. */
export function isSamePerson(one: string, other: string): boolean {
  return keyOf(one) === keyOf(other);
}

const keyOf = (person: string): string => person.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
