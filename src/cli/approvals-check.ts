/** `tocsin approvals check`: reads an approvals file as the programs do at their start, before they do. */
import { Command } from 'commander';
import type { PolicyRule } from '../notices/policy.ts';
import { loadPolicy } from '../notices/policy-file.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

/** Stands for the secret that only the API is given. */
const SOME_SECRET = '?'.repeat(16);

export function approvalsCheckCommand(cli: Cli): Command {
  return new Command('check')
    .description('check an approvals file as the programs do at their start; status 1 when one would refuse it')
    .argument('[file]', 'the file (default: TOCSIN_APPROVALS_FILE)')
    .option('--json', 'print {rules, people, webhooks} as JSON, without telephone numbers, addresses and secrets')
    .action((file: string | undefined, options: { json?: boolean }) => check(cli, file ?? cli.approvalsFile, options));
}

async function check(cli: Cli, file: string, { json }: { json?: boolean }): Promise<void> {
  const { rules, people, webhooks } = await loadPolicy(file, { secret: SOME_SECRET });
  if (json) {
    const shown = people.map(({ msisdn, ...person }) => ({ ...person, phone: msisdn !== undefined }));
    return cli.print(JSON.stringify({ rules, people: shown, webhooks: webhooks.map(({ id }) => id) }));
  }
  const rows = rules.map(({ regions, severities, approvals, escalateAfterMinutes, sms, webhooks: hooks }) => [
    listed(regions),
    listed(severities),
    approvals.map(asked).join(' + '),
    escalateAfterMinutes === null ? 'never' : `${escalateAfterMinutes} min`,
    [...(sms ? ['SMS'] : []), ...hooks].join(', '),
  ]);
  cli.print(table(['regions', 'severities', 'approvals', 'escalates', 'told by'], rows));
  const withPhone = people.filter(({ msisdn }) => msisdn !== undefined).length;
  cli.print(
    `${file}: ${people.length} people, ${withPhone} of them with a telephone number; ${webhooks.length} webhooks`,
  );
}

const listed = (items: readonly string[] | '*'): string =>
  items === '*' ? 'all' : items.length > 6 ? `${items.slice(0, 6).join(' ')} …` : items.join(' ');

const asked = ({ from, count }: PolicyRule['approvals'][number]): string => `${count} of ${from.join(' or ')}`;
