/**
 * OpenID Connect: who a bearer token speaks for. It believes signed access tokens of the providers in the identity file
 * alone, and turns their claims into a person, roles and regions. It issues nothing and keeps no session.
 */
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { RegionScope } from '../directory/authorities.ts';
import { findRegion } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Grant, type Provider, REGION_MARK } from './identity-file.ts';
import { fixedKeys, providerKeys } from './provider-keys.ts';
import { allOf, type Granted, type Role } from './rights.ts';

/** What a token proved. */
export interface TokenHolder {
  /** `oidc:<provider>:<sub>`. */
  readonly actor: string;
  readonly person: string;
  readonly roles: readonly Role[];
  /** What the holder decides for, in any of the roles. */
  readonly regions: RegionScope;
  /** What in each. */
  readonly granted: Granted;
  readonly expiresMs: number;
}

const PERSON_MAX = 100;
/** Of what a claim may hold as a name: nothing that a screen or a log would not show as it is. */
const PERSON = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const SUBJECT = /^[\x21-\x7e]{1,255}$/;
const REQUIRED = ['iss', 'aud', 'sub', 'exp', 'iat'];
/** Like a signed JWT in its compact form (RFC 7515 §7.1). */
export const LOOKS_LIKE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

interface IdentityOptions {
  readonly providers: readonly Provider[];
  readonly log: Logger;
  readonly now?: () => number;
}

export class Identity {
  readonly #providers: ReadonlyMap<string, { provider: Provider; keys: JWTVerifyGetKey }>;
  readonly #now: () => number;
  readonly #log: Logger;

  constructor({ providers, log, now = Date.now }: IdentityOptions) {
    this.#now = now;
    this.#log = log.child({ component: 'identity' });
    this.#providers = new Map(
      providers.map((provider) => [provider.issuer, { provider, keys: this.#keysOf(provider) }]),
    );
  }

  /**
   * Throws `unauthenticated` / `invalid_token` in the same words whatever is wrong (the log knows), `forbidden` / `no_role`
   * when no claim grants anything, `unavailable` when the provider's keys cannot be had.
   */
  async authenticate(token: string): Promise<TokenHolder> {
    try {
      return await this.#verified(token);
    } catch (error) {
      if (error instanceof TocsinError) throw error;
      // Codes of the library and words of ours: never the token or a claim's value.
      const reason =
        error instanceof errors.JOSEError ? error.code : error instanceof Refused ? error.message : 'malformed';
      const claim =
        error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired
          ? error.claim
          : undefined;
      this.#log.info({ reason, claim }, 'token refused');
      throw new TocsinError('unauthenticated', 'invalid_token', 'This token is not accepted');
    }
  }

  async #verified(token: string): Promise<TokenHolder> {
    // Only to find whose keys to try; nothing of it is believed.
    const { provider, keys } = this.#providers.get(decodeJwt(token).iss ?? '') ?? refuse('unknown issuer');
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: provider.issuer,
      audience: provider.audience,
      algorithms: [...provider.algorithms],
      requiredClaims: REQUIRED,
      clockTolerance: provider.clockToleranceSeconds,
      maxTokenAge: provider.longestLifeSeconds,
      currentDate: new Date(this.#now()),
    });
    if (!provider.types.some((type) => typeOf(type) === typeOf(protectedHeader.typ))) refuse('wrong type');
    for (const [claim, value] of Object.entries(provider.requires)) {
      if (payload[claim] !== value) refuse('lacks a required value');
    }
    const { sub = '', exp = 0, iat = 0 } = payload;
    if (!SUBJECT.test(sub)) refuse('unusable subject');
    if (exp - iat > provider.longestLifeSeconds) refuse('lives too long');
    const person = claimAt(payload, provider.person);
    if (typeof person !== 'string' || person.trim() === '' || person.length > PERSON_MAX || !PERSON.test(person)) {
      refuse('names no person');
    }
    const granted = grantsOf(payload, provider.grants);
    if (granted.roles.length === 0) {
      throw new TocsinError('forbidden', 'no_role', 'This person has no role here');
    }
    return {
      actor: `oidc:${provider.id}:${sub}`,
      person: String(person),
      ...granted,
      expiresMs: (exp + provider.clockToleranceSeconds) * 1_000,
    };
  }

  #keysOf(provider: Provider): JWTVerifyGetKey {
    if ('keys' in provider.jwks) return fixedKeys(provider.jwks.keys);
    return providerKeys({
      ...provider,
      url: provider.jwks.url,
      now: this.#now,
      onError: (err) => this.#log.warn({ provider: provider.id, err }, "a provider's keys could not be read"),
    });
  }
}

/** A reason for the log. */
class Refused extends Error {}

function refuse(reason: string): never {
  throw new Refused(reason);
}

/** RFC 7515 §4.1.9: case is ignored and `application/` may be left out. */
const typeOf = (type: string | undefined): string | undefined => type?.toLowerCase().replace(/^application\//, '');

function claimAt(payload: JWTPayload, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A claim's values: a string, a list of strings, or `scope`, which parts them by spaces (RFC 8693 §4.2). */
function valuesAt(payload: JWTPayload, path: readonly string[]): string[] {
  const value = claimAt(payload, path);
  if (typeof value === 'string') return path.at(-1) === 'scope' ? value.split(' ') : [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The roles and regions that claims give: the sum of all grants. What names no region that there is gives nothing. */
export function grantsOf(
  payload: JWTPayload,
  grants: readonly Grant[],
): Pick<TokenHolder, 'roles' | 'regions' | 'granted'> {
  const granted = new Map<Role, RegionScope>();
  for (const grant of grants) {
    for (const value of valuesAt(payload, grant.claim)) {
      const scope = scopeOf(grant, value, payload);
      if (scope === undefined || (grant.role === 'approver' && scope.length === 0)) continue;
      granted.set(grant.role, allOf([granted.get(grant.role) ?? [], scope]));
    }
  }
  return { roles: [...granted.keys()], regions: allOf([...granted.values()]), granted: Object.fromEntries(granted) };
}

/** The regions that one value gives; undefined when the grant is not for it. */
function scopeOf(
  { value: wanted, role, regions }: Grant,
  value: string,
  payload: JWTPayload,
): readonly string[] | undefined {
  const [before = '', after] = wanted.split(REGION_MARK);
  if (after !== undefined) {
    if (value.length <= before.length + after.length || !value.startsWith(before) || !value.endsWith(after))
      return undefined;
    const code = value.slice(before.length, value.length - after.length);
    return findRegion(code) === undefined ? undefined : [code];
  }
  if (value !== wanted) return undefined;
  // An admin decides for all regions unless the grant says otherwise; others for none.
  if (regions === undefined) return role === 'admin' ? ['*'] : [];
  if (regions === '*') return ['*'];
  if (Array.isArray(regions)) return regions;
  return valuesAt(payload, regions.claim).filter((code) => findRegion(code) !== undefined);
}
