/** The two ways in, made from the identity file: API keys as it allows them, and the tokens of the providers it names. */
import type { Logger } from '../log.ts';
import type { Store } from '../store/connection.ts';
import type { ApiDeps } from './deps.ts';
import { Identity } from './identity.ts';
import { loadIdentityFile } from './identity-file.ts';
import { Keys } from './keys.ts';

/** Throws `invalid` / `bad_identity`. */
export async function loadCredentials(
  identityFile: string,
  { store, log, now }: { store: Store; log: Logger; now: () => number },
): Promise<Pick<ApiDeps, 'keys' | 'identity'>> {
  const { providers, keys: policy } = await loadIdentityFile(identityFile);
  const keys = new Keys({ store, now, policy });
  return providers.length === 0 ? { keys } : { keys, identity: new Identity({ providers, log, now }) };
}
