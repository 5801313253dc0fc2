import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../src/errors.ts';
import { loadPolicy } from '../../src/notices/policy-file.ts';
import { refusalOf } from './samples.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-approvals-'));
  file = join(folder, 'approvals.yaml');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'sixteen characters';
const ALL = 'rules:\n  - approvals: [{}]\n';

function load(yaml: string, secret?: string) {
  writeFileSync(file, yaml);
  return loadPolicy(file, secret === undefined ? {} : { secret });
}

/** Fault by place, without the file's name. */
async function faultsOf(yaml: string, secret?: string): Promise<Record<string, string>> {
  const refusal = await refusalOf(() => load(yaml, secret));
  expect(refusal).toMatchObject({ kind: 'invalid', code: 'bad_approvals' });
  return Object.fromEntries(refusal.faults.map(({ at, message }) => [at.replace(`${file}: `, ''), message]));
}

const repositoryFile = (name: string) => new URL(`../../config/${name}`, import.meta.url).pathname;

test('the policy that comes with Tocsin asks one person of the prefecture or the ministry, and escalates', async () => {
  const policy = await loadPolicy(repositoryFile('approvals.yaml'));
  expect(policy.requirements({ regions: ['35'], severity: 'Minor' }, 0)).toEqual({
    '35': { approvals: [{ from: ['prefecture-35', 'ministry'], count: 1 }], escalatesAt: '1970-01-01T00:10:00.000Z' },
  });
  expect([policy.people, policy.webhooks]).toEqual([[], []]);
});

test('the sample shows every field, and is read as its comments say', async () => {
  const sample = repositoryFile('approvals.sample.yaml');
  const policy = await loadPolicy(sample, { secret: SECRET });
  const of = (region: string, severity: 'Extreme' | 'Minor') =>
    policy.requirements({ regions: [region], severity }, 0)[region];
  expect(of('2A', 'Extreme')).toEqual({
    approvals: [
      { from: ['prefecture-2A'], count: 2 },
      { from: ['ministry'], count: 1 },
    ],
    escalatesAt: '1970-01-01T00:05:00.000Z',
  });
  expect(of('35', 'Extreme')?.approvals).toEqual([{ from: ['prefecture-35', 'ministry'], count: 2 }]);
  expect(of('2A', 'Minor')?.approvals).toEqual([{ from: ['prefecture-2A', 'ministry'], count: 1 }]);
  expect(policy.people.map(({ id, msisdn }) => [id, msisdn])).toEqual([
    ['prefect-2a', 33639980011],
    ['duty-officer', 33639980012],
  ]);
  expect(policy.webhooks).toEqual([{ id: 'duty-desk', url: 'https://alerts.example/tocsin', secret: SECRET }]);
  const words = readFileSync(sample, 'utf8');
  for (const field of 'regions severities from count escalateAfterMinutes sms webhooks deputyFor secretFile'.split(
    ' ',
  )) {
    expect([field, words.includes(`${field}:`)]).toEqual([field, true]);
  }
});

test('every fault is named at its place, all at once', async () => {
  const yaml = `
rules:
  - regions: ['35', '20']
    approvals: [{ from: [mayor], count: 0 }]
    escalateAfterMinutes: -1
  - severity: Extreme
    approvals: []
people:
  - { id: A, person: '' }
webhooks:
  - { id: hook }
`;
  const faults = await faultsOf(yaml);
  expect(faults).toMatchObject({
    '/rules/0/regions/1': expect.stringContaining('code of a département'),
    '/rules/0/approvals/0/from/0': expect.stringContaining('must be prefecture'),
    '/rules/0/approvals/0/count': expect.any(String),
    '/rules/0/escalateAfterMinutes': expect.any(String),
    '/rules/1': expect.stringContaining('severity'),
    '/rules/1/approvals': expect.any(String),
    '/people/0/id': expect.stringContaining('small letters'),
    '/people/0/person': expect.any(String),
    '/webhooks/0/url': 'is missing',
  });
});

test('a region or a severity without a rule is a fault, as is a rule that never holds', async () => {
  expect(await faultsOf("rules:\n  - { regions: ['35'], approvals: [{}] }\n")).toEqual({
    '/rules': expect.stringMatching(/^have none for 01 Extreme, 01 Severe, 01 Moderate, and 497 more/),
  });
  const shadowed = 'rules:\n  - approvals: [{}]\n  - { severities: [Extreme], approvals: [{ count: 2 }] }\n';
  expect(await faultsOf(shadowed)).toEqual({ '/rules/1': expect.stringContaining('never holds') });
});

