/** Replies that many calls give: a record with its version, a page of a list. */
import type { Stored } from '../store/records.ts';
import type { Reply } from './call.ts';

/** A record as it is shown: its id and version beside its fields. */
export const shown = <T extends object>({ id, version, value }: Stored<T>) => ({ ...value, id, version });

export function record<T extends object>(stored: Stored<T>, location?: string): Reply<unknown> {
  const { version } = stored;
  return { kind: 'json', body: shown(stored), version, ...(location === undefined ? {} : { location }) };
}

export const json = (body: unknown): Reply<unknown> => ({ kind: 'json', body });

/** A page of `limit` items; a full one names the id that the next page starts after. */
export function page<T extends { readonly id: string }>(items: readonly T[], limit: number): Reply<unknown> {
  const last = items.length === limit ? items.at(-1) : undefined;
  return json({ items, ...(last === undefined ? {} : { next: last.id }) });
}
