/** `tocsin key`: API keys. The first one of an installation can only be made here. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadIdentityFile } from '../api/identity-file.ts';
import { type ApiKey, Keys } from '../api/keys.ts';
import { ROLES, type Role } from '../api/rights.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

export function keyCommand(cli: Cli): Command {
  const command = new Command('key').description('make, renew, list and revoke API keys');
  command
    .command('create')
    .description('make a key; its secret is shown this once')
    .requiredOption('--name <name>', 'what the key is for')
    .addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).makeOptionMandatory())
    .option('--person <person>', 'who answers for it: nobody approves what they wrote (default: the name)')
    .option('--regions <codes>', 'what an approver decides for: 35,2A or all')
    .option('--expires <time>', 'RFC 3339 time after which it is refused')
    .option('--json', 'print {key, secret} as JSON')
    .addHelpText(
      'after',
      `
Examples:
  tocsin key create --name cell --role admin
  tocsin key create --name pref35 --role approver --regions 35 --person "A. Roy"`,
    )
    .action((options) => create(cli, options));
  command
    .command('rotate')
    .description('give a key a new secret, shown this once; nothing else of it changes')
    .argument('<id>', 'id of the key, 12 hexadecimal digits')
    .option(
      '--overlap <hours>',
      'how long the old secret works too, up to 168 hours; 0 after a theft',
      overlapSeconds,
      0,
    )
    .option('--json', 'print {key, secret} as JSON')
    .action((id, options) => rotate(cli, id, options));
  command
    .command('list')
    .description('list keys, newest first')
    .option('--json', 'print JSON')
    .action((options) => list(cli, options));
  command
    .command('revoke')
    .description('revoke a key: refused everywhere at once')
    .argument('<id>', 'id of the key, 12 hexadecimal digits')
    .option('--json', 'print JSON')
    .action((id, options) => revoke(cli, id, options));
  return command;
}

interface CreateOptions {
  name: string;
  role: Role;
  person?: string;
  regions?: string;
  expires?: string;
  json?: boolean;
}

async function create(cli: Cli, options: CreateOptions): Promise<void> {
  const { name, role, person = name, regions, expires, json } = options;
  const scope = regions === 'all' ? ('*' as const) : regions?.split(',').map((code) => code.trim());
  const wanted = {
    name,
    person,
    role,
    ...(scope === undefined ? {} : { regions: scope }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
  const made = await (await keysOf(cli)).create(wanted, cli.actor);
  if (json) return cli.print(JSON.stringify(made));
  cli.print(`Key ${made.key.id} (${role}) for ${person}. Its secret is shown this once:`);
  cli.print(made.secret);
}

const OVERLAP_MAX_HOURS = 168;

function overlapSeconds(text: string): number {
  const hours = Number(text);
  if (text !== '' && hours >= 0 && hours <= OVERLAP_MAX_HOURS) return Math.round(hours * 3_600);
  throw new InvalidArgumentError(`It takes hours between 0 and ${OVERLAP_MAX_HOURS}.`);
}

async function rotate(cli: Cli, id: string, { overlap, json }: { overlap: number; json?: boolean }): Promise<void> {
  const made = await (await keysOf(cli)).rotate(id, overlap, cli.actor);
  if (json) return cli.print(JSON.stringify(made));
  const { person, previousUntil } = made.key;
  const until = previousUntil === undefined ? 'no longer works' : `works until ${previousUntil}`;
  cli.print(`Key ${id} of ${person} has a new secret, shown this once; the old one ${until}:`);
  cli.print(made.secret);
}

const PAGE = 500;

async function keysOf({ openStore, identityFile }: Cli): Promise<Keys> {
  const policy = identityFile === undefined ? {} : (await loadIdentityFile(identityFile)).keys;
  return new Keys({ store: await openStore(), policy });
}

async function list(cli: Cli, { json }: { json?: boolean }): Promise<void> {
  const held = await keysOf(cli);
  const keys: ApiKey[] = [];
  for (let before: string | undefined; ; before = keys.at(-1)!.id) {
    const page = await held.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    keys.push(...page);
    if (page.length < PAGE) break;
  }
  if (json) return cli.print(JSON.stringify(keys));
  const rows = keys.map(({ id, name, role, regions = [], lastUsedAt, revokedAt, expiresAt }) => [
    id,
    name,
    role,
    regions === '*' ? 'all' : regions.join(','),
    lastUsedAt?.slice(0, 16) ?? 'never',
    revokedAt ? 'revoked' : expiresAt && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'in force',
  ]);
  cli.print(table(['id', 'name', 'role', 'regions', 'last used', 'state'], rows));
}

async function revoke(cli: Cli, id: string, { json }: { json?: boolean }): Promise<void> {
  const key = await (await keysOf(cli)).revoke(id, cli.actor);
  cli.print(json ? JSON.stringify(key) : `Key ${id} (${key.name}) is revoked`);
}
