/**
 * Reads the identity file at start-up: the OpenID providers whose tokens are believed, and what their claims grant here.
 * Everything in it is checked, and every fault is named by its place. It holds no secret.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { findRegion } from '../directory/regions.ts';
import { type Fault, refuseFaults } from '../errors.ts';
import { ROLES } from './rights.ts';

/** Signatures that need no secret shared with the provider (RFC 7518 §3.1, RFC 8037): whoever checks one cannot make one. */
export const ASYMMETRIC = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] as const;
/** Stands in a claim's value for the code of a region: `tocsin-prefecture-{region}`. */
export const REGION_MARK = '{region}';

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)/;
const overTls = (url: string): boolean => URL.canParse(url) && (url.startsWith('https://') || LOOPBACK.test(url));
const safeUrl = z.string().refine(overTls, 'must be an https: URL (http: for this machine only)');
const claim = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((name) => (typeof name === 'string' ? [name] : name));
const region = z.string().refine((code) => findRegion(code) !== undefined, 'is no region');
const seconds = (least: number, most: number, byDefault: number) =>
  z.number().int().min(least).max(most).default(byDefault);
const DAY = 86_400;

const grantSchema = z
  .strictObject({
    claim,
    value: z.string().min(1).max(200),
    role: z.enum(ROLES),
    regions: z.union([z.literal('*'), z.array(region).min(1), z.strictObject({ claim })]).optional(),
  })
  .superRefine(({ value, role, regions }, { addIssue }) => {
    const issue = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    const marks = value.split(REGION_MARK).length - 1;
    if (marks > 1) issue('value', `may hold ${REGION_MARK} once`);
    if (marks === 1 && regions !== undefined) issue('regions', `are given by ${REGION_MARK} in the value already`);
    if (marks === 1 && value === REGION_MARK) issue('value', `needs words of its own beside ${REGION_MARK}`);
    const decides = role === 'approver' || role === 'admin';
    if (!decides && (marks > 0 || regions !== undefined))
      issue('regions', `are of no use to an ${role}: only approvers and admins decide`);
    if (marks === 0 && regions === undefined && role === 'approver')
      issue('regions', 'are what an approver decides for');
  });

const providerSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be small letters, digits and -'),
  issuer: safeUrl,
  audience: z.string().min(1),
  jwks: z.union([z.strictObject({ url: safeUrl }), z.strictObject({ file: z.string().min(1) })]),
  algorithms: z.array(z.enum(ASYMMETRIC)).min(1).default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  /** RFC 9068 §2.1: an access token says that it is one; an ID token does not open an API. */
  types: z.array(z.string().min(1)).min(1).default(['at+jwt']),
  /** The claim that names the person, as API keys name them too. */
  person: claim,
  /** Claims that must have this value: `email_verified: true`. */
  requires: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  clockToleranceSeconds: seconds(0, 60, 5),
  longestLifeSeconds: seconds(60, DAY, 3_600),
  refreshSeconds: seconds(30, DAY, 600),
  usableSeconds: seconds(60, 7 * DAY, DAY / 2),
  cooldownSeconds: seconds(1, 600, 30),
  timeoutSeconds: seconds(1, 30, 5),
  grants: z.array(grantSchema).min(1, 'give nobody anything'),
});

const fileSchema = z.strictObject({
  providers: z.array(providerSchema).default([]),
  keys: z
    .strictObject({
      roles: z.array(z.enum(ROLES)).min(1).optional(),
      person: z
        .string()
        .refine(isPattern, 'is no regular expression')
        .transform((pattern) => new RegExp(`^(?:${pattern})$`, 'iu'))
        .optional(),
    })
    .default({}),
});

export type Grant = z.output<typeof grantSchema>;
export type Provider = Omit<z.output<typeof providerSchema>, 'jwks'> & {
  readonly jwks: { readonly url: string } | { readonly keys: JSONWebKeySet };
};
/** What API keys may be, beside tokens: which roles, and how they must name a person so that both name the same. */
export type KeyPolicy = z.output<typeof fileSchema>['keys'];

export interface IdentityFile {
  readonly providers: readonly Provider[];
  readonly keys: KeyPolicy;
}

/** Throws `invalid` / `bad_identity` with every fault, each at its place in the file. */
export async function loadIdentityFile(file: string): Promise<IdentityFile> {
  const refuse = (faults: readonly Fault[]) => refuseFaults('bad_identity', 'The identity file is not usable', faults);
  const fault = (message: string, at = ''): Fault => ({ at: at === '' ? file : `${file}: ${at}`, message });
  const document = parseDocument(
    await readFile(file, 'utf8').catch((error: Error) => refuse([fault(error.message)]) ?? ''),
  );
  refuse(document.errors.map(({ message }) => fault(message)));
  const parsed = fileSchema.safeParse(contentOf(document, (message) => refuse([fault(message)])));
  refuse((parsed.error?.issues ?? []).flatMap((issue) => issueFaults(issue).map(([at, words]) => fault(words, at))));
  const { providers: given, keys } = parsed.data ?? { providers: [], keys: {} };
  const faults: Fault[] = [];
  const providers: Provider[] = [];
  for (const [i, provider] of given.entries()) {
    const twice = (field: 'id' | 'issuer') => providers.some((other) => other[field] === provider[field]);
    for (const field of ['id', 'issuer'] as const) {
      if (twice(field)) faults.push(fault('is there twice', `/providers/${i}/${field}`));
    }
    const at = (message: string) => faults.push(fault(message, `/providers/${i}/jwks/file`));
    const jwks =
      'file' in provider.jwks
        ? { keys: await readKeys(resolve(dirname(file), provider.jwks.file), at) }
        : provider.jwks;
    providers.push({ ...provider, jwks });
  }
  refuse(faults);
  return { providers, keys };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, 'iu') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Aliases are refused: they can make a small file a very large one. */
function contentOf(document: Document, refuse: (message: string) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function issueFaults(issue: z.core.$ZodIssue): [at: string, message: string][] {
  const place = issue.path.map((part) => `/${String(part)}`).join('');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [`${place}/${key}`, 'is not a field here']);
  const message = / received undefined$/.test(issue.message) ? 'is missing' : issue.message;
  return [[place, message.replace(/^Invalid (input|option): expected/, 'must be')]];
}

async function readKeys(file: string, fault: (message: string) => void): Promise<JSONWebKeySet> {
  const none = { keys: [] };
  try {
    const parsed = z
      .object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })
      .safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (!parsed.success) fault('holds no set of keys (RFC 7517 §5)');
    else if (parsed.data.keys.some((key) => key.kty === 'oct' || 'd' in key))
      fault('holds a secret: only public keys belong there');
    else return parsed.data as JSONWebKeySet;
  } catch (error) {
    fault(error instanceof SyntaxError ? 'is not JSON' : (error as Error).message);
  }
  return none;
}
