/**
 * Idempotency-Key: a POST that is sent again gets the reply of the first, not a second effect. Only replies of calls that
 * took effect are kept, for 24 hours; a refused call had none, and frees its key. Keys are apart for each API key.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { shortenExpiry } from '../store/expiry.ts';

export const REPLY_KEPT_MS = 24 * 3_600_000;
/** A claim whose process died is free again after this; a living one renews it. */
const CLAIM_MS = 5_000;
const RENEW_EVERY_MS = 1_500;
const FORM = /^[\x21-\x7e]{1,255}$/;

/** A reply as it is kept and sent. */
export interface KeptReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

type Held = { state: 'running'; print: string } | { state: 'done'; print: string; sealed: string };

export interface Attempt {
  /** Id of the API key: the keys of two callers never meet. */
  caller: string;
  /** The caller's token: kept replies are sealed with it, since one of them holds a new key's secret. */
  token: string;
  key: string;
  /** What the call was: method, path, query and body; another one under the same key is refused. */
  print: string;
}

/** Takes the header's form: as it is, or as a quoted string (draft-ietf-httpapi-idempotency-key-header-07 §2.1). */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = header.replace(/^"(.*)"$/, '$1');
  if (FORM.test(key)) return key;
  throw new TocsinError(
    'invalid',
    'invalid_idempotency_key',
    'Idempotency-Key takes 1 to 255 visible ASCII characters',
    {
      faults: [{ at: 'header Idempotency-Key', message: 'Use a UUID' }],
    },
  );
}

export const printOf = (parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(String(part.length)).update(':').update(part);
  return hash.digest('hex');
};

/**
 * Runs `act` once for this key, or returns what it replied before.
 * Throws `idempotency_key_reused` (other request) or `idempotency_key_in_use` (still running).
 */
export async function once(
  store: Store,
  attempt: Attempt,
  act: () => Promise<KeptReply>,
): Promise<{ reply: KeptReply; replayed: boolean }> {
  const key = `${store.prefix}{idem}:${attempt.caller}:${printOf([attempt.key])}`;
  const running: Held = { state: 'running', print: attempt.print };
  const mine = JSON.stringify(running);
  if ((await store.redis.set(key, mine, 'PX', CLAIM_MS, 'NX')) === null) {
    const json = await store.redis.get(key);
    if (json !== null && (JSON.parse(json) as Held).state === 'running')
      await shortenExpiry(store.redis, key, CLAIM_MS);
    return { reply: replay(json, attempt), replayed: true };
  }
  const renewal = setInterval(() => {
    store.redis.pexpire(key, CLAIM_MS).catch(() => {});
  }, RENEW_EVERY_MS);
  try {
    const reply = await act();
    const held: Held = { state: 'done', print: attempt.print, sealed: seal(reply, attempt) };
    // The effect is there: a store that fails now must not turn the reply into an error.
    await store.redis.set(key, JSON.stringify(held), 'PX', REPLY_KEPT_MS).catch(() => {});
    return { reply, replayed: false };
  } catch (error) {
    await store.redis.del(key).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

function replay(json: string | null, attempt: Attempt): KeptReply {
  const held = json === null ? undefined : (JSON.parse(json) as Held);
  if (held !== undefined && held.print !== attempt.print) {
    throw new TocsinError('invalid', 'idempotency_key_reused', 'This Idempotency-Key was used for another request');
  }
  if (held?.state !== 'done') {
    throw new TocsinError(
      'conflict',
      'idempotency_key_in_use',
      'The first request with this Idempotency-Key is running',
    );
  }
  return unseal(held.sealed, attempt);
}

const sealingKey = ({ token, key }: Attempt): Buffer =>
  Buffer.from(hkdfSync('sha256', token, key, 'tocsin idempotency', 32));
const IV_BYTES = 12;
const TAG_BYTES = 16;

function seal(reply: KeptReply, attempt: Attempt): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(attempt), iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(reply), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
}

function unseal(sealed: string, attempt: Attempt): KeptReply {
  try {
    return opened(sealed, attempt);
  } catch (cause) {
    // The same caller, who signed in again or got a new secret since.
    const message = 'This request took effect already; its reply can only be read with the token it was sent with';
    throw new TocsinError('conflict', 'idempotency_reply_sealed', message, { cause });
  }
}

function opened(sealed: string, attempt: Attempt): KeptReply {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(attempt), bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as KeptReply;
}