test('people are told apart, have something to approve, and their numbers are numbers', async () => {
  const people = `${ALL}people:
  - { id: a, person: Paule, authorities: [prefecture-35], phone: '06 39 98' }
  - { id: a, person: ' PAULE ', authorities: [ministry] }
  - { id: c, person: Cy }
  - { id: d, person: Di, authorities: [ministry], deputyFor: [ministry] }
`;
  const faults = await faultsOf(people);
  expect(faults).toEqual({
    '/people/0/phone': expect.stringMatching(/^is no telephone number: /),
    '/people/1/id': '"a" is there twice',
    '/people/1/person': expect.stringContaining('is the person of /people/0'),
    '/people/2': expect.stringContaining('could approve nothing'),
    '/people/3/deputyFor': 'ministry is among the authorities too',
  });
  // Faults are printed and logged.
  expect(JSON.stringify(faults)).not.toContain('39 98');
});

test('a webhook is encrypted, signed, and has no password in its address', async () => {
  const hooks = (list: string, secret?: string) => faultsOf(`${ALL}webhooks:\n${list}`, secret);
  expect(await hooks('  - { id: a, url: "https://a.example/x" }\n')).toEqual({
    '/webhooks/0': expect.stringContaining('TOCSIN_APPROVALS_SECRET'),
  });
  expect(await hooks('  - { id: a, url: "http://a.example/secret-path" }\n', SECRET)).toEqual({
    '/webhooks/0/url': 'must be https, or http to this machine itself',
  });
  expect(await hooks('  - { id: a, url: "https://me:pw@a.example" }\n', SECRET)).toEqual({
    '/webhooks/0/url': expect.stringContaining('no user or password'),
  });
  expect(await hooks('  - { id: a, url: nonsense }\n', SECRET)).toEqual({ '/webhooks/0/url': 'is no URL' });
  expect(await hooks('  - { id: a, url: "https://a.example" }\n', 'short')).toEqual({
    '/webhooks/0': expect.stringContaining('16 characters'),
  });
  expect(await hooks('  - { id: a, url: "https://a.example", secretFile: absent }\n')).toEqual({
    '/webhooks/0/secretFile': expect.stringContaining('ENOENT'),
  });
  const rule = 'rules:\n  - { approvals: [{}], webhooks: [b] }\n';
  expect(await faultsOf(rule)).toEqual({ '/rules/0/webhooks/0': 'there is no webhook "b"' });
  writeFileSync(join(folder, 'hook-secret'), `${SECRET}\n`);
  const local = `${ALL}webhooks:\n  - { id: a, url: "http://127.0.0.1:9/x", secretFile: hook-secret }\n`;
  expect((await load(local)).webhooks).toEqual([{ id: 'a', url: 'http://127.0.0.1:9/x', secret: SECRET }]);
});

test('R19: a secret that others on the machine may read is warned of, by programs that read it', async () => {
  const secret = join(folder, 'open-secret');
  writeFileSync(secret, SECRET);
  writeFileSync(file, `${ALL}webhooks:\n  - { id: a, url: "https://a.example", secretFile: open-secret }\n`);
  const warningsAt = async (mode: number, webhooks: boolean) => {
    chmodSync(secret, mode);
    const warnings: Fault[] = [];
    await loadPolicy(file, { webhooks, warn: (warning) => warnings.push(warning) });
    return warnings;
  };
  expect(await warningsAt(0o600, true)).toEqual([]);
  expect(await warningsAt(0o644, true)).toEqual([
    { at: `${file}: /webhooks/0/secretFile`, message: expect.stringContaining('chmod') },
  ]);
  expect(await warningsAt(0o644, false)).toEqual([]);
});

test('a program that calls no webhooks needs none of their secrets', async () => {
  await load(`${ALL}webhooks:\n  - { id: a, url: "https://a.example" }\n`, SECRET);
  expect((await loadPolicy(file, { webhooks: false })).webhooks).toEqual([]);
});

test('a file that is missing or no YAML is refused by its name', async () => {
  const absent = join(folder, 'absent.yaml');
  expect(await refusalOf(() => loadPolicy(absent))).toMatchObject({ code: 'bad_approvals', faults: [{ at: absent }] });
  expect(await refusalOf(() => load('rules: ['))).toMatchObject({ code: 'bad_approvals' });
  expect(await refusalOf(() => load('a: &a [1]\nrules: *a\n'))).toMatchObject({ code: 'bad_approvals' });
});
