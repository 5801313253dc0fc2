/**
 * API keys: who calls, in which role, for which regions. Only a hash of the secret is kept: the secret is a long random
 * one, so a fast hash is enough. Every call reads its key, so a revocation is in force in every process at once.
 * Refuses nothing by role; that is rights.ts.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { Records } from '../store/records.ts';
import type { KeyPolicy } from './identity-file.ts';
import { type NewKey, requireKey, requireRole } from './key-rules.ts';
import type { Role } from './rights.ts';

/** A key as it is shown. `person` is who answers for what is done with it: nobody approves what they wrote. */
export interface ApiKey {
  id: string;
  name: string;
  person: string;
  role: Role;
  /** Regions the key decides for; needed for approvers. */
  regions?: string[] | '*';
  createdAt: string;
  expiresAt?: string;
  rotatedAt?: string;
  /** Until when the secret before the last rotation works too. */
  previousUntil?: string;
  revokedAt?: string;
  lastUsedAt?: string;
}

interface KeyRecord extends Omit<ApiKey, 'lastUsedAt'> {
  /** SHA-256 of the whole token, hex. */
  hash: string;
  previousHash?: string;
}

/** A key and its secret, which is shown this once. */
export interface MadeKey {
  key: ApiKey;
  secret: string;
}

const TOKEN = /^tocsin_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const LAST_USED_EVERY_MS = 60_000;
const NO_HASH = '0'.repeat(64);

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
const newSecret = (id: string): string => `tocsin_${id}_${randomBytes(32).toString('base64url')}`;
const records = (store: Store) => new Records<KeyRecord>(store, 'key', { hidden: ['hash', 'previousHash'] });
const lastUsedKey = (store: Store) => `${store.prefix}{rec}:key-last-used`;

/** Throws `invalid` for what a key cannot be: see `requireKey`. */
export async function createKey(
  store: Store,
  input: NewKey,
  actor: string,
  { nowMs = Date.now(), policy = {} }: { nowMs?: number; policy?: KeyPolicy } = {},
): Promise<MadeKey> {
  requireKey(input, policy, nowMs);
  const { name, person, role, regions, expiresAt } = input;
  const id = randomBytes(6).toString('hex');
  const secret = newSecret(id);
  const record: KeyRecord = {
    id,
    name,
    person,
    role,
    ...(regions === undefined ? {} : { regions }),
    createdAt: new Date(nowMs).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    hash: hashOf(secret).toString('hex'),
  };
  const granted = { ...(regions === undefined ? {} : { regions }), ...(expiresAt === undefined ? {} : { expiresAt }) };
  const detail = { name, holder: person, role, ...granted };
  await records(store).create(id, record, { actor, action: 'key.create', subject: `key/${id}`, detail });
  return { key: shown(record), secret };
}

export class Keys {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #policy: KeyPolicy;
  readonly #usedMs = new Map<string, number>();

  constructor({ store, now = Date.now, policy = {} }: { store: Store; now?: () => number; policy?: KeyPolicy }) {
    this.#store = store;
    this.#now = now;
    this.#policy = policy;
  }

