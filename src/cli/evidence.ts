/** `tocsin evidence`: writes the evidence of a broadcast into a folder, for an inquiry. */
import { Command } from 'commander';
import { Audiences } from '../audience/audiences.ts';
import { auditReading } from '../broadcasts/audited-readings.ts';
import { writeEvidence } from '../archive/evidence.ts';
import type { Notice } from '../notices/notice.ts';
import { Records } from '../store/records.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

export function evidenceCommand(cli: Cli): Command {
  const command = new Command('evidence').description('export what a broadcast did');
  command
    .command('export')
    .description('write notice, approvals, texts, audit entries and what became of everybody, with hashes')
    .argument('<id>', 'id of the broadcast, such as b12')
    .requiredOption('--to <folder>', 'folder to write into; it will hold telephone numbers: keep it safe')
    .option('--json', 'print the files as JSON')
    .addHelpText('after', '\nExample:\n  tocsin evidence export b12 --to data/evidence-b12')
    .action((id, options) => exportTo(cli, id, options));
  return command;
}

async function exportTo(cli: Cli, id: string, { to, json }: { to: string; json?: boolean }): Promise<void> {
  const store = await cli.openStore();
  const audiences = new Audiences({ store, workFolder: cli.dataFolder });
  const block = (audience: string, region: string, language: string, n: number) =>
    audiences.block(audience, region, language, n);
  const notices = new Records<Notice>(store, 'notice');
  await auditReading(store, 'evidence', id, { actor: cli.actor, person: cli.actor });
  const { files } = await writeEvidence({ store, notices, block, workFolder: cli.dataFolder }, id, to);
  if (json) return cli.print(JSON.stringify(files));
  cli.print(`The evidence of ${id} is in ${to}:`);
  cli.print(
    table(
      ['file', 'bytes', 'SHA-256'],
      files.map(({ name, bytes, sha256 }) => [name, bytes, `${sha256.slice(0, 24)}…`]),
    ),
  );
}
