/**
 * Anchors of the audit log: how far it was at some time, in a file outside the store. Whoever can write to the store
 * can write the whole log anew, and its chain of hashes is whole then; against an anchor it shows.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TocsinError } from '../errors.ts';
import { type Anchor, auditKeys } from './audit.ts';
import type { Store } from './connection.ts';

/** The log as it is now; undefined while it is empty. */
export async function currentAnchor(store: Store, atMs: number): Promise<Anchor | undefined> {
  const { stream, head } = auditKeys(store);
  // One step: a head and a length of two times would be no anchor.
  const [length, last] = (await store.redis.multi().xlen(stream).get(head).exec()) ?? [];
  const hash = last?.[1];
  return typeof hash === 'string'
    ? { at: new Date(atMs).toISOString(), entries: Number(length?.[1]), hash }
    : undefined;
}

/** One line of JSON an anchor, oldest first. Throws `invalid` / `bad_anchors` with the lines that are none. */
export async function readAnchors(file: string): Promise<Anchor[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const anchors = lines.map(parsed);
  const faults = anchors.flatMap((anchor, i) =>
    anchor === undefined ? [{ at: `line ${i + 1}`, message: 'is no anchor: {"at":…,"entries":…,"hash":…}' }] : [],
  );
  if (faults.length > 0) throw new TocsinError('invalid', 'bad_anchors', `${file} is no file of anchors`, { faults });
  return anchors.filter((anchor) => anchor !== undefined);
}

/** Adds the log as it is now to the file; says what it added: nothing where the log has not grown since the last one. */
export async function dropAnchor(store: Store, file: string, atMs: number): Promise<Anchor | undefined> {
  const anchor = await currentAnchor(store, atMs);
  if (anchor === undefined) return undefined;
  const last = (await readAnchors(file).catch(onlyIfMissing)).at(-1);
  if (last?.hash === anchor.hash && last.entries === anchor.entries) return undefined;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, `${JSON.stringify(anchor)}\n`, { mode: 0o600 });
  return anchor;
}

function onlyIfMissing(error: NodeJS.ErrnoException): Anchor[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function parsed(line: string): Anchor | undefined {
  try {
    const { at, entries, hash } = JSON.parse(line) as Partial<Anchor>;
    const isOne = typeof at === 'string' && Number.isSafeInteger(entries) && /^[0-9a-f]{64}$/.test(hash ?? '');
    return isOne ? { at, entries: entries!, hash: hash! } : undefined;
  } catch {
    return undefined;
  }
}