  create(input: NewKey, actor: string): Promise<MadeKey> {
    return createKey(this.#store, input, actor, { nowMs: this.#now(), policy: this.#policy });
  }

  async get(id: string): Promise<ApiKey> {
    return shown((await records(this.#store).get(id)).value);
  }

  /** Newest first. */
  async list(page: { limit?: number; before?: string } = {}): Promise<ApiKey[]> {
    const found = await records(this.#store).list(page);
    if (found.length === 0) return [];
    const used = await this.#store.redis.hmget(lastUsedKey(this.#store), ...found.map(({ id }) => id));
    return found.map(({ value }, i) => shown(value, used[i] ?? undefined));
  }

  /**
   * A new secret for the same key: nothing else of it changes, not even when it expires. The secret before works for
   * `overlapSeconds` more, the one before that no longer. Throws `key_not_in_force`.
   */
  async rotate(id: string, overlapSeconds: number, actor: string): Promise<MadeKey> {
    const stored = await records(this.#store).get(id);
    if (faultOf(stored.value, this.#now()) !== undefined) {
      throw new TocsinError('conflict', 'key_not_in_force', 'A key that is revoked or expired gets no new secret');
    }
    const secret = newSecret(id);
    const { previousHash: _before, previousUntil: _until, ...kept } = stored.value;
    const overlap = {
      previousHash: kept.hash,
      previousUntil: new Date(this.#now() + overlapSeconds * 1_000).toISOString(),
    };
    const rotatedAt = new Date(this.#now()).toISOString();
    const value = { ...kept, ...(overlapSeconds > 0 ? overlap : {}), rotatedAt, hash: hashOf(secret).toString('hex') };
    const act = { actor, action: 'key.rotate', subject: `key/${id}`, detail: { holder: kept.person, overlapSeconds } };
    await records(this.#store).update(stored, value, act);
    return { key: shown(value), secret };
  }

  /** In force in every process at once, for both secrets of a rotation. Revoking twice changes nothing. */
  async revoke(id: string, actor: string): Promise<ApiKey> {
    const stored = await records(this.#store).get(id);
    if (stored.value.revokedAt !== undefined) return shown(stored.value);
    const value = { ...stored.value, revokedAt: new Date(this.#now()).toISOString() };
    await records(this.#store).update(stored, value, { actor, action: 'key.revoke', subject: `key/${id}` });
    return shown(value);
  }

  /** The key behind a token. Throws `unauthenticated`, with the same words whether the id or the secret is wrong. */
  async authenticate(token: string): Promise<ApiKey> {
    const record = await this.#inForce(token);
    requireRole(record.role, this.#policy);
    this.#noteUse(record.id);
    return shown(record);
  }

  /** Throws `unauthenticated` once the token no longer opens anything: for streams that outlive their request. */
  async requireInForce(token: string): Promise<void> {
    await this.#inForce(token);
  }

  async #inForce(token: string): Promise<KeyRecord> {
    const id = TOKEN.exec(token)?.[1];
    const record = id === undefined ? undefined : (await records(this.#store).find(id))?.value;
    const given = hashOf(token);
    // Both are compared whatever the first says, so that time tells nothing of which one it was.
    const isPresent = isHash(given, record?.hash);
    const isPrevious = isHash(given, record?.previousHash) && Date.parse(record?.previousUntil ?? '') > this.#now();
    if (record === undefined || !(isPresent || isPrevious)) {
      throw new TocsinError('unauthenticated', 'unknown_key', 'This API key is not known');
    }
    const fault = faultOf(record, this.#now());
    if (fault === 'revoked_key') throw new TocsinError('unauthenticated', fault, 'This API key was revoked');
    if (fault === 'expired_key') throw new TocsinError('unauthenticated', fault, 'This API key has expired');
    return record;
  }

  /** Not an act worth an audit entry, and not worth failing a call for. */
  #noteUse(id: string): void {
    const nowMs = this.#now();
    if (nowMs - (this.#usedMs.get(id) ?? 0) < LAST_USED_EVERY_MS) return;
    this.#usedMs.set(id, nowMs);
    this.#store.redis
      .hset(lastUsedKey(this.#store), id, new Date(nowMs).toISOString())
      .catch(() => this.#usedMs.delete(id));
  }
}

const isHash = (given: Buffer, hash: string | undefined): boolean =>
  timingSafeEqual(given, Buffer.from(hash ?? NO_HASH, 'hex')) && hash !== undefined;

function faultOf({ revokedAt, expiresAt }: KeyRecord, nowMs: number): 'revoked_key' | 'expired_key' | undefined {
  if (revokedAt !== undefined) return 'revoked_key';
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs ? 'expired_key' : undefined;
}

function shown({ hash: _hash, previousHash: _previous, ...key }: KeyRecord, lastUsedAt?: string): ApiKey {
  return lastUsedAt === undefined ? key : { ...key, lastUsedAt };
}
