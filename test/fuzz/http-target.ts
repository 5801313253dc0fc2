/**
 * A real API on a real Redis under requests made from its own OpenAPI document. It answers each within seconds: never a
 * 5xx, and every refusal is a problem document. What replies tell (ids, hashes, phrases) goes into later requests.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Role } from '../../src/api/rights.ts';
import { type ApiFixture, apiFixture } from '../api/api-fixture.ts';
import { AUDIENCE_CSV, NOTICE } from '../api/notice-steps.ts';
import { collectionOf, type FuzzedRequest, type Operation, operationsOf, requestOf } from './http-requests.ts';
import { Random } from './random.ts';

const WITHIN_MS = 10_000;
/** Of each name. */
const MOST_KNOWN = 40;
const ROLES: readonly Role[] = ['operator', 'approver', 'auditor', 'admin'];
const NO_LIMIT = { callsPerMinute: 1_000_000, failedAttemptsPerMinute: 1_000_000 };

/** What replies tell that requests ask for, and under which name. */
const NAMED = /"(id|hash|launchPhrase|next|broadcast|audience|template|region|identifier|sender)":"([^"\\]{1,200})"/g;
const SAME_AS: Readonly<Record<string, string>> = { launchPhrase: 'phrase', next: 'before', broadcast: 'broadcasts' };

interface Preview {
  readonly regions: readonly { region: string; hash: string }[];
  readonly launchPhrase: string;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly etag: string | undefined;
}

export class FuzzedApi {
  /** How many replies had which status, by call. */
  readonly statuses = new Map<string, Map<number, number>>();
  readonly #api: ApiFixture;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #known = new Map<string, string[]>();
  readonly #secrets: Record<Role, string>;
  #operations: Operation[] = [];

