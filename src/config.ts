/**
 * All settings of all programs: one schema over the environment, each with its description and unit. Every fault is
 * reported at once, and an unknown TOCSIN_ name is one, since a mistyped setting must not pass for its default.
 * A setting marked as a secret can be read from a file: TOCSIN_X_FILE names it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Fault, refuseFaults, TocsinError } from './errors.ts';
import { redisUrlFaults, urlWithPassword } from './store/redis-url.ts';
import { isOpenToOthers, OPEN_TO_OTHERS } from './store/secret-file.ts';

const PORT_MAX = 65_535;
const REPLICAS_MAX = 5;
const PROXIES_MAX = 5;
const STALE_DAYS_MAX = 3_650;
const LEVELS = ['departement', 'region', 'national'] as const;
/** Receipts find their slot for four days: a ledger that may still change is not purged. */
const LEAST_LEDGER_DAYS = 5;
const DAYS_MAX = 36_500;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const port = (byDefault: number) =>
  z.coerce.number('must be a port number').int().min(0).max(PORT_MAX).default(byDefault);
const days = (byDefault: number, least = 1) =>
  z.coerce.number('must be a number of days').int().min(least).max(DAYS_MAX).default(byDefault);
const path = (byDefault: string) => z.string().min(1).default(byDefault);

/** "departement,region,national": places from the first that is asked to the last. */
const levels = z
  .string()
  .default(LEVELS.join(','))
  .transform((list) => list.split(',').map((level) => level.trim()))
  .pipe(
    z
      .array(z.enum(LEVELS, `must be levels separated by commas, of ${LEVELS.join(', ')}`))
      .refine((list) => new Set(list).size === list.length, 'must name each level once'),
  );

const SCHEMA = z.object({
  TOCSIN_REDIS_URL: z
    .string()
    .superRefine((url, { addIssue }) => {
      for (const message of redisUrlFaults(url)) addIssue({ code: 'custom', message });
    })
    .default('redis://127.0.0.1:6379')
    .describe(
      'Redis ≥ 6.2 or Valkey that holds everything; `rediss:` for TLS; Sentinel and Cluster: see docs/redis.md',
    ),
  TOCSIN_REDIS_PASSWORD: z
    .string()
    .default('')
    .describe('Password of Redis, where the URL names none: so that the URL is no secret'),
  TOCSIN_REDIS_REPLICAS: z.coerce
    .number('must be a number of replicas')
    .int()
    .min(0)
    .max(REPLICAS_MAX)
    .default(0)
    .describe(
      'Replicas of Redis that must hold a write before it counts: none is lost then when one of them takes over',
    ),
  TOCSIN_REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]+:$/, 'must be letters, digits, - or _, and a colon at the end')
    .default('tocsin:')
    .describe('Start of every key in Redis, with its colon'),
  TOCSIN_HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the API listens on'),
  TOCSIN_HTTP_PORT: port(8080).describe('Port of the API; 0 takes a free one'),
  TOCSIN_HTTP_PROXIES: z.coerce
    .number('must be a number of proxies')
    .int()
    .min(0)
    .max(PROXIES_MAX)
    .default(0)
    .describe('Proxies before the API, whose X-Forwarded-For tells where a caller comes from'),
  TOCSIN_METRICS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe("Address of the dispatcher's metrics and health"),
  TOCSIN_METRICS_PORT: port(9464).describe("Port of the dispatcher's metrics and health; 0 takes a free one"),
  TOCSIN_ROUTES_FILE: path('config/routes.yaml').describe('The routes: one SMSC account each'),
  TOCSIN_APPROVALS_FILE: path('config/approvals.yaml').describe(
    'Who approves what, and who is told: docs/approvals.md',
  ),
  TOCSIN_APPROVALS_SECRET: z
    .string()
    .default('')
    .describe('Signs for the webhooks of the approvals file that name no secret of their own'),
  TOCSIN_IDENTITY_FILE: path('config/identity.yaml').describe(
    'Whose OpenID tokens are believed beside API keys, and what they grant: docs/security.md',
  ),
  TOCSIN_CAP_FILE: path('config/cap.yaml').describe(
    'Whose signed CAP alerts are believed, what we sign with, who may read the feed: docs/cap.md',
  ),
  TOCSIN_TEMPLATES_FOLDER: path('templates').describe('Folder of the wordings'),
  TOCSIN_LANGUAGES_FILE: path('config/languages.yaml').describe(
    'Which languages each region must be told in: docs/templates.md',
  ),
  TOCSIN_DIRECTORY_FALLBACK: levels.describe(
    'Where a number is looked for, in this order: of the département, of its region, of the country',
  ),
  TOCSIN_DIRECTORY_STALE_DAYS: z.coerce
    .number('must be a number of days')
    .int()
    .min(1)
    .max(STALE_DAYS_MAX)
    .default(90)
    .describe('Days after which the test call of a number, and the test of a contact, have to be made again'),
  TOCSIN_DATA_FOLDER: path('data').describe('Folder for evidence, rejected lines and work files'),
  TOCSIN_ARCHIVE_FOLDER: z
    .string()
    .default('')
    .describe('Folder of closed broadcasts: docs/audit.md; empty takes `archive` in the data folder'),
  TOCSIN_AUDIT_ANCHORS_FILE: z
    .string()
    .default('')
    .describe('File of anchors of the audit log; empty takes `audit-anchors.jsonl` in the data folder'),
  TOCSIN_RETENTION_LEDGER_DAYS: days(30, LEAST_LEDGER_DAYS).describe(
    'Days after closing until the states of recipients leave Redis: the archive has them',
  ),
  TOCSIN_RETENTION_AUDIENCE_DAYS: days(30).describe(
    'Days after import until an audience that nothing needs is purged; it stays until a newer one replaces it',
  ),
  TOCSIN_RETENTION_ARCHIVE_DAYS: days(1_095).describe(
    'Days after closing until the lists of recipients leave the archive; all else stays',
  ),
  TOCSIN_RETENTION_REJECTED_DAYS: days(30).describe('Days until the list of refused lines of an import is removed'),
  TOCSIN_LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe(`Least level that is logged: ${LOG_LEVELS.join(', ')}`),
});

