/** `tocsin evidence`: writes the evidence of a broadcast into a folder, for an inquiry; checks one, and looks one up in it. */
import { Command } from 'commander';
import { checkEvidence } from '../archive/evidence-check.ts';
import { recipientInEvidence } from '../archive/evidence-lookup.ts';
import { recipientNumber, toldState } from './broadcast.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';
import { archiveOf } from './purge.ts';

export function evidenceCommand(cli: Cli): Command {
  const command = new Command('evidence').description('export and check what a broadcast did');
  command
    .command('export')
    .description('write notice, approvals, texts, audit entries and what became of everybody, with hashes')
    .argument('<id>', 'id of the broadcast, such as b12')
    .requiredOption('--to <folder>', 'folder to write into; it will hold telephone numbers: keep it safe')
    .option('--json', 'print the files as JSON')
    .addHelpText('after', '\nExample:\n  tocsin evidence export b12 --to data/evidence-b12')
    .action((id, options) => exportTo(cli, id, options));
  command
    .command('verify')
    .description('recompute every hash of exported evidence, without the store; status 1 when one differs')
    .argument('<path>', 'the folder, or the .tar.gz')
    .option('--manifest <sha256>', 'what the manifest must be: the audit log has it (archive.write)')
    .option('--json', 'print {broadcast, files, manifest, faults, purged} as JSON')
    .action((path, options) => verify(cli, path, options));
  command
    .command('recipient')
    .description('what became of one number, by exported or archived evidence alone, without the store')
    .argument('<folder>', 'the evidence, unpacked; every file of it is checked first')
    .argument('<msisdn>', 'the number; your shell may keep it in its history')
    .option('--json', 'print the state as JSON')
    .action((folder, msisdn, options) => recipient(cli, folder, msisdn, options));
  return command;
}

async function exportTo(cli: Cli, id: string, { to, json }: { to: string; json?: boolean }): Promise<void> {
  const { files } = await (await archiveOf(cli)).writeEvidence(id, to, { actor: cli.actor, person: cli.actor });
  if (json) return cli.print(JSON.stringify(files));
  cli.print(`The evidence of ${id} is in ${to}:`);
  cli.print(
    table(
      ['file', 'bytes', 'SHA-256'],
      files.map(({ name, bytes, sha256 }) => [name, bytes, `${sha256.slice(0, 24)}…`]),
    ),
  );
}

async function recipient(cli: Cli, folder: string, number: string, { json }: { json?: boolean }): Promise<void> {
  const found = await recipientInEvidence(folder, recipientNumber(number));
  if (json) return cli.print(JSON.stringify(found));
  for (const line of toldState(found)) cli.print(line);
}

async function verify(
  cli: Cli,
  path: string,
  { json, manifest: expected }: { json?: boolean; manifest?: string },
): Promise<void> {
  const found = await checkEvidence(path, expected);
  if (found.faults.length > 0) cli.foundWrong();
  if (json) return cli.print(JSON.stringify(found));
  const { broadcast, files, manifest, faults, purged } = found;
  for (const { at, message } of faults) cli.print(`${at}: ${message}`);
  for (const name of purged) cli.print(`${name}: is not there: its time was over`);
  cli.print(`${broadcast}: ${files} files, ${faults.length === 0 ? 'all as they were exported' : 'not as exported'}`);
  cli.print(`manifest ${manifest}`);
}
