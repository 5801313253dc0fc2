/** Requests for the calls of the OpenAPI document: valid ones, and ones with something wrong in path, query, headers or body. */
import { gzipSync } from 'node:zlib';
import { AUDIENCE_CSV, NOTICE } from '../api/notice-steps.ts';
import { jsonOf, type Known, oddString, type Schema, twisted } from './json-values.ts';
import { mutated } from './mutations.ts';
import type { Random } from './random.ts';

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  /** Who may call, as the description says; empty where anybody may. */
  readonly roles: readonly string[];
  readonly parameters: readonly Parameter[];
  /** By media type. */
  readonly bodies: Readonly<Record<string, { schema?: Schema }>>;
}

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

interface Described {
  readonly description?: string;
  readonly parameters?: Parameter[];
  readonly requestBody?: { content: Operation['bodies'] };
}
type Paths = Record<string, Record<string, Described>>;

/** `notices` of `/v1/notices/{id}`: under this name the ids of its things are known. */
export const collectionOf = (path: string): string => path.split('/')[2] ?? '';

export const operationsOf = (document: { paths?: unknown }): Operation[] =>
  Object.entries((document.paths ?? {}) as Paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description = '', parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      roles: /Roles: ([\w, ]+)\./.exec(description)?.[1]?.split(', ') ?? [],
      parameters,
      bodies: requestBody?.content ?? {},
    })),
  );

const CAP = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>FR-1</identifier><sender>cell@example.org</sender>
<sent>2026-06-02T18:00:00+02:00</sent><status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>fr-FR</language><category>Infra</category><event>panne</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><expires>2099-01-01T00:00:00+00:00</expires>
<parameter><valueName>template</valueName><value>emergency-numbers-hard-to-reach</value></parameter>
<area><areaDesc>Finistère</areaDesc><geocode><valueName>INSEE</valueName><value>29</value></geocode></area></info></alert>`;
/** Bodies that are right as a whole, which chance hardly makes. */
const EXAMPLES: Readonly<Record<string, (random: Random, known: Known) => object>> = {
  'POST /v1/notices': (random, known) => ({ ...NOTICE, audience: random.pick(known.get('audience') ?? ['']) }),
  'PATCH /v1/notices/{id}': () => ({ services: ['15'], severity: 'Extreme' }),
  'PUT /v1/directory/{region}/{service}': () => ({ number: '02 61 91 00 35', owner: 'SAMU' }),
  'POST /v1/keys': (random) => ({ name: 'k', person: 'p', role: random.pick(['operator', 'auditor']) }),
};
const CSV = [AUDIENCE_CSV, 'region,service,number,owner\n22,15,02 61 91 00 22,SAMU 22\n', 'a;b\n"1\n'].map((text) =>
  Buffer.from(text),
);
const CAPS = [Buffer.from(CAP)];
const MEDIA: readonly string[] = [
  'application/json',
  'application/json; charset=utf-16',
  'application/json;charset="',
  'application/cap+xml',
  'application/merge-patch+json',
  'text/csv; charset=iso-8859-1',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'nonsense',
  '*/*',
];
const ACCEPTS: readonly string[] = ['application/cap+xml', 'text/html', 'image/*;q=0', 'a/b/c', '*/*;q=9', ''];
const ODD_PATHS: readonly string[] = ['%zz', '%00', '%ff', '%2e%2e', '..', '', '%F0%9F%98%80', 'a'.repeat(2_000), '%'];

/** `secret` is the bearer's key; none where it is undefined. */
export function requestOf(
  random: Random,
  { method, path, parameters, bodies }: Operation,
  known: Known,
  secret: string | undefined,
): FuzzedRequest {
  const value = ({ name, schema }: Parameter) =>
    random.chance(0.1)
      ? oddString(random)
      : String(jsonOf(random, schema, known, name === 'id' ? collectionOf(path) : name));
  const of = (place: string) => parameters.filter((one) => one.in === place && (one.required || random.chance(0.4)));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    if (random.chance(0.08)) return random.pick(ODD_PATHS);
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return encoded(parameter ? value(parameter) : 'x');
  });
  const query = of('query').map((one) => `${one.name}=${encoded(value(one))}`);
  if (random.chance(0.1))
    query.push(random.pick(['limit=1&limit=2', '%zz=1', '=', 'a[b]=c', `${encoded(oddString(random))}=1`]));
  const headers: Record<string, string> = {};
  for (const one of of('header')) if (random.chance(0.5)) headers[one.name] = headerValue(value(one));
  if (random.chance(0.1)) headers.Accept = random.pick(ACCEPTS);
  if (secret !== undefined) headers.Authorization = `Bearer ${secret}`;
  else if (random.chance(0.7))
    headers.Authorization = headerValue(`${random.pick(['Bearer ', 'Basic ', ''])}${oddString(random)}`);
  const example = EXAMPLES[`${method} ${path}`];
  const given = example && random.chance(0.5) ? example(random, known) : undefined;
  const body = bodyOf(random, bodies, known, headers, given);
  // A GET has a body too, where it is given a length.
  if (body !== undefined) headers['Content-Length'] = String(body.length);
  return { method, path: `${filled}${query.length > 0 ? '?' : ''}${query.join('&')}`, headers, body };
}

/** Half a surrogate pair has no UTF-8; a replacement character stands for it. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString());
/** What Node lets out in a header. */
const headerValue = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 4_000);

function bodyOf(
  random: Random,
  bodies: Operation['bodies'],
  known: Known,
  headers: Record<string, string>,
  example: object | undefined,
): Buffer | undefined {
  const types = Object.keys(bodies);
  if (types.length === 0 && random.chance(0.9)) return undefined;
  const type = types.length === 0 ? 'application/json' : random.pick(types);
  const schema = bodies[type]?.schema ?? {};
  let body: Buffer;
  if (type.endsWith('json')) {
    const value = example ?? jsonOf(random, schema, known);
    body = Buffer.from(JSON.stringify(random.chance(0.5) ? twisted(random, value) : value) ?? '');
    if (random.chance(0.1)) body = mutated(random, [body]);
  } else if (type.endsWith('xml')) {
    body = random.chance(0.3) ? CAPS[0]! : mutated(random, CAPS);
  } else {
    const text = random.chance(0.4) ? random.pick(CSV) : mutated(random, CSV);
    body = type.endsWith('gzip') ? gzipSync(text) : text;
    if (type.endsWith('gzip') && random.chance(0.4)) body = mutated(random, [body]);
  }
  headers['Content-Type'] = random.chance(0.1) ? random.pick(MEDIA) : type;
  if (random.chance(0.05)) delete headers['Content-Type'];
  if (random.chance(0.05)) {
    headers['Content-Encoding'] = random.pick(['gzip', 'br', 'deflate', 'identity', 'rot13']);
    if (random.chance(0.5)) body = gzipSync(body);
  }
  return body;
}