type Setting = keyof z.infer<typeof SCHEMA>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that may hold a password: read from a file by TOCSIN_X_FILE, and never printed. */
const SECRETS: ReadonlySet<string> = new Set<Setting>([
  'TOCSIN_REDIS_URL',
  'TOCSIN_REDIS_PASSWORD',
  'TOCSIN_APPROVALS_SECRET',
]);
const OWN_FILES = [
  'TOCSIN_ROUTES_FILE',
  'TOCSIN_APPROVALS_FILE',
  'TOCSIN_IDENTITY_FILE',
  'TOCSIN_CAP_FILE',
  'TOCSIN_TEMPLATES_FOLDER',
  'TOCSIN_LANGUAGES_FILE',
] as const satisfies readonly Setting[];
const PACKAGE = new URL('../', import.meta.url);
/** Set by Tocsin's own test run, of no concern to its programs. */
const TEST_PREFIX = 'TOCSIN_TEST_';

export interface Config {
  readonly redis: { readonly url: string; readonly prefix: string; readonly replicas: number };
  readonly http: { readonly host: string; readonly port: number; readonly proxies: number };
  readonly metrics: { readonly host: string; readonly port: number };
  readonly routesFile: string;
  readonly approvals: { readonly file: string; readonly secret?: string };
  readonly identityFile: string;
  readonly capFile: string;
  readonly templatesFolder: string;
  readonly languagesFile: string;
  readonly directory: { readonly levels: readonly (typeof LEVELS)[number][]; readonly staleDays: number };
  readonly dataFolder: string;
  readonly archiveFolder: string;
  readonly anchorsFile: string;
  /** In days: see archive/retention.ts. */
  readonly retention: {
    readonly ledgerDays: number;
    readonly audienceDays: number;
    readonly archiveDays: number;
    readonly rejectedDays: number;
  };
  readonly logLevel: string;
  /** What works, and should not be left so: for the log of the program. */
  readonly warnings: readonly Fault[];
}

/** Reads all settings. Throws `invalid` / `bad_config` with every fault, each at the name of its variable. */
export function loadConfig(env: Environment): Config {
  const faults: Fault[] = unknownNames(env);
  const warnings: Fault[] = [];
  const given = Object.fromEntries(
    Object.keys(SCHEMA.shape).map((name) => [name, givenFor(env, name, { faults, warnings })]),
  );
  const parsed = SCHEMA.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) faults.push({ at: String(issue.path[0]), message: issue.message });
  const url = parsed.data === undefined ? '' : withPassword(parsed.data, faults);
  refuseFaults('bad_config', 'The configuration is not usable', faults);
  return grouped({ ...withOwnFiles(parsed.data as z.infer<typeof SCHEMA>, given), TOCSIN_REDIS_URL: url }, warnings);
}

