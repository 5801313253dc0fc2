import { foreseen, INTERNAL, problemHeaders, problemOf } from '../../src/api/problem.ts';
import { type ErrorKind, TocsinError } from '../../src/errors.ts';

describe('problem details', () => {
  test.each<[ErrorKind, number]>([
    ['invalid', 422],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['precondition', 412],
    ['too-large', 413],
    ['unavailable', 503],
  ])('an error of kind %s has status %i', (kind, status) => {
    expect(problemOf(new TocsinError(kind, 'some_code', 'why')).status).toBe(status);
  });

  test.each([
    ['malformed_json', 400],
    ['malformed_xml', 400],
    ['malformed_url', 400],
    ['malformed_encoding', 400],
    ['not_utf8', 400],
    ['incomplete_body', 400],
    ['invalid_query', 400],
    ['invalid_idempotency_key', 400],
    ['invalid_if_match', 400],
    ['method_not_allowed', 405],
    ['not_acceptable', 406],
    ['unsupported_media_type', 415],
    ['unsupported_content_encoding', 415],
    ['rate_limited', 429],
    ['idempotency_key_reused', 422],
  ])('the code %s has status %i', (code, status) => {
    expect(problemOf(new TocsinError('invalid', code, 'why')).status).toBe(status);
  });

  test.each([
    ['malformed_json', 'Malformed JSON'],
    ['stale_hash', 'Stale hash'],
  ])('the title of %s is %s', (code, title) => {
    expect(problemOf(new TocsinError('invalid', code, 'why')).title).toBe(title);
  });

  test('every member of RFC 9457 is there, with the code and all faults', () => {
    const faults = [
      { at: '/regions/0', message: 'is unknown' },
      { at: '/regions/3', message: 'is unknown' },
    ];
    expect(problemOf(new TocsinError('invalid', 'unknown_region', 'Two regions are unknown', { faults }))).toEqual({
      type: 'urn:tocsin:problem:unknown_region',
      title: 'Unknown region',
      status: 422,
      detail: 'Two regions are unknown',
      code: 'unknown_region',
      faults,
    });
  });

  test('a stale version is a failed precondition only when the caller named one', () => {
    const stale = new TocsinError('conflict', 'version_conflict', 'changed');
    expect(problemOf(stale, false).status).toBe(409);
    expect(problemOf(stale, true).status).toBe(412);
    expect(problemOf(new TocsinError('conflict', 'wrong_state', 'no'), true).status).toBe(409);
  });

  test('503 and 429 say when to come back, 401 how to authenticate', () => {
    const headers = (status: number, code = 'x') => problemHeaders({ status, code });
    expect(headers(503)).toEqual({ 'Retry-After': '2' });
    expect(headers(429)).toEqual({ 'Retry-After': '10' });
    expect(headers(401, 'missing_key')).toEqual({ 'WWW-Authenticate': 'Bearer realm="tocsin"' });
    expect(headers(422)).toEqual({});
  });

  test.each([
    [401, 'unknown_key', 'invalid_token'],
    [401, 'expired_key', 'invalid_token'],
    [401, 'invalid_token', 'invalid_token'],
    [403, 'role_not_allowed', 'insufficient_scope'],
    [403, 'no_role', 'insufficient_scope'],
  ])('a %d %s is the %s of RFC 6750 §3.1', (status, code, error) => {
    expect(problemHeaders({ status, code })).toEqual({ 'WWW-Authenticate': `Bearer realm="tocsin", error="${error}"` });
  });

  test('nobody is asked to authenticate again for what he may not do by his own rules', () => {
    expect(problemHeaders({ status: 403, code: 'own_submission' })).toEqual({});
    expect(problemHeaders({ status: 404, code: 'unknown_key' })).toEqual({});
  });

  test.each([
    'Connection is closed.',
    "Stream isn't writeable and enableOfflineQueue options is false",
    'Command timed out',
    'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'MISCONF Errors writing to the AOF file: No space left on device',
    'CLUSTERDOWN The cluster is down',
  ])('Redis saying "%s" is a store that cannot serve now', (message) => {
    expect(foreseen(new Error(message))).toMatchObject({ kind: 'unavailable', code: 'store_unavailable' });
  });

  test('a lost socket is a store that cannot serve now', () => {
    const lost = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(foreseen(lost)).toMatchObject({ code: 'store_unavailable' });
  });

  test.each([
    ['entity.too.large', 'body_too_large'],
    ['encoding.unsupported', 'unsupported_content_encoding'],
    ['request.aborted', 'incomplete_body'],
    ['request.size.invalid', 'incomplete_body'],
  ])('the body reader saying %s becomes %s', (type, code) => {
    expect(foreseen(Object.assign(new Error('x'), { type }))).toMatchObject({ code });
  });

  test('what nobody foresaw stays unforeseen, and tells nothing', () => {
    expect(foreseen(new TypeError('x is undefined'))).toBeUndefined();
    expect(foreseen('a string')).toBeUndefined();
    expect(INTERNAL).toMatchObject({ status: 500, code: 'internal_error', faults: [] });
  });
});
