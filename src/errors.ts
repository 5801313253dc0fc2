/**
 * The one error type that crosses module borders. Its kind says what the caller must do; its code is stable and
 * documented; its faults name every place that is wrong, not only the first. HTTP statuses live in `api/`, not here.
 */

/** What a caller has to do: mend the request, authenticate, give up, look elsewhere, read again and retry, or wait. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition'
  | 'too-large'
  | 'unavailable';

/** One thing that is wrong, and where: a JSON pointer (`/info/0/area`), `line 12`, or `file:line`. */
export interface Fault {
  at: string;
  message: string;
}

export class TocsinError extends Error {
  readonly kind: ErrorKind;
  /** Stable, snake_case, part of the API: `unknown_region`, `stale_hash`. */
  readonly code: string;
  readonly faults: readonly Fault[];

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: { faults?: readonly Fault[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TocsinError';
    this.kind = kind;
    this.code = code;
    this.faults = options.faults ?? [];
  }
}

/** Throws one `invalid` error that carries all faults, when there are any. */
export function refuseFaults(code: string, message: string, faults: readonly Fault[]): void {
  if (faults.length > 0) throw new TocsinError('invalid', code, message, { faults });
}
