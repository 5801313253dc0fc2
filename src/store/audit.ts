/**
 * The audit log: who did what, when, from where, and what it changed. Each entry carries the hash of the one before it, so
 * that a change or a gap shows. Entries are only ever written together with the records they speak of (see records.ts).
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { RecordChange } from './audit-changes.ts';
import type { Store } from './connection.ts';

/** One act. `detail` never holds a recipient's number, a password or a key. */
export interface Act {
  /** `key:<id>`, `oidc:<provider>:<sub>` of a token, `cli:<user>`, `system`. */
  readonly actor: string;
  /** `notice.submit`, `broadcast.pause`, … */
  readonly action: string;
  /** What it was done to: `notice/<id>`. */
  readonly subject: string;
  /** With the `person` behind a key or token, which the writing adds where the act does not say. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** An act with its circumstances, which the writing adds. */
export interface Witnessed extends Act {
  /** The client's address, or `host:<name>`. */
  readonly from?: string;
  readonly changes?: readonly RecordChange[];
}

export interface AuditEntry extends Witnessed {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Hash of the previous entry, empty for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** An entry under its place in the stream. */
export interface PlacedEntry extends AuditEntry {
  readonly id: string;
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
export function chain(act: Witnessed, previous: string, at: string): AuditEntry {
  const { actor, action, subject, detail, from, changes } = act;
  const body = {
    ...{ actor, action, subject },
    ...(detail === undefined ? {} : { detail }),
    ...(from === undefined ? {} : { from }),
    ...(changes === undefined || changes.length === 0 ? {} : { changes }),
    ...{ at, previous },
  };
  return { ...body, hash: hashOf(body) };
}

const PAGE = 500;

/** Every entry as it stands in the stream, oldest first: its place, and its JSON, which may have been tampered with. */
export async function* auditLines(store: Store, pageSize = PAGE): AsyncGenerator<{ id: string; json: string }> {
  for (let start = '-'; ; ) {
    const page = await store.redis.xrange(auditKeys(store).stream, start, '+', 'COUNT', pageSize);
    for (const [id, fields] of page) yield { id, json: fields[1] ?? '' };
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    start = `(${last[0]}`;
  }
}

export async function* auditEntries(store: Store, pageSize = PAGE): AsyncGenerator<AuditEntry> {
  for await (const { json } of auditLines(store, pageSize)) yield JSON.parse(json) as AuditEntry;
}

/** How far the log was at some time: `hash` is that of its last entry. */
export interface Anchor {
  /** RFC 3339. */
  readonly at: string;
  readonly entries: number;
  readonly hash: string;
}

export const BREAKS = {
  unreadable: 'the entry there is no JSON',
  altered: 'the entry there was altered: its hash does not fit',
  unchained: 'the entry there does not follow the one before it: one was removed, added or moved',
  cut_short: 'entries after it are gone, or were added by hand: the head of the chain is another',
  not_the_anchor: 'the entry before it is not the one that was anchored: the log was written anew',
  short_of_anchor: 'entries after it are gone: the log was longer when it was anchored',
} as const;

export interface AuditCheck {
  /** Entries that are in order. */
  readonly entries: number;
  /** Position (from 0) at which it breaks. */
  readonly brokenAt?: number;
  readonly why?: keyof typeof BREAKS;
  /** Place in the stream of the entry at that position. */
  readonly id?: string;
}

/**
 * Walks the whole log, in pages, and names the place of a break; it may be written to meanwhile. The chain says nothing
 * of one that was written anew as a whole, or cut short together with its head: anchors do, which lie outside the store.
 */
export async function verifyAudit(store: Store, anchors: readonly Anchor[] = []): Promise<AuditCheck> {
  let previous = '';
  let entries = 0;
  const broken = (why: keyof typeof BREAKS, id?: string): AuditCheck => ({
    ...{ entries, brokenAt: entries, why },
    ...(id === undefined ? {} : { id }),
  });
  const meetsAnchors = () => anchors.every((anchor) => anchor.entries !== entries || anchor.hash === previous);
  for await (const { id, json } of auditLines(store)) {
    const entry = parsed(json);
    if (entry === undefined) return broken('unreadable', id);
    const { hash, ...body } = entry;
    if (hashOf(body) !== hash) return broken('altered', id);
    if (body.previous !== previous) return broken('unchained', id);
    previous = hash;
    entries += 1;
    if (!meetsAnchors()) return broken('not_the_anchor', id);
  }
  if (!(await endsAtHead(store))) return broken('cut_short');
  if (anchors.some((anchor) => anchor.entries > entries)) return broken('short_of_anchor');
  return { entries };
}

/** Read in one step, since the log may grow while it is walked. */
async function endsAtHead(store: Store): Promise<boolean> {
  const { stream, head } = auditKeys(store);
  const [last, held] = (await store.redis.multi().xrevrange(stream, '+', '-', 'COUNT', 1).get(head).exec()) ?? [];
  const [newest] = (last?.[1] ?? []) as [id: string, fields: string[]][];
  return (parsed(newest?.[1][1] ?? '')?.hash ?? '') === (held?.[1] ?? '');
}

function parsed(json: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}
