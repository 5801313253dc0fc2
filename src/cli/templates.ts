/** `tocsin templates`: looks the wordings over, before the night they are needed. */
import { Command } from 'commander';
import { REGIONS } from '../directory/regions.ts';
import { lintTemplates } from '../templates/lint.ts';
import { Templates } from '../templates/load.ts';
import type { Cli } from './cli.ts';

export function templatesCommand(cli: Cli): Command {
  const command = new Command('templates').description('check the wordings');
  command
    .command('lint')
    .description('check every wording for source, place, time, number, prefix and length; status 1 on an error')
    .option('--folder <folder>', 'where they are (default: TOCSIN_TEMPLATES_FOLDER)')
    .option('--json', 'print the findings as JSON')
    .action((options) => lint(cli, options));
  return command;
}

async function lint(cli: Cli, { folder = cli.templatesFolder, json }: { folder?: string; json?: boolean }) {
  const templates = (await Templates.load(folder)).list();
  const findings = lintTemplates(templates, REGIONS);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) cli.foundWrong();
  if (json) return cli.print(JSON.stringify(findings));
  for (const { at, rule, message, severity } of findings) cli.print(`${at}: ${severity} (${rule}) ${message}`);
  cli.print(`${templates.length} templates: ${errors} errors, ${findings.length - errors} warnings`);
}
