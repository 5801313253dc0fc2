/**
 * The audit log: who did what, when. Each entry carries the hash of the one before it, so that a change or a gap shows.
 * Entries are only ever written together with the records they speak of (see records.ts).
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Store } from './connection.ts';

/** One act. `detail` never holds a recipient's number, a password or a key. */
export interface Act {
  /** Person or program: `key:<id>`, `cli:<user>`, `system`. */
  readonly actor: string;
  /** `notice.submit`, `broadcast.pause`, … */
  readonly action: string;
  /** What it was done to: `notice/<id>`. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends Act {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Hash of the previous entry, empty for the first. */
  readonly previous: string;
  readonly hash: string;
}

export const auditKeys = (store: Store) => ({
  stream: `${store.prefix}{rec}:audit`,
  head: `${store.prefix}{rec}:audit-head`,
});

const hashOf = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256')
    .update(canonicalize(entry) ?? '')
    .digest('hex');

/** The entry that follows `previous` in the chain. */
export function chain(act: Act, previous: string, at: string): AuditEntry {
  const { actor, action, subject, detail } = act;
  const body = { actor, action, subject, ...(detail === undefined ? {} : { detail }), at, previous };
  return { ...body, hash: hashOf(body) };
}

export async function* auditEntries(store: Store, pageSize = 500): AsyncGenerator<AuditEntry> {
  for (let start = '-'; ; ) {
    const page = await store.redis.xrange(auditKeys(store).stream, start, '+', 'COUNT', pageSize);
    for (const [, fields] of page) yield JSON.parse(fields[1] ?? '') as AuditEntry;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    start = `(${last[0]}`;
  }
}

/** Walks the whole chain; says where it breaks, if it does. */
export async function verifyAudit(store: Store): Promise<{ entries: number; brokenAt?: number }> {
  let previous = '';
  let entries = 0;
  for await (const { hash, ...body } of auditEntries(store)) {
    if (body.previous !== previous || hashOf(body) !== hash) return { entries, brokenAt: entries };
    previous = hash;
    entries += 1;
  }
  const head = (await store.redis.get(auditKeys(store).head)) ?? '';
  return head === previous ? { entries } : { entries, brokenAt: entries };
}
