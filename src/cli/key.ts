/** `tocsin key`: API keys. The first one of an installation can only be made here. */
import { Command, Option } from 'commander';
import { createKey, Keys } from '../api/keys.ts';
import { ROLES, type Role } from '../api/rights.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

export function keyCommand(cli: Cli): Command {
  const command = new Command('key').description('make, list and revoke API keys');
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
    .command('list')
    .description('list keys, newest first')
    .option('--json', 'print JSON')
    .action((options) => list(cli, options));
  command
    .command('revoke')
    .description('revoke a key: refused everywhere within two seconds')
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
  const made = await createKey(await cli.openStore(), wanted, cli.actor);
  if (json) return cli.print(JSON.stringify(made));
  cli.print(`Key ${made.key.id} (${role}) for ${person}. Its secret is shown this once:`);
  cli.print(made.secret);
}

async function list(cli: Cli, { json }: { json?: boolean }): Promise<void> {
  const keys = await new Keys({ store: await cli.openStore() }).list({ limit: 500 });
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
  const key = await new Keys({ store: await cli.openStore() }).revoke(id, cli.actor);
  cli.print(json ? JSON.stringify(key) : `Key ${id} (${key.name}) is revoked`);
}
