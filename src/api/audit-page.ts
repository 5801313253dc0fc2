/** Reads the audit log backwards, a page at a time; writing and checking it is the store's. */
import { type AuditEntry, auditKeys } from '../store/audit.ts';
import type { Store } from '../store/connection.ts';

/** An entry under its place in the stream. */
export type PlacedEntry = AuditEntry & { readonly id: string };

export async function auditPage(
  store: Store,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<PlacedEntry[]> {
  const from = before === undefined ? '+' : `(${before}`;
  const found = await store.redis.xrevrange(auditKeys(store).stream, from, '-', 'COUNT', limit);
  return found.map(([id, fields]) => ({ ...(JSON.parse(fields[1] ?? '{}') as AuditEntry), id }));
}
