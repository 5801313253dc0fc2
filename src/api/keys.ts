/**
 * API keys: who calls, in which role, for which regions. Only a hash of the secret is kept: the secret is a long random
 * one, so a fast hash is enough. Refuses nothing by role; that is rights.ts.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { timeOf } from '../directory/alternative-numbers.ts';
import { requireRegions } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { Records, type Stored } from '../store/records.ts';
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
  revokedAt?: string;
  lastUsedAt?: string;
}

export interface NewKey {
  name: string;
  person: string;
  role: Role;
  regions?: string[] | '*';
  /** RFC 3339. */
  expiresAt?: string;
}

interface KeyRecord extends Omit<ApiKey, 'lastUsedAt'> {
  /** SHA-256 of the whole token, hex. */
  hash: string;
}

const TOKEN = /^tocsin_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** How long a process trusts what it read of a key: a revocation elsewhere is in force after that. */
const CACHE_MS = 2_000;
const CACHE_SIZE = 1_000;
const LAST_USED_EVERY_MS = 60_000;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
const records = (store: Store) => new Records<KeyRecord>(store, 'key');
const lastUsedKey = (store: Store) => `${store.prefix}{rec}:key-last-used`;

/** Makes a key and returns its secret, which is shown this once. Throws `invalid` / `regions_required` for an approver without regions. */
export async function createKey(
  store: Store,
  input: NewKey,
  actor: string,
  nowMs = Date.now(),
): Promise<{ key: ApiKey; secret: string }> {
  const { name, person, role, regions, expiresAt } = input;
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
  const id = randomBytes(6).toString('hex');
  const secret = `tocsin_${id}_${randomBytes(32).toString('base64url')}`;
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
  const detail = { name, person, role, ...(regions === undefined ? {} : { regions }) };
  await records(store).create(id, record, { actor, action: 'key.create', subject: `key/${id}`, detail });
  return { key: shown(record), secret };
}

export class Keys {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #cache = new Map<string, { readMs: number; record: Promise<Stored<KeyRecord> | undefined> }>();
  readonly #usedMs = new Map<string, number>();

  constructor({ store, now = Date.now }: { store: Store; now?: () => number }) {
    this.#store = store;
    this.#now = now;
  }

  create(input: NewKey, actor: string): Promise<{ key: ApiKey; secret: string }> {
    return createKey(this.#store, input, actor, this.#now());
  }

  /** Newest first. */
  async list(page: { limit?: number; before?: string } = {}): Promise<ApiKey[]> {
    const found = await records(this.#store).list(page);
    if (found.length === 0) return [];
    const used = await this.#store.redis.hmget(lastUsedKey(this.#store), ...found.map(({ id }) => id));
    return found.map(({ value }, i) => shown(value, used[i] ?? undefined));
  }

  /** Revoking twice changes nothing. In force here at once, in other processes within two seconds. */
  async revoke(id: string, actor: string): Promise<ApiKey> {
    const stored = await records(this.#store).get(id);
    if (stored.value.revokedAt !== undefined) return shown(stored.value);
    const value = { ...stored.value, revokedAt: new Date(this.#now()).toISOString() };
    await records(this.#store).update(stored, value, { actor, action: 'key.revoke', subject: `key/${id}` });
    this.#cache.delete(id);
    return shown(value);
  }

  /** The key behind a token. Throws `unauthenticated`, with the same words whether the id or the secret is wrong. */
  async authenticate(token: string): Promise<ApiKey> {
    const id = TOKEN.exec(token)?.[1];
    const record = id === undefined ? undefined : (await this.#read(id))?.value;
    const expected = Buffer.from(record?.hash ?? '0'.repeat(64), 'hex');
    if (!timingSafeEqual(hashOf(token), expected) || record === undefined) {
      throw new TocsinError('unauthenticated', 'unknown_key', 'This API key is not known');
    }
    this.#requireInForce(record);
    this.#noteUse(record.id);
    return shown(record);
  }

  /** Throws `unauthenticated` once the key is revoked or expired: for streams that outlive their request. */
  async requireInForce(id: string): Promise<void> {
    const record = (await this.#read(id))?.value;
    if (record === undefined) throw new TocsinError('unauthenticated', 'unknown_key', 'This API key is not known');
    this.#requireInForce(record);
  }

  #requireInForce({ revokedAt, expiresAt }: KeyRecord): void {
    if (revokedAt !== undefined) throw new TocsinError('unauthenticated', 'revoked_key', 'This API key was revoked');
    if (expiresAt !== undefined && Date.parse(expiresAt) <= this.#now()) {
      throw new TocsinError('unauthenticated', 'expired_key', 'This API key has expired');
    }
  }

  async #read(id: string): Promise<Stored<KeyRecord> | undefined> {
    const nowMs = this.#now();
    const cached = this.#cache.get(id);
    if (cached !== undefined && nowMs - cached.readMs < CACHE_MS) return cached.record;
    const record = records(this.#store).find(id);
    this.#cache.delete(id);
    this.#cache.set(id, { readMs: nowMs, record });
    // Ids that were guessed must not fill the memory: the oldest go.
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_SIZE) break;
      this.#cache.delete(oldest);
    }
    try {
      return await record;
    } catch (error) {
      this.#cache.delete(id);
      throw error;
    }
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

function shown({ hash: _hash, ...key }: KeyRecord, lastUsedAt?: string): ApiKey {
  return lastUsedAt === undefined ? key : { ...key, lastUsedAt };
}
