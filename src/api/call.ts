/**
 * What a call is: registered once, with everything that routing, rights, checks and the OpenAPI document need.
 * A handler gets checked values, makes one domain call and says what to reply; it knows no HTTP and catches nothing.
 */
import type { Readable } from 'node:stream';
import type { Response } from 'express';
import { z } from 'zod';
import { type Fault, TocsinError } from '../errors.ts';
import type { ApiDeps } from './deps.ts';
import type { Granted, RightId, Role } from './rights.ts';

/** Who calls: `actor` for the audit and for limits, `person` for the rule that nobody approves their own words. */
export interface Caller {
  /** `key:<id>`, `oidc:<provider>:<subject>`. */
  readonly actor: string;
  readonly person: string;
  readonly roles: readonly Role[];
  /** What the caller decides for in the call: of several roles, those that may make it. */
  readonly regions: readonly string[] | '*';
  /** Of a token, whose claims may give each role other regions. */
  readonly granted?: Granted;
  readonly token: string;
  /** Throws `unauthenticated` once the key or token is no longer in force: for streams that outlive their request. */
  readonly requireInForce: () => Promise<void>;
}

/** Body of a call: JSON by a schema, perhaps another notation of the same, or a stream that is never held in memory. */
export type BodyShape<B> =
  | {
      readonly kind: 'json';
      readonly schema: z.ZodType<B>;
      /** Whether no body stands for `{}`. */
      readonly optional?: true;
      /** Media types besides JSON, each turned into the same value. */
      readonly notations?: Readonly<Record<string, (bytes: Buffer, deps: ApiDeps) => Promise<B>>>;
    }
  | {
      readonly kind: 'stream';
      readonly media: readonly string[];
      readonly description: string;
      readonly limitBytes?: number;
    };

export type Reply<R> =
  | {
      readonly kind: 'json';
      readonly body: R;
      readonly status?: number;
      readonly version?: number;
      readonly location?: string;
    }
  | {
      readonly kind: 'text';
      readonly body: string;
      readonly media: string;
      readonly status?: number;
      readonly version?: number;
      readonly representation?: string;
    }
  | { readonly kind: 'stream'; readonly stream: Readable; readonly media: string; readonly name: string }
  /** The handler's function writes the reply for as long as it lasts. */
  | { readonly kind: 'live'; readonly open: (response: Response) => void };

/** What a handler gets. `body` is the checked value, `upload` the stream of a streamed body. */
export interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly upload: Readable;
  /** Of the upload, when the sender said. */
  readonly uploadBytes?: number;
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal;
  /** The version that If-Match named. */
  readonly ifVersion: number | undefined;
  readonly caller: Caller;
  /** The one of the call's media types that Accept prefers. */
  readonly accept: string;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Shape = z.ZodRawShape;
type Values<S extends Shape> = z.output<z.ZodObject<S>>;

interface CallBase {
  readonly method: Method;
  /** With express's parameters: `/v1/notices/:id`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** What the success reply is, for the document. */
  readonly reply: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    /** Media types, the first is the default; JSON when left out. */
    readonly media?: readonly string[];
    /** Carries an ETag. */
    readonly versioned?: boolean;
  };
  /** Honours If-Match. */
  readonly conditional?: boolean;
}

/** The call as the rest of the API sees it: its types are checked inside `run`. */
export interface Call extends CallBase {
  readonly right: RightId;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body?: BodyShape<unknown>;
  readonly run: (input: Input<unknown, unknown, unknown>, deps: ApiDeps) => Promise<Reply<unknown>>;
}

interface CallSpec<P extends Shape, Q extends Shape, B> extends CallBase {
  readonly right: RightId;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: BodyShape<B>;
  readonly handle: (input: Input<Values<P>, Values<Q>, B>, deps: ApiDeps) => Promise<Reply<unknown>>;
}

const JSON_MEDIA = ['application/json', 'application/merge-patch+json'];

/** The media types a call takes. */
export function mediaOf(call: Call): readonly string[] {
  if (call.body?.kind === 'stream') return call.body.media;
  const json = call.method === 'patch' ? JSON_MEDIA : JSON_MEDIA.slice(0, 1);
  return [...json, ...Object.keys(call.body?.notations ?? {})];
}

const NO_BODY = z.strictObject({});

export function defineCall<P extends Shape, Q extends Shape, B>(spec: CallSpec<P, Q, B>): Call {
  const { handle, body, ...base } = spec;
  const params = z.object((spec.params ?? {}) as P);
  const query = z.strictObject((spec.query ?? {}) as Q);
  const run: Call['run'] = (input, deps) =>
    handle(
      {
        ...input,
        params: check(params, input.params, 'malformed_url', (path) => `:${path.join('.')}`) as Values<P>,
        query: check(query, input.query, 'invalid_query', (path) => `?${path.join('.')}`) as Values<Q>,
        body: check(bodySchema(body), input.body, 'invalid_body', pointer) as B,
      },
      deps,
    );
  return { ...base, params, query, ...(body === undefined ? {} : { body }), run };
}

function bodySchema<B>(body: BodyShape<B> | undefined): z.ZodType {
  if (body === undefined) return NO_BODY;
  return body.kind === 'json' ? body.schema : z.undefined();
}

/** Throws one `invalid` error with every fault and its place; unknown fields are named one by one. */
export function check(
  schema: z.ZodType,
  value: unknown,
  code: string,
  place: (path: readonly PropertyKey[]) => string,
): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue): Fault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ at: place([...issue.path, key]), message: 'is not a field here' }))
      : [{ at: place(issue.path), message: wordsOf(issue) }],
  );
  const where = faults.map(({ at }) => at || 'the body').join(', ');
  throw new TocsinError('invalid', code, `The request has faults at ${where}`, { faults });
}

/** "Expected string, received undefined" is how a schema says that nothing was given. */
const wordsOf = ({ message }: z.core.$ZodIssue): string =>
  / received undefined$/.test(message) ? 'is missing' : message.replace(/^Invalid (input|option): expected/, 'must be');

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
