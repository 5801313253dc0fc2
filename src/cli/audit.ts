/** `tocsin audit`: whether the audit log is whole. */
import { Command } from 'commander';
import { verifyAudit } from '../store/audit.ts';
import type { Cli } from './cli.ts';

export function auditCommand(cli: Cli): Command {
  const command = new Command('audit').description('check the audit log');
  command
    .command('verify')
    .description('walk the chain of hashes; status 1 where it breaks')
    .option('--json', 'print {entries, brokenAt} as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await verifyAudit(await cli.openStore());
      if (found.brokenAt !== undefined) cli.foundWrong();
      if (json) return cli.print(JSON.stringify(found));
      if (found.brokenAt === undefined) return cli.print(`${found.entries} entries, the chain is whole`);
      cli.print(`The chain breaks after ${found.brokenAt} entries: one was changed, removed or added by hand`);
    });
  return command;
}
