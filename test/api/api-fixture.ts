import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import type { NewKey } from '../../src/api/key-rules.ts';
import { type ApiKey, createKey, Keys } from '../../src/api/keys.ts';
import type { Role } from '../../src/api/rights.ts';
import { startServer } from '../../src/api/server.ts';
import { archiveCalls } from '../../src/archive/calls.ts';
import { Audiences } from '../../src/audience/audiences.ts';
import { broadcastCalls } from '../../src/broadcasts/calls.ts';
import { routesByRegion } from '../../src/broadcasts/route-choice.ts';
import { type Route, routeSchema } from '../../src/broadcasts/routes.ts';
import { Directory } from '../../src/directory/directory.ts';
import { createLogger } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Notices } from '../../src/notices/notices.ts';
import type { Store } from '../../src/store/connection.ts';
import { Templates } from '../../src/templates/load.ts';
import { testStore } from '../support/redis.ts';

export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The API over real modules and a real Redis, on a free port of the loopback. */
export interface ApiFixture {
  readonly deps: ApiDeps;
  readonly store: Store;
  readonly port: number;
  readonly keys: Readonly<Record<Role, { key: ApiKey; secret: string }>>;
  /** A request with the key of a role, or with a secret. */
  as(who: Role | { secret: string }, method: Verb, path: string): supertest.Test;
  /** A request without a key. */
  bare(method: Verb, path: string): supertest.Test;
  newKey(input: Partial<NewKey>): Promise<{ key: ApiKey; secret: string }>;
  close(): Promise<void>;
}

const PEOPLE: Readonly<Record<Role, NewKey>> = {
  operator: { name: 'operator', person: 'ana', role: 'operator' },
  approver: { name: 'approver', person: 'bo', role: 'approver', regions: ['35', '22'] },
  auditor: { name: 'auditor', person: 'cy', role: 'auditor' },
  admin: { name: 'admin', person: 'di', role: 'admin' },
};

export const EXERCISE_ROUTE: Route = {
  ...routeSchema.parse({
    id: 'exercise',
    kind: 'exercise',
    host: '127.0.0.1',
    port: 2775,
    systemId: 'tocsin',
    segmentsPerSecond: 100,
    sender: { address: 'TOCSIN' },
  }),
  password: 'hush',
};

export async function apiFixture(overrides: Partial<ApiDeps> = {}, given?: Store): Promise<ApiFixture> {
  const own = given === undefined ? await testStore() : undefined;
  const store = given ?? own!.store;
  const workFolder = mkdtempSync(join(tmpdir(), 'tocsin-api-test-'));
  const deps = { ...(await realDeps(store, workFolder)), ...overrides };
  const { app, closeStreams } = createApp(deps);
  const server = await startServer(app, { host: '127.0.0.1', port: 0, closeStreams, graceMs: 2_000 });
  const made = await Promise.all(Object.values(PEOPLE).map((input) => createKey(store, input, 'cli:test')));
  const keys = Object.fromEntries(made.map((one) => [one.key.role, one])) as Record<Role, (typeof made)[number]>;
  const bare: ApiFixture['bare'] = (method, path) => supertest(`http://127.0.0.1:${server.port}`)[method](path);
  return {
    deps,
    store,
    port: server.port,
    keys,
    bare,
    as: (who, method, path) => {
      const { secret } = typeof who === 'string' ? keys[who] : who;
      return bare(method, path).set('Authorization', `Bearer ${secret}`);
    },
    newKey: (input) => createKey(store, { ...PEOPLE.operator, ...input }, 'cli:test'),
    close: async () => {
      await server.stop();
      await own?.close();
      rmSync(workFolder, { recursive: true, force: true });
    },
  };
}

async function realDeps(store: Store, workFolder: string): Promise<ApiDeps> {
  const templates = await Templates.load(new URL('../../templates/', import.meta.url));
  const directory = new Directory({ store });
  const audiences = new Audiences({ store, workFolder });
  const snapshot = async (id: string) => (await audiences.get(id)).value;
  const routes = [EXERCISE_ROUTE];
  const routesOf = (notice: Parameters<typeof routesByRegion>[2]) => routesByRegion(routes, [], notice);
  const notices = new Notices({ store, templates, directory, snapshot, routesOf });
  const broadcasts = broadcastCalls({ store, notices: notices.records, routes, audiences });
  const archiveFolder = join(workFolder, 'archive');
  const archive = archiveCalls({
    ...{ store, notices: notices.records, audiences, archiveFolder },
    dataFolder: workFolder,
  });
  return {
    store,
    keys: new Keys({ store }),
    notices,
    directory,
    audiences,
    templates,
    broadcasts,
    archive,
    routes,
    log: createLogger('silent', 'test'),
    metrics: createMetrics(),
    version: '0.0.0-test',
  };
}

/** Reads a reply's problem document. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  faults: { at: string; message: string }[];
  instance: string;
}

export function problemOf(response: supertest.Response): ProblemBody {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  const body = JSON.parse(response.text) as ProblemBody;
  expect(body).toMatchObject({
    type: `urn:tocsin:problem:${body.code}`,
    status: response.status,
    title: expect.any(String),
    detail: expect.any(String),
    faults: expect.any(Array),
    instance: `urn:uuid:${response.headers['x-request-id']}`,
  });
  return body;
}
