/** `tocsin notice`: reads a notice with its texts and decisions. Writing and launching go through the API. */
import { Command } from 'commander';
import type { Notice } from '../notices/notice.ts';
import { agreementOf } from '../notices/requirement.ts';
import { Records } from '../store/records.ts';
import type { Cli } from './cli.ts';
import { table, wrapped } from './console-output.ts';

export function noticeCommand(cli: Cli): Command {
  const command = new Command('notice').description('look at a notice');
  command
    .command('show')
    .description('state, regions, decisions and texts of a notice')
    .argument('<id>', 'id of the notice')
    .option('--json', 'print the whole record as JSON')
    .action((id, options) => show(cli, id, options));
  return command;
}

async function show(cli: Cli, id: string, { json }: { json?: boolean }): Promise<void> {
  const { version, value } = await new Records<Notice>(await cli.openStore(), 'notice').get(id);
  if (json) return cli.print(JSON.stringify({ id, version, ...value }));
  cli.print(`Notice ${id}, version ${version}`);
  const facts = {
    state: value.state,
    status: `${value.status} ${value.msgType}, severity ${value.severity}`,
    template: value.template,
    services: value.services.join(', '),
    regions: `${value.regions.length}: ${value.regions.slice(0, 12).join(', ')}${value.regions.length > 12 ? ', …' : ''}`,
    audience: value.audience,
    expires: value.expires,
    author: value.author,
    broadcast: value.broadcast ?? 'none yet',
  };
  for (const [name, fact] of Object.entries(facts)) cli.print(`  ${name.padEnd(10)}${fact}`);
  if (value.decisions.length > 0) {
    const rows = value.decisions.map(({ region, decision, by, at }) => [region, decision, by, at.slice(0, 19)]);
    cli.print(table(['region', 'decision', 'by', 'at'], rows));
  }
  for (const region of value.state === 'draft' ? [] : value.regions) {
    const { missing, returns } = agreementOf(value, region);
    const asked = missing.map(
      ({ from, count }) => `${count} of ${from === '*' ? 'whoever may decide' : from.join(', ')}`,
    );
    const waits = returns.length > 0 ? 'returned' : asked.join('; ');
    if (waits !== '') cli.print(`  ${region} waits: ${waits}`);
  }
  for (const { region, language, encoding, segments, text } of value.renderings ?? []) {
    cli.print(`  ${region} ${language} (${encoding}, ${segments} segment${segments === 1 ? '' : 's'}):`);
    for (const line of wrapped(text, '    ')) cli.print(line);
  }
}
