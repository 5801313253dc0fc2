/** Looks for entries of the audit log by who, what, to what and when. */
import { type AuditEntry, auditKeys, type PlacedEntry } from './audit.ts';
import type { Store } from './connection.ts';

export interface AuditFilter {
  /** `notice/<id>`; with a slash at its end all of a kind: `notice/`. */
  readonly subject?: string | undefined;
  /** `key:<id>`, `oidc:<provider>:<sub>`, `cli:<user>`, or a person's name. */
  readonly actor?: string | undefined;
  /** `notice.submit`; with a dot at its end all of a kind: `notice.`. */
  readonly action?: string | undefined;
  /** RFC 3339; the first that is wanted. */
  readonly since?: string | undefined;
  /** RFC 3339; the first that is not wanted any more. */
  readonly until?: string | undefined;
}

export function matches(entry: AuditEntry, { subject, actor, action, since, until }: AuditFilter): boolean {
  const at = Date.parse(entry.at);
  return (
    (subject === undefined ||
      entry.subject === subject ||
      (subject.endsWith('/') && entry.subject.startsWith(subject))) &&
    (action === undefined || entry.action === action || (action.endsWith('.') && entry.action.startsWith(action))) &&
    (actor === undefined || entry.actor === actor || entry.detail?.person === actor) &&
    (since === undefined || at >= Date.parse(since)) &&
    (until === undefined || at < Date.parse(until))
  );
}

/** Entries read for one page at most: a page of a rare thing may be short, and its `next` leads on. */
const MOST_READ = 20_000;
const READ_AT_ONCE = 500;

/**
 * The newest entries that match, and where the next page starts: `next` is absent at the log's beginning. `before` is the
 * place in the stream that an earlier page named.
 */
export async function auditPage(
  store: Store,
  { limit, before, ...filter }: AuditFilter & { readonly limit: number; readonly before?: string | undefined },
): Promise<{ items: PlacedEntry[]; next?: string }> {
  const items: PlacedEntry[] = [];
  let from = before;
  for (let read = 0; read < MOST_READ; read += READ_AT_ONCE) {
    const start = from === undefined ? '+' : `(${from}`;
    const page = await store.redis.xrevrange(auditKeys(store).stream, start, '-', 'COUNT', READ_AT_ONCE);
    for (const [id, fields] of page) {
      const entry = JSON.parse(fields[1] ?? '{}') as AuditEntry;
      from = id;
      if (matches(entry, filter)) items.push({ ...entry, id });
      if (items.length === limit) return { items, next: id };
    }
    if (page.length < READ_AT_ONCE) return { items };
  }
  return { items, ...(from === undefined ? {} : { next: from }) };
}
