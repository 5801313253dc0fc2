/**
 * What was refused and matters: an approval or a launch that was denied, a right that is missing, a login that failed.
 * Into the audit log at a bounded rate, since whoever guesses keys must not fill the store; what was left out is counted.
 */
import { isIP } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { TocsinError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/connection.ts';
import { actingFrom } from '../store/origin.ts';
import { commit } from '../store/records.ts';
import type { Call, Caller } from './call.ts';

/** Entries a minute and process, of each of the two kinds: whoever guesses keys must not hide what others try. */
const A_MINUTE = 60;
/** Of these, for one client whose logins fail. */
const LOGINS_A_MINUTE = 5;
const MINUTE_MS = 60_000;

/** Calls whose refusal is worth an entry, whatever the reason; others' only where a right was missing. */
const WEIGHTY =
  /^(notices\.(submit|decide|launch|cancel)|broadcasts\.(pause|resume|cancel)|halt\.|keys\.|directory\.verify)/;
/** What the caller has to repeat, or wrote wrongly: no refusal of the act. */
const NO_REFUSAL: ReadonlySet<string> = new Set(['version_conflict', 'not_acceptable', 'unsupported_media_type']);

const KEY_ID = /^Bearer +tocsin_([0-9a-f]{12})_/i;

/** IPv4 as such, also where the socket speaks IPv6. */
const addressOf = (request: Request): string => (request.ip ?? 'unknown').replace(/^::ffff:/i, '');

/** All that a request does comes from the address of its client. */
export const originOfRequest: RequestHandler = (request, _response, next) => actingFrom(addressOf(request), next);

/** A request that was answered with `error`, as far as it had come. */
export function attemptOf(request: Request, response: Response, error: unknown): Attempt {
  const { id } = response.locals as { id?: unknown };
  return {
    error,
    call: response.locals.call as Call | undefined,
    caller: response.locals.caller as Caller | undefined,
    id: typeof id === 'string' ? id : undefined,
    from: addressOf(request),
    key: KEY_ID.exec(request.headers.authorization ?? '')?.[1]?.toLowerCase(),
  };
}

export interface Attempt {
  readonly error: unknown;
  readonly call: Call | undefined;
  readonly caller: Caller | undefined;
  /** The `:id` of the path. */
  readonly id: string | undefined;
  /** Address of the client. */
  readonly from: string;
  /** Id of the key that a failed login named: not a secret, and worth knowing of one that was revoked. */
  readonly key?: string | undefined;
}

export class AuditedRefusals {
  readonly #deps: { readonly store: Store; readonly log: Logger; readonly now?: (() => number) | undefined };
  #windowMs = 0;
  readonly #acts = { written: 0, leftOut: 0 };
  readonly #logins = { written: 0, leftOut: 0 };
  readonly #loginsOf = new Map<string, number>();

  constructor(deps: { store: Store; log: Logger; now?: (() => number) | undefined }) {
    this.#deps = deps;
  }

  /** Resolves when the entry stands, or when there is none to write. Never rejects: the refusal is answered in any case. */
  async note({ error, call, caller, id, from, key }: Attempt): Promise<void> {
    if (!(error instanceof TocsinError)) return;
    const failedLogin = error.kind === 'unauthenticated';
    if (failedLogin ? error.code === 'missing_key' : !isRefusal(error, call)) return;
    const budget = failedLogin ? this.#logins : this.#acts;
    if (!this.#hasRoom(budget, failedLogin ? from : undefined)) return;
    const { leftOut } = budget;
    budget.leftOut = 0;
    const detail = {
      ...(call === undefined ? {} : { call: call.right }),
      code: error.code,
      ...(caller === undefined ? {} : { person: caller.person }),
      ...(failedLogin && key !== undefined ? { key } : {}),
      ...(leftOut === 0 ? {} : { leftOut }),
    };
    const act = failedLogin
      ? { actor: 'nobody', action: 'login.refused', subject: `client/${isIP(from) ? from : 'unknown'}`, detail }
      : { actor: caller?.actor ?? 'nobody', action: 'act.refused', subject: subjectOf(call, id), detail };
    try {
      await commit(this.#deps.store, act, []);
    } catch (err) {
      budget.leftOut += leftOut + 1;
      this.#deps.log.warn({ component: 'http', err }, 'a refusal is not in the audit log');
    }
  }

  #hasRoom(budget: { written: number; leftOut: number }, client: string | undefined): boolean {
    const nowMs = (this.#deps.now ?? Date.now)();
    if (nowMs - this.#windowMs >= MINUTE_MS || nowMs < this.#windowMs) {
      this.#windowMs = nowMs;
      this.#acts.written = 0;
      this.#logins.written = 0;
      this.#loginsOf.clear();
    }
    // By network for IPv6, as the limits: one client has as many addresses as it likes.
    const key = client === undefined ? undefined : ipKeyGenerator(client);
    const logins = key === undefined ? 0 : (this.#loginsOf.get(key) ?? 0);
    if (budget.written >= A_MINUTE || logins >= LOGINS_A_MINUTE) {
      budget.leftOut += 1;
      return false;
    }
    budget.written += 1;
    if (key !== undefined) this.#loginsOf.set(key, logins + 1);
    return true;
  }
}

function isRefusal({ kind, code }: TocsinError, call: Call | undefined): boolean {
  if (call === undefined || kind === 'unavailable' || kind === 'not-found' || NO_REFUSAL.has(code)) return false;
  return kind === 'forbidden' || WEIGHTY.test(call.right);
}

/** `notice/<id>`: as the acts that were done to it. The path says which; ids that are none of ours are not repeated. */
function subjectOf(call: Call | undefined, id: string | undefined): string {
  const kind = (call?.path.split('/')[2] ?? 'call').replace(/s$/, '');
  return id !== undefined && /^[A-Za-z0-9_-]{1,40}$/.test(id) ? `${kind}/${id}` : kind;
}
