/**
 * Who and what a crisis cell reaches besides the public: webhooks, officials' phones, mailboxes, the pages that follow a
 * message up. They are tried by a second person on the same schedule as the numbers, since an address that is typed in a
 * crisis is mistyped (requirement R5). Addresses never go to the audit log.
 */
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import { parseMsisdn } from '../sms/msisdn.ts';
import type { Store } from '../store/connection.ts';
import { isSamePerson, type Person } from '../store/person.ts';
import { allRecords, Records, type Stored } from '../store/records.ts';
import type { Verification } from './alternative-numbers.ts';
import { isPlace } from './places.ts';
import { callFaults, type TestCall, withTestCall } from './test-calls.ts';

export const CONTACT_KINDS = ['webhook', 'phone', 'email', 'page'] as const;
export type ContactKind = (typeof CONTACT_KINDS)[number];

export interface ContactInput {
  /** What it is reached by: an https URL, a telephone number, a mail address. */
  readonly kind: ContactKind;
  readonly address: string;
  /** Who is reached, or who answers for it. */
  readonly owner: string;
  /** The place it is for: "35", "R53", "FR". */
  readonly region: string;
}

/** A contact that a file of settings names, whether or not anybody has entered it here. */
export interface ExpectedContact extends ContactInput {
  readonly id: string;
}

export interface Contact extends ContactInput {
  /** The person. */
  readonly enteredBy: string;
  readonly enteredAt: string;
  readonly verification?: Verification;
  readonly failedCall?: Verification;
}

const ID = /^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/;
const MAIL = /^[^\s@<>"(),;:\\]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i;
const MAX_ADDRESS = 500;
const MAX_OWNER = 100;
/** Without encryption to no other machine. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export class Contacts {
  readonly #records: Records<Contact>;
  readonly #now: () => number;
  readonly #expected: readonly ExpectedContact[];

  constructor({ store, now, expected }: { store: Store; now: () => number; expected: readonly ExpectedContact[] }) {
    this.#expected = expected;
    this.#records = new Records<Contact>(store, 'contact', { hidden: ['address'] });
    this.#now = now;
  }

  /** By id. */
  async list(): Promise<Stored<Contact>[]> {
    const all: Stored<Contact>[] = [];
    for await (const one of allRecords(this.#records)) if (one.value.address !== '') all.push(one);
    return all.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Those that settings name, at an address that is not here. */
  unknownAmong(held: readonly Stored<Contact>[]): ExpectedContact[] {
    const known = new Set(held.map(({ value: { kind, address } }) => `${kind} ${address}`));
    return this.#expected.filter(({ kind, address }) => !known.has(`${kind} ${address}`));
  }

  async find(id: string): Promise<Stored<Contact> | undefined> {
    const found = await this.#records.find(id);
    return found?.value.address === '' ? undefined : found;
  }

  /** Throws `unknown_contact`. */
  async get(id: string): Promise<Stored<Contact>> {
    const found = await this.find(id);
    if (found) return found;
    throw new TocsinError('not-found', 'unknown_contact', `There is no contact "${id}"`);
  }

  /** Enters or replaces a contact; an address that changes loses its verification. Throws `invalid_contact`. */
  async put(id: string, input: ContactInput, by: Person, ifVersion?: number): Promise<Stored<Contact>> {
    refuseFaults('invalid_contact', 'The contact is not in order', contactFaults(id, input));
    const held = await this.#records.find(id);
    if (ifVersion !== undefined && ifVersion !== (held?.version ?? 0)) {
      throw new TocsinError('precondition', 'version_mismatch', 'The contact was changed since it was read');
    }
    const { kind, owner, region } = input;
    const address = kind === 'phone' ? phoneOf(input.address) : input.address.trim();
    const same = held?.value.kind === kind && held.value.address === address ? held.value : undefined;
    const contact: Contact = {
      ...{ kind, address, region, owner: owner.trim() },
      enteredBy: same?.enteredBy ?? by.person,
      enteredAt: same?.enteredAt ?? new Date(this.#now()).toISOString(),
      ...(same?.verification ? { verification: same.verification } : {}),
      ...(same?.failedCall ? { failedCall: same.failedCall } : {}),
    };
    return this.#update(held ?? { id, version: 0 }, contact, by, 'contact.put', { kind, owner: contact.owner });
  }

  /** The address goes, the record of who removed it stays. */
  async remove(id: string, by: Person): Promise<void> {
    const held = await this.get(id);
    const { verification: _, failedCall: __, ...rest } = held.value;
    await this.#update(held, { ...rest, address: '' }, by, 'contact.remove', {});
  }

  /** Records that somebody tried the contact. Throws `own_entry`, `invalid_verification`, `unknown_contact`. */
  async recordVerification(id: string, call: TestCall, recordedBy: Person): Promise<Stored<Contact>> {
    const held = await this.get(id);
    const { enteredBy } = held.value;
    if (call.answered !== false && [call.by, recordedBy.person].some((person) => isSamePerson(person, enteredBy))) {
      throw new TocsinError('forbidden', 'own_entry', 'Who entered a contact cannot be who verifies it');
    }
    refuseFaults('invalid_verification', 'The verification is not in order', callFaults(call, held.value, this.#now()));
    const { by, at, answered = true } = call;
    return this.#update(held, withTestCall(held.value, call), recordedBy, 'contact.verify', { by, at, answered });
  }

  #update(
    held: { id: string; version: number },
    contact: Contact,
    { actor, person }: Person,
    action: string,
    detail: Record<string, unknown>,
  ): Promise<Stored<Contact>> {
    const act = { actor, action, subject: `contact/${held.id}`, detail: { person, ...detail } };
    return this.#records.update(held, contact, act);
  }
}

function contactFaults(id: string, { kind, address, owner, region }: ContactInput): Fault[] {
  const faults: Fault[] = [];
  const refuse = (at: string, message: string) => faults.push({ at, message });
  if (!ID.test(id)) refuse('/id', 'must be small letters, digits and dashes, 50 at most');
  if (!isPlace(region)) refuse('/region', `there is no region "${region}"`);
  if (owner.trim() === '' || owner.length > MAX_OWNER)
    refuse('/owner', `must name who is reached, in ${MAX_OWNER} characters at most`);
  if (address.length > MAX_ADDRESS) refuse('/address', `must have ${MAX_ADDRESS} characters at most`);
  else if (!isAddress(kind, address.trim())) refuse('/address', ADDRESS_OF[kind]);
  return faults;
}

const ADDRESS_OF: Readonly<Record<ContactKind, string>> = {
  webhook: 'must be an https URL without a user or password in it',
  page: 'must be an https URL without a user or password in it',
  phone: 'must be a telephone number, as 02 61 91 00 35 or +33261910035',
  email: 'must be a mail address',
};

function isAddress(kind: ContactKind, address: string): boolean {
  if (kind === 'phone') return parseMsisdn(address).ok;
  if (kind === 'email') return MAIL.test(address);
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  const secure = protocol === 'https:' || (kind === 'webhook' && protocol === 'http:' && LOOPBACK.test(hostname));
  return secure && username === '' && password === '';
}

function phoneOf(address: string): string {
  const parsed = parseMsisdn(address);
  return parsed.ok ? `+${parsed.msisdn}` : address;
}
