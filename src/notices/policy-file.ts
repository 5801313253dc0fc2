/** Reads the approval policy from its file. Every fault is told at once, each at its place, before a program starts. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { REGIONS } from '../directory/regions.ts';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import { parseMsisdn } from '../sms/msisdn.ts';
import { isSamePerson } from '../store/person.ts';
import { isOpenToOthers, OPEN_TO_OTHERS } from '../store/secret-file.ts';
import { SEVERITIES } from './notice.ts';
import {
  ApprovalPolicy,
  fits,
  type PolicyPerson,
  type PolicyRule,
  type PolicyWebhook,
  policySchema,
} from './policy.ts';

type File = z.infer<typeof policySchema>;
type Add = (at: string, message: string) => void;

const LEAST_SECRET = 16;
/** Without encryption to no other machine. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

interface LoadOptions {
  readonly secret?: string;
  readonly webhooks?: boolean;
  readonly warn?: (warning: Fault) => void;
}

/**
 * `secret` signs for webhooks that name no file; `webhooks: false` leaves them out, for programs that call none. `warn` hears
 * what works, and should not be left so. Throws `invalid` / `bad_approvals` with every fault at its place.
 */
export async function loadPolicy(
  file: string,
  { secret, webhooks: wanted = true, warn }: LoadOptions = {},
): Promise<ApprovalPolicy> {
  const faults: Fault[] = [];
  const add: Add = (at, message) => faults.push({ at: `${file}: ${at}`, message });
  const refuse = () => refuseFaults('bad_approvals', 'The approvals file is not usable', faults);
  const document = parseDocument(await read(file));
  for (const { message } of document.errors) faults.push({ at: file, message });
  refuse();
  const parsed = policySchema.safeParse(content(document, add));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const missing = / received undefined$/.test(message);
    add(`/${path.map(String).join('/')}`, missing ? 'is missing' : message);
  }
  refuse();
  const given = parsed.data as File;
  ruleFaults(given, add);
  const people = peopleOf(given, add);
  const webhooks = wanted ? await webhooksOf(given, file, secret, add) : [];
  refuse();
  if (wanted) for (const at of openSecrets(given, file)) warn?.({ at: `${file}: ${at}`, message: OPEN_TO_OTHERS });
  return new ApprovalPolicy({ rules: given.rules, people, webhooks });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TocsinError('invalid', 'bad_approvals', `The approvals file ${file} cannot be read`, {
      faults: [{ at: file, message: (cause as Error).message }],
    });
  }
}

/** Aliases are refused: they can make a small file a very large one. */
function content(document: ReturnType<typeof parseDocument>, add: Add): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch (error) {
    add('/', (error as Error).message);
    return {};
  }
}

function ruleFaults({ rules, webhooks }: File, add: Add): void {
  const used = new Set<PolicyRule>();
  const without: string[] = [];
  for (const { code } of REGIONS) {
    for (const severity of SEVERITIES) {
      const rule = rules.find((one) => fits(one, code, severity));
      if (rule) used.add(rule);
      else without.push(`${code} ${severity}`);
    }
  }
  if (without.length > 0) {
    const more = without.length > 3 ? `, and ${without.length - 3} more` : '';
    add('/rules', `have none for ${without.slice(0, 3).join(', ')}${more}: let the last be for regions "*"`);
  }
  for (const [i, rule] of rules.entries()) {
    if (!used.has(rule)) add(`/rules/${i}`, 'never holds: the rules before it take all of its regions and severities');
    for (const [k, id] of rule.webhooks.entries()) {
      if (!webhooks.some((webhook) => webhook.id === id)) {
        add(`/rules/${i}/webhooks/${k}`, `there is no webhook "${id}"`);
      }
    }
  }
}

function peopleOf({ people }: File, add: Add): PolicyPerson[] {
  return people.map(({ phone, ...person }, i) => {
    const at = `/people/${i}`;
    if (people.findIndex(({ id }) => id === person.id) < i) add(`${at}/id`, `"${person.id}" is there twice`);
    const first = people.findIndex((other) => isSamePerson(other.person, person.person));
    if (first < i) add(`${at}/person`, `is the person of /people/${first}: put both into one entry`);
    if (person.authorities.length + person.deputyFor.length === 0) {
      add(at, 'name authorities, or deputyFor: this person could approve nothing');
    }
    const both = person.deputyFor.filter((authority) => person.authorities.includes(authority));
    if (both.length > 0) add(`${at}/deputyFor`, `${both.join(', ')} is among the authorities too`);
    if (phone === undefined) return person;
    const number = parseMsisdn(phone);
    // Told without the number: faults are printed and logged.
    if (!number.ok) add(`${at}/phone`, `is no telephone number: ${number.reason.replaceAll('_', ' ')}`);
    return number.ok ? { ...person, msisdn: number.msisdn } : person;
  });
}

async function webhooksOf(
  { webhooks }: File,
  file: string,
  secret: string | undefined,
  add: Add,
): Promise<PolicyWebhook[]> {
  const ready: PolicyWebhook[] = [];
  for (const [i, { id, url, secretFile }] of webhooks.entries()) {
    const at = `/webhooks/${i}`;
    if (webhooks.findIndex((other) => other.id === id) < i) add(`${at}/id`, `"${id}" is there twice`);
    const why = urlFault(url);
    if (why) add(`${at}/url`, why);
    const own = secretFile === undefined ? secret : await secretOf(resolve(dirname(file), secretFile), at, add);
    if (own === undefined) add(at, 'has no secret: name a secretFile, or set TOCSIN_APPROVALS_SECRET');
    else if (own.length < LEAST_SECRET) add(at, `its secret must have ${LEAST_SECRET} characters at least`);
    else ready.push({ id, url, secret: own });
  }
  return ready;
}

/** What is wrong with a webhook's URL; never repeats it, since it may hold a token. */
function urlFault(url: string): string | undefined {
  if (!URL.canParse(url)) return 'is no URL';
  const { protocol, hostname, username, password } = new URL(url);
  if (username || password) return 'must hold no user or password: the signature says who it is from';
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))) return undefined;
  return 'must be https, or http to this machine itself';
}

/** Places of webhooks whose secret others on the machine may read. */
function openSecrets({ webhooks }: File, file: string): string[] {
  return webhooks.flatMap(({ secretFile }, i) =>
    secretFile !== undefined && isOpenToOthers(resolve(dirname(file), secretFile)) ? [`/webhooks/${i}/secretFile`] : [],
  );
}

async function secretOf(file: string, at: string, add: Add): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    add(`${at}/secretFile`, (error as Error).message);
    return '?'.repeat(LEAST_SECRET);
  }
}
