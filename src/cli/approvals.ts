/** `tocsin approvals`: the policy, and the standing approvals as they stand, which a person gives and revokes by the API. */
import { Command } from 'commander';
import type { StandingApproval } from '../notices/standing-approval.ts';
import { allRecords, Records, type Stored } from '../store/records.ts';
import { approvalsCheckCommand } from './approvals-check.ts';
import type { Cli } from './cli.ts';
import { wrapped } from './console-output.ts';

export function approvalsCommand(cli: Cli): Command {
  const command = new Command('approvals').description('check who must approve, look at standing approvals');
  command
    .command('list')
    .description('list standing approvals in force, newest first')
    .option('--all', 'with those revoked, used up or over', false)
    .option('--json', 'print the records as JSON')
    .action((options) => list(cli, options));
  return command.addCommand(approvalsCheckCommand(cli));
}

async function list(cli: Cli, { all, json }: { all: boolean; json?: boolean }): Promise<void> {
  const records = new Records<StandingApproval>(await cli.openStore(), 'standing_approval');
  const found: Stored<StandingApproval>[] = [];
  for await (const one of allRecords(records)) found.push(one);
  const nowMs = Date.now();
  const shown = found.filter(({ value }) => all || stateOf(value, nowMs) === 'in force');
  if (json) return cli.print(JSON.stringify(shown.map(({ id, version, value }) => ({ id, version, ...value }))));
  if (shown.length === 0)
    return cli.print(all ? 'There are no standing approvals.' : 'No standing approval is in force.');
  for (const { id, value } of shown) {
    const { template, by, regions, uses, maxUses, validUntil, waives = [] } = value;
    cli.print(`${id}  ${stateOf(value, nowMs)}`);
    for (const line of wrapped(`${template}, by ${by}, until ${validUntil}`, '  ')) cli.print(line);
    cli.print(`  used ${uses}${maxUses === undefined ? '' : ` of ${maxUses}`}`);
    if (waives.length > 0) cli.print(`  accepts that ${waives.join(', ')} is waived`);
    for (const line of wrapped(`regions ${regions.join(', ')}`, '  ')) cli.print(line);
  }
}

function stateOf({ revoked, validFrom, validUntil, uses, maxUses }: StandingApproval, nowMs: number): string {
  if (revoked) return `revoked by ${revoked.by}`;
  if (nowMs >= Date.parse(validUntil)) return 'over';
  if (nowMs < Date.parse(validFrom)) return `holds from ${validFrom.slice(0, 16)}`;
  return maxUses !== undefined && uses >= maxUses ? 'used up' : 'in force';
}
