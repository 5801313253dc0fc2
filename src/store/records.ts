/**
 * Small records as JSON with a version each (notices, keys, broadcasts, snapshots' descriptions). Every write names the
 * version it is based on and the act behind it; record and audit entry are written in one script or not at all.
 */
import { readFileSync } from 'node:fs';
import { TocsinError } from '../errors.ts';
import { type Act, auditKeys, chain } from './audit.ts';
import { type RecordChange, recordChange } from './audit-changes.ts';
import type { Store } from './connection.ts';
import { currentOrigin, currentPerson } from './origin.ts';
import { confirmed } from './replicas.ts';

const SCRIPT = readFileSync(new URL('./records.lua', import.meta.url), 'utf8');
/** The hash tag of all records. */
export const RECORDS_TAG = 'rec';
/** Writers that race for the audit chain try again; more rounds than this means something else is wrong. */
const MAX_CHAIN_ROUNDS = 100;

/** A record as it was read. `version` starts at 1 and becomes the ETag. */
export interface Stored<T> {
  readonly id: string;
  readonly version: number;
  readonly value: T;
}

/** A write not yet made: see `Records.put` and `commit`. */
export interface Change {
  readonly record: string;
  readonly index: string;
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly json: string;
  /** Fields whose values the audit log does not tell. */
  readonly hidden?: readonly string[] | undefined;
}

export class Records<T> {
  readonly #store: Store;
  readonly #hidden: readonly string[] | undefined;
  readonly kind: string;

  /** `hidden`: fields that hold secrets; of their changes the audit log tells the fact only. */
  constructor(store: Store, kind: string, { hidden }: { hidden?: readonly string[] } = {}) {
    this.#store = store;
    this.kind = kind;
    this.#hidden = hidden;
  }

  #key(id: string): string {
    return `${this.#store.prefix}{rec}:${this.kind}:${id}`;
  }

  get #index(): string {
    return `${this.#store.prefix}{rec}:${this.kind}`;
  }

  async find(id: string): Promise<Stored<T> | undefined> {
    const [version, json] = await this.#store.redis.hmget(this.#key(id), 'version', 'json');
    if (!version || !json) return undefined;
    return { id, version: Number(version), value: JSON.parse(json) as T };
  }

  /** Throws `not-found` with code `unknown_<kind>`. */
  async get(id: string): Promise<Stored<T>> {
    const found = await this.find(id);
    if (found) return found;
    throw new TocsinError('not-found', `unknown_${this.kind}`, `There is no ${this.kind} "${id}"`);
  }

  /** Newest first; `before` is the id after which the page starts. */
  async list({ limit = 100, before }: { limit?: number; before?: string } = {}): Promise<Stored<T>[]> {
    const { redis } = this.#store;
    const rank = before === undefined ? null : await redis.zrevrank(this.#index, before);
    const from = rank === null ? 0 : rank + 1;
    const ids = await redis.zrevrange(this.#index, from, from + limit - 1);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return found.filter((record) => record !== undefined);
  }

  /** Ids and versions, newest first: shows what has changed without reading it. */
  async versions(limit: number): Promise<{ id: string; version: number }[]> {
    const ids = await this.#store.redis.zrevrange(this.#index, 0, limit - 1);
    const versions = await Promise.all(ids.map((id) => this.#store.redis.hget(this.#key(id), 'version')));
    return ids.map((id, i) => ({ id, version: Number(versions[i] ?? 0) }));
  }

  /** The write that turns `current` into `value`; `version: 0` makes a new record. Takes effect by `commit`. */
  put(current: { id: string; version: number }, value: T): Change {
    const { id, version } = current;
    const place = { record: this.#key(id), index: this.#index, kind: this.kind, id };
    return { ...place, version, json: JSON.stringify(value), hidden: this.#hidden };
  }

  async create(id: string, value: T, act: Act): Promise<Stored<T>> {
    await commit(this.#store, act, [this.put({ id, version: 0 }, value)]);
    return { id, version: 1, value };
  }

  async update(current: { id: string; version: number }, value: T, act: Act): Promise<Stored<T>> {
    await commit(this.#store, act, [this.put(current, value)]);
    return { id: current.id, version: current.version + 1, value };
  }
}

const PAGE = 100;

/** Every record there is, newest first, read by pages. */
export async function* allRecords<T>(records: Pick<Records<T>, 'list'>, page = PAGE): AsyncGenerator<Stored<T>> {
  let before: string | undefined;
  for (;;) {
    const found = await records.list({ limit: page, ...(before === undefined ? {} : { before }) });
    yield* found;
    before = found.at(-1)?.id;
    if (found.length < page) return;
  }
}

/**
 * Writes all changes and their audit entry, or nothing. Throws `conflict` / `version_conflict` when one is stale, and
 * `unavailable` / `not_replicated` when they are written, but could be lost yet: who tries again must look first.
 */
export async function commit(store: Store, act: Act, changes: readonly Change[]): Promise<void> {
  const { stream, head } = auditKeys(store);
  const keys = [stream, head, ...changes.flatMap((change) => [change.record, change.index])];
  const person = currentPerson(act.actor);
  const detail = person === undefined ? {} : { detail: { person, ...act.detail } };
  const witnessed = { ...act, ...detail, from: currentOrigin(), changes: await told(store, changes) };
  for (let round = 0; round < MAX_CHAIN_ROUNDS; round += 1) {
    const previous = (await store.redis.get(head)) ?? '';
    const now = new Date();
    const entry = chain(witnessed, previous, now.toISOString());
    const writes = changes.flatMap(({ version, id, json }) => [String(version), id, json, String(now.getTime())]);
    const args = [previous, entry.hash, JSON.stringify(entry), String(changes.length), ...writes];
    const outcome = await confirmed(store, RECORDS_TAG, async () =>
      String(await store.redis.eval(SCRIPT, keys.length, ...keys, ...args)),
    );
    if (outcome === 'ok') return;
    if (outcome.startsWith('version:')) {
      const stale = changes[Number(outcome.slice('version:'.length))];
      const what = stale ? `${stale.kind} "${stale.id}"` : 'record';
      const message = stale?.version === 0 ? `The ${what} exists already` : `The ${what} was changed since it was read`;
      throw new TocsinError('conflict', 'version_conflict', message);
    }
  }
  throw new TocsinError('unavailable', 'audit_contended', 'The audit log is too busy; try again');
}

/** What the changes change. One that is based on another version than the store's is refused by the script. */
function told(store: Store, changes: readonly Change[]): Promise<RecordChange[]> {
  return Promise.all(
    changes.map(async ({ record, kind, id, version, json, hidden }) => {
      const held = version === 0 ? undefined : await store.redis.hget(record, 'json');
      const before = held ? (JSON.parse(held) as unknown) : undefined;
      return recordChange({ record: `${kind}/${id}`, version: version + 1 }, before, JSON.parse(json), hidden);
    }),
  );
}
