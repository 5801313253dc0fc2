/**
 * Who calls: an API key of ours, or an access token of a provider that the identity file names. Both end as one Caller, so
 * that no rule behind this knows the difference. It grants nothing; that is rights.ts.
 */
import type { RequestHandler, Response } from 'express';
import { TocsinError } from '../errors.ts';
import { actingAs } from '../store/origin.ts';
import type { Caller } from './call.ts';
import type { ApiDeps } from './deps.ts';
import { LOOKS_LIKE_TOKEN } from './identity.ts';

type Credentials = Pick<ApiDeps, 'keys' | 'identity' | 'now'>;

const IDENTIFIED = Symbol('identified');

export const callerOf = (response: Response): Caller => response.locals.caller as Caller;

/** Calls `then` once it is known who calls: long before the reply, where that takes long or never ends. */
export function onIdentified(response: Response, then: () => void): void {
  response.once(IDENTIFIED, then);
}

export function authenticate(credentials: Credentials): RequestHandler {
  return async (request, response, next) => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      throw new TocsinError('unauthenticated', 'missing_key', 'Send an API key or a token: Authorization: Bearer …');
    }
    const caller = await identify(token, credentials);
    response.locals.caller = caller;
    response.emit(IDENTIFIED);
    actingAs(caller, next);
  };
}

async function identify(token: string, { keys, identity, now = Date.now }: Credentials): Promise<Caller> {
  if (identity !== undefined && LOOKS_LIKE_TOKEN.test(token)) {
    const { expiresMs, ...holder } = await identity.authenticate(token);
    const requireInForce = async () => {
      if (now() < expiresMs) return;
      throw new TocsinError('unauthenticated', 'expired_token', 'This token has expired');
    };
    return { ...holder, token, requireInForce };
  }
  const key = await keys.authenticate(token);
  return {
    actor: `key:${key.id}`,
    person: key.person,
    roles: [key.role],
    // An admin decides for all regions unless the key says otherwise; others for none.
    regions: key.regions ?? (key.role === 'admin' ? '*' : []),
    token,
    requireInForce: () => keys.requireInForce(token),
  };
}