  private constructor(api: ApiFixture) {
    this.#api = api;
    const { operator, approver, auditor, admin } = api.keys;
    this.#secrets = {
      operator: operator.secret,
      approver: approver.secret,
      auditor: auditor.secret,
      admin: admin.secret,
    };
  }

  /** The store is that of the test run: TOCSIN_TEST_REDIS_URL. */
  static async open(): Promise<FuzzedApi> {
    const fuzzed = new FuzzedApi(await apiFixture(NO_LIMIT));
    await fuzzed.#prepare();
    return fuzzed;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#api.close();
  }

  /** Sends the request of this index; throws what is wrong with the reply, the request in its message. */
  async request(seed: number, index: number): Promise<void> {
    const random = Random.of(seed, 'http', index);
    const operation = random.pick(this.#operations);
    const mayCall = ROLES.filter((role) => operation.roles.includes(role));
    const role = random.pick(random.chance(0.8) && mayCall.length > 0 ? mayCall : [...ROLES, undefined]);
    const secret = role && this.#secrets[role];
    const request = requestOf(random, operation, this.#known, secret);
    try {
      const reply = await this.#send(request);
      this.#count(`${operation.method} ${operation.path}`, reply.status);
      requireFitting(reply);
      this.#learn(operation.path, reply);
      // An earlier request has revoked the key.
      if (reply.status === 401 && role)
        this.#secrets[role] = (await this.#api.newKey({ role, regions: ['35', '22'] })).secret;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${shown(request)}`);
    }
  }

  /** An audience, numbers, and a notice for each stage up to the launch: something for the requests to meet. */
  async #prepare(): Promise<void> {
    const { body } = await this.#json('GET', '/openapi.json');
    this.#operations = operationsOf(body as { paths?: unknown });
    const csv = [
      'region,service,number,owner',
      '22,15,02 61 91 00 10,S',
      '22,18,02 61 91 00 11,S',
      '35,15,02 61 91 00 12,S',
      '35,18,02 61 91 00 13,S',
      '',
    ];
    await this.#json('POST', '/v1/directory/import', csv.join('\n'), 'text/csv');
    for (const place of ['22/15', '22/18', '35/15', '35/18']) {
      const call = JSON.stringify({ at: new Date().toISOString() });
      await this.#json('POST', `/v1/directory/${place}/verifications`, call, 'application/json', 'approver');
    }
    const audience = (await this.#json('POST', '/v1/audiences?name=two', AUDIENCE_CSV, 'text/csv')).body as {
      id: string;
    };
    for (let stage = 0; stage < 3; stage += 1) {
      const notice = JSON.stringify({ ...NOTICE, audience: audience.id });
      const { id } = (await this.#json('POST', '/v1/notices', notice, 'application/json')).body as { id: string };
      if (stage === 0) continue;
      await this.#json('POST', `/v1/notices/${id}/submit`);
      const preview = (await this.#json('GET', `/v1/notices/${id}/preview`)).body as Preview;
      if (stage === 1) continue;
      for (const { region, hash } of preview.regions) {
        const decision = JSON.stringify({ region, hash, decision: 'approve' });
        await this.#json('POST', `/v1/notices/${id}/approvals`, decision, 'application/json', 'approver');
      }
      const launch = JSON.stringify({ phrase: preview.launchPhrase });
      await this.#json('POST', `/v1/notices/${id}/launch`, launch, 'application/json');
    }
  }

  async #json(
    method: string,
    path: string,
    body?: string,
    type?: string,
    role: Role = 'operator',
  ): Promise<{ body: unknown }> {
    const headers = {
      Authorization: `Bearer ${this.#secrets[role]}`,
      ...(type === undefined ? {} : { 'Content-Type': type }),
    };
    const reply = await this.#send({ method, path, headers, body: body === undefined ? undefined : Buffer.from(body) });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    this.#learn(path, reply);
    return { body: JSON.parse(reply.text) };
  }

  #count(call: string, status: number): void {
    const counts = this.statuses.get(call) ?? new Map<number, number>();
    this.statuses.set(call, counts.set(status, (counts.get(status) ?? 0) + 1));
  }

  #learn(path: string, { text, etag, status }: Reply): void {
    if (status >= 300) return;
    for (const [, name, value] of text.matchAll(NAMED)) {
      this.#know(name === 'id' ? collectionOf(path) : (SAME_AS[name!] ?? name!), value!);
      if (name === 'id' && path.startsWith('/v1/audiences')) this.#know('audience', value!);
    }
    if (etag !== undefined) this.#know('If-Match', etag);
  }

  #know(name: string, value: string): void {
    const values = this.#known.get(name) ?? [];
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > MOST_KNOWN) values.shift();
    this.#known.set(name, values);
  }

  #send({ method, path, headers, body }: FuzzedRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ host: '127.0.0.1', port: this.#api.port, method, path, headers, agent: this.#agent });
      const timer = setTimeout(() => sent.destroy(new Error(`no reply within ${WITHIN_MS / 1_000} s`)), WITHIN_MS);
      const done = (reply: Reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      sent.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      sent.on('response', (response) => {
        if (String(response.headers['content-type']).startsWith('text/event-stream')) {
          done(replyOf(response, ''));
          sent.destroy();
          return;
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(replyOf(response, Buffer.concat(chunks).toString())));
      });
      sent.end(body);
    });
  }
}

const replyOf = ({ statusCode = 0, headers }: IncomingMessage, text: string): Reply => ({
  status: statusCode,
  type: String(headers['content-type'] ?? ''),
  text,
  etag: headers.etag,
});

function requireFitting({ status, type, text }: Reply): void {
  if (status >= 500) throw new Error(`a ${status}: ${text}`);
  if (status >= 400) {
    if (!type.startsWith('application/problem+json')) throw new Error(`a ${status} as ${type || 'nothing'}: ${text}`);
    const problem = JSON.parse(text) as { status?: unknown; code?: unknown };
    if (problem.status !== status || typeof problem.code !== 'string') throw new Error(`no problem document: ${text}`);
  } else if (type.startsWith('application/json') && text !== '') {
    JSON.parse(text);
  }
}

const shown = ({ method, path, headers, body }: FuzzedRequest): string =>
  [
    `${method} ${path}`,
    ...Object.entries(headers).map(
      ([name, value]) => `${name}: ${name === 'Authorization' ? value.slice(0, 7) : value}`,
    ),
    ...(body === undefined
      ? []
      : [`body, ${body.length} octets: ${JSON.stringify(body.toString('latin1').slice(0, 2_000))}`]),
  ].join('\n');
