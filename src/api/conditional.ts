/** Versions on the wire: a record's version is its ETag, and If-Match names the version a change is based on (RFC 9110 §13.1.1). */
import { TocsinError } from '../errors.ts';

const TAG = /^"(\d{1,15})(?:-[a-z]+)?"$/;

/** A strong ETag differs by representation (RFC 9110 §8.8.3): `"3"` for JSON, `"3-cap"` for CAP. */
export function etagOf(version: number, representation?: string): string {
  return representation === undefined ? `"${version}"` : `"${version}-${representation}"`;
}

/** The version that If-Match names; undefined without the header or with `*`. Throws `etag_mismatch` for a tag that no record can have. */
export function ifVersion(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  if (header.includes(',')) {
    throw new TocsinError('invalid', 'invalid_if_match', 'If-Match takes one ETag', {
      faults: [{ at: 'header If-Match', message: 'Give the one ETag that your change is based on' }],
    });
  }
  const version = TAG.exec(header.trim())?.[1];
  // A weak tag never matches here (RFC 9110 §13.1.1), nor does one that we did not make.
  if (version === undefined) throw new TocsinError('precondition', 'etag_mismatch', 'The record has another ETag');
  return Number(version);
}
