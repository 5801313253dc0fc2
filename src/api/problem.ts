/**
 * Errors on the wire: RFC 9457 problem details, and the only place that knows HTTP statuses. A kind has a status; a few
 * codes of HTTP's own have another. What is not foreseen is a 500 that tells nothing of the inside.
 */
import { type ErrorKind, type Fault, TocsinError } from '../errors.ts';

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  precondition: 412,
  'too-large': 413,
  unavailable: 503,
};

/** Codes that HTTP gives a status of its own (RFC 9110 §15.5, RFC 6585 §4). */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  malformed_json: 400,
  too_deep: 400,
  malformed_xml: 400,
  malformed_url: 400,
  malformed_encoding: 400,
  not_utf8: 400,
  incomplete_body: 400,
  invalid_query: 400,
  invalid_idempotency_key: 400,
  invalid_if_match: 400,
  method_not_allowed: 405,
  not_acceptable: 406,
  unsupported_media_type: 415,
  unsupported_content_encoding: 415,
  body_too_slow: 408,
  rate_limited: 429,
};

const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 10, 503: 2 };

/** RFC 9457 §3.1, with the extension members `code` and `faults`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  faults: readonly Fault[];
  /** Names this occurrence: the request id, as in the logs. */
  instance?: string;
}

export function problemOf(error: TocsinError, conditional = false): Problem {
  const { code, message, faults } = error;
  // The caller named a version by If-Match: that it is stale is a failed precondition, not a mere conflict (RFC 9110 §13.1.1).
  const status =
    conditional && code === 'version_conflict' ? 412 : (STATUS_OF_CODE[code] ?? STATUS_OF_KIND[error.kind]);
  return { type: `urn:tocsin:problem:${code}`, title: titleOf(code), status, detail: message, code, faults };
}

export const INTERNAL: Problem = {
  type: 'urn:tocsin:problem:internal_error',
  title: titleOf('internal_error'),
  status: 500,
  detail: 'Something went wrong inside; the log has it under the id of this request',
  code: 'internal_error',
  faults: [],
};

/** Codes that RFC 6750 §3.1 has an error of its own for; a request without any token gets none. */
const BEARER_ERROR: Readonly<Record<string, string>> = {
  ...{
    invalid_token: 'invalid_token',
    unknown_key: 'invalid_token',
    revoked_key: 'invalid_token',
    expired_key: 'invalid_token',
  },
  ...{ role_not_allowed: 'insufficient_scope', no_role: 'insufficient_scope' },
};

/** Headers that go with a problem: RFC 9110 §10.2.3 and §11.6.1, RFC 6750 §3. */
export function problemHeaders({ status, code }: Pick<Problem, 'status' | 'code'>): Record<string, string> {
  const retryAfter = RETRY_AFTER_SECONDS[status];
  const error = status === 401 || status === 403 ? BEARER_ERROR[code] : undefined;
  const challenge = `Bearer realm="tocsin"${error === undefined ? '' : `, error="${error}"`}`;
  return {
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(status === 401 || error !== undefined ? { 'WWW-Authenticate': challenge } : {}),
  };
}

/** What Redis says when it cannot serve now: gone, starting, full, or handing over. */
const STORE_GONE =
  /^(Connection is closed|Stream isn't writeable|Command timed out|Reached the max retries|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|Too many Cluster redirections|Cluster isn't ready|Cluster is ended|Failed to refresh slots cache|None of startup nodes)/;
const SOCKET_GONE = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|NR_CLOSED)/;

/** Turns what libraries throw into our own error; undefined when nobody foresaw it. */
export function foreseen(error: unknown): TocsinError | undefined {
  if (error instanceof TocsinError) return error;
  if (!(error instanceof Error)) return undefined;
  const { type, code, status } = error as Error & { type?: string; code?: string; status?: number };
  if (STORE_GONE.test(error.message) || (code !== undefined && SOCKET_GONE.test(code) && type === undefined)) {
    return new TocsinError('unavailable', 'store_unavailable', 'The store cannot be reached; try again', {
      cause: error,
    });
  }
  if (type === 'entity.too.large') return new TocsinError('too-large', 'body_too_large', 'The body is too large');
  if (type === 'encoding.unsupported') {
    return new TocsinError('invalid', 'unsupported_content_encoding', 'Send the body plain or with gzip');
  }
  if (type === 'request.aborted' || type === 'request.size.invalid') {
    return new TocsinError('invalid', 'incomplete_body', 'The body ended before its announced length');
  }
  if (error instanceof URIError)
    return new TocsinError('invalid', 'malformed_url', 'The path is not valid URL encoding');
  if (status === 400) return new TocsinError('invalid', 'malformed_encoding', 'The body could not be decompressed');
  return undefined;
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ').replace(/\b(json|xml|url|msisdn)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