/** The lines that a program prints before it ends with status 1: what to mend, or where an unforeseen error came from. */
export function explainConfigError(error: unknown): string[] {
  if (error instanceof TocsinError) {
    const faults = error.faults.map(({ at, message }) => `  ${at}: ${message}`);
    return [faults.length > 0 ? `${error.message}:` : error.message, ...faults];
  }
  // A system's own error (ECONNREFUSED, ENOENT) says all there is to say.
  if (error instanceof Error && 'syscall' in error) return [error.message];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** One row for each setting, for the README. */
export function configTable(): { name: string; byDefault: string; description: string }[] {
  return Object.entries(SCHEMA.shape).map(([name, field]) => ({
    name,
    byDefault: String(field.parse(undefined)) || 'none',
    description: `${field.description ?? ''}${SECRETS.has(name) ? `; or in the file named by \`${name}_FILE\`` : ''}`,
  }));
}

function unknownNames(env: Environment): Fault[] {
  const known = new Set(
    Object.keys(SCHEMA.shape).flatMap((name) => [name, ...(SECRETS.has(name) ? [`${name}_FILE`] : [])]),
  );
  return Object.keys(env)
    .filter((name) => name.startsWith('TOCSIN_') && !name.startsWith(TEST_PREFIX) && !known.has(name))
    .map((name) => ({ at: name, message: 'there is no such setting' }));
}

/** An empty variable counts as unset: compose files pass those for what is not given. */
function givenFor(env: Environment, name: string, told: { faults: Fault[]; warnings: Fault[] }): string | undefined {
  const { faults, warnings } = told;
  const plain = env[name] || undefined;
  const file = SECRETS.has(name) ? env[`${name}_FILE`] || undefined : undefined;
  if (file === undefined) return plain;
  if (plain !== undefined) {
    faults.push({ at: `${name}_FILE`, message: `is set together with ${name}: give one of them` });
    return plain;
  }
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (isOpenToOthers(file)) warnings.push({ at: `${name}_FILE`, message: OPEN_TO_OTHERS });
    return secret;
  } catch (error) {
    faults.push({ at: `${name}_FILE`, message: `cannot be read: ${(error as Error).message}` });
    return undefined;
  }
}

/** What comes with Tocsin is found from any working directory; a path that somebody gave is from theirs. */
function withOwnFiles(env: z.infer<typeof SCHEMA>, given: Environment): z.infer<typeof SCHEMA> {
  const own = OWN_FILES.filter((name) => given[name] === undefined);
  return { ...env, ...Object.fromEntries(own.map((name) => [name, fileURLToPath(new URL(env[name], PACKAGE))])) };
}

function withPassword(env: z.infer<typeof SCHEMA>, faults: Fault[]): string {
  const { TOCSIN_REDIS_URL: url, TOCSIN_REDIS_PASSWORD: password } = env;
  const joined = password === '' ? url : urlWithPassword(url, password);
  if (joined !== undefined) return joined;
  faults.push({
    at: 'TOCSIN_REDIS_PASSWORD',
    message: 'is set together with a password in TOCSIN_REDIS_URL: give one',
  });
  return url;
}

function grouped(env: z.infer<typeof SCHEMA>, warnings: readonly Fault[]): Config {
  return {
    redis: { url: env.TOCSIN_REDIS_URL, prefix: env.TOCSIN_REDIS_PREFIX, replicas: env.TOCSIN_REDIS_REPLICAS },
    http: { host: env.TOCSIN_HTTP_HOST, port: env.TOCSIN_HTTP_PORT, proxies: env.TOCSIN_HTTP_PROXIES },
    metrics: { host: env.TOCSIN_METRICS_HOST, port: env.TOCSIN_METRICS_PORT },
    routesFile: env.TOCSIN_ROUTES_FILE,
    approvals: {
      file: env.TOCSIN_APPROVALS_FILE,
      ...(env.TOCSIN_APPROVALS_SECRET ? { secret: env.TOCSIN_APPROVALS_SECRET } : {}),
    },
    identityFile: env.TOCSIN_IDENTITY_FILE,
    capFile: env.TOCSIN_CAP_FILE,
    templatesFolder: env.TOCSIN_TEMPLATES_FOLDER,
    languagesFile: env.TOCSIN_LANGUAGES_FILE,
    directory: { levels: env.TOCSIN_DIRECTORY_FALLBACK, staleDays: env.TOCSIN_DIRECTORY_STALE_DAYS },
    dataFolder: env.TOCSIN_DATA_FOLDER,
    archiveFolder: env.TOCSIN_ARCHIVE_FOLDER || join(env.TOCSIN_DATA_FOLDER, 'archive'),
    anchorsFile: env.TOCSIN_AUDIT_ANCHORS_FILE || join(env.TOCSIN_DATA_FOLDER, 'audit-anchors.jsonl'),
    retention: {
      ledgerDays: env.TOCSIN_RETENTION_LEDGER_DAYS,
      audienceDays: env.TOCSIN_RETENTION_AUDIENCE_DAYS,
      archiveDays: env.TOCSIN_RETENTION_ARCHIVE_DAYS,
      rejectedDays: env.TOCSIN_RETENTION_REJECTED_DAYS,
    },
    logLevel: env.TOCSIN_LOG_LEVEL,
    warnings,
  };
}
