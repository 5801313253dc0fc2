/**
 * The public keys of one OpenID provider. They are read again after some minutes, beside the call that finds them old, and
 * when a token names a key that is not among them; a provider that does not answer leaves the last ones usable for a
 * bounded time. It decides nothing else.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { TocsinError } from '../errors.ts';

const LONGEST_REPLY_BYTES = 262_144;

export interface ProviderKeysOptions {
  readonly url: string;
  readonly refreshSeconds: number;
  readonly usableSeconds: number;
  readonly cooldownSeconds: number;
  readonly timeoutSeconds: number;
  readonly now?: () => number;
  /** Hears why keys could not be read; the last ones stay in use. */
  readonly onError?: (error: unknown) => void;
}

/** Keys that never change. */
export const fixedKeys = (keys: JSONWebKeySet): JWTVerifyGetKey => createLocalJWKSet(keys);

/** Keys by URL, for jose. Throws `unavailable` / `identity_unavailable` when there are none, or none recent enough. */
export function providerKeys(options: ProviderKeysOptions): JWTVerifyGetKey {
  const { url, refreshSeconds, usableSeconds, cooldownSeconds, timeoutSeconds, now = Date.now, onError } = options;
  let held: { keys: JWTVerifyGetKey; readMs: number } | undefined;
  let triedMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async () => {
    triedMs = now();
    try {
      held = { keys: createLocalJWKSet(await fetchKeys(url, timeoutSeconds * 1_000)), readMs: now() };
    } catch (error) {
      onError?.(error);
    }
  };
  /** One at a time, and not again before the cooldown is over: a flood of tokens must not become one of requests. */
  const readAgain = async (): Promise<void> => {
    if (reading === undefined && now() - triedMs < cooldownSeconds * 1_000) return;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
  };
  const isOlderThan = (seconds: number) => held === undefined || now() - held.readMs >= seconds * 1_000;
  const usable = (): JWTVerifyGetKey => {
    if (held !== undefined && !isOlderThan(usableSeconds)) return held.keys;
    throw new TocsinError('unavailable', 'identity_unavailable', 'The identity provider cannot be reached; try again');
  };
  return async (header, token) => {
    // A provider that hangs must hold nobody up whose keys can still be had.
    if (isOlderThan(usableSeconds)) await readAgain();
    else if (isOlderThan(refreshSeconds)) void readAgain();
    try {
      return await usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await readAgain();
      return usable()(header, token);
    }
  };
}

async function fetchKeys(url: string, timeoutMs: number): Promise<JSONWebKeySet> {
  // A redirect could lead to a host that nobody configured.
  const response = await fetch(url, {
    redirect: 'error',
    headers: { Accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error(`the keys' URL answers ${response.status}`);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > LONGEST_REPLY_BYTES) throw new Error("the keys' URL sends too much");
  }
  return JSON.parse(text) as JSONWebKeySet;
}
