/** `tocsin directory`: the alternative numbers, from a file; and where one is missing. */
import { Command } from 'commander';
import { Directory } from '../directory/directory.ts';
import { REGIONS, requireRegions } from '../directory/regions.ts';
import { isService, SERVICES } from '../directory/services.ts';
import { refuseFaults } from '../errors.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';
import { openInput } from './input-file.ts';

/** The services of the notice that this is all for. */
const USUAL_SERVICES = '15,17,18,112';

export function directoryCommand(cli: Cli): Command {
  const command = new Command('directory').description('enter alternative numbers, and list what is missing');
  command
    .command('import')
    .description('enter a CSV file of alternative numbers: the whole file or nothing of it')
    .argument('<file>', 'columns region, service, number, owner; valid_from, valid_until, verified_by, verified_at')
    .option('--json', 'print {accepted} as JSON')
    .addHelpText('after', '\nExample:\n  tocsin directory import config/directory.sample.csv')
    .action((file, options) => importFile(cli, file, options));
  command
    .command('missing')
    .description('list regions without a number in force; status 1 when there are any')
    .option('--regions <codes>', 'only these: 35,2A (default: all)')
    .option('--services <numbers>', 'services that need a number', USUAL_SERVICES)
    .option('--json', 'print [{region, service}] as JSON')
    .action((options) => missing(cli, options));
  return command;
}

async function importFile(cli: Cli, file: string, { json }: { json?: boolean }): Promise<void> {
  const { stream } = await openInput(file);
  const { accepted } = await new Directory({ store: await cli.openStore() }).importCsv(stream, {
    actor: cli.actor,
    person: cli.actor,
  });
  cli.print(json ? JSON.stringify({ accepted }) : `${accepted} alternative numbers are in the directory`);
}

async function missing(cli: Cli, options: { regions?: string; services: string; json?: boolean }): Promise<void> {
  const codes = options.regions?.split(',').map((code) => code.trim()) ?? REGIONS.map(({ code }) => code);
  requireRegions(codes, '--regions');
  const services = options.services.split(',').map((number) => number.trim());
  const unknown = services.filter((number) => !isService(number));
  const message = `there is no such service; there are ${SERVICES.map(({ number }) => number).join(', ')}`;
  refuseFaults(
    'unknown_service',
    'Some services are unknown',
    unknown.map((number) => ({ at: `--services ${number}`, message })),
  );
  const found = await new Directory({ store: await cli.openStore() }).missing(codes, services, Date.now());
  if (found.length > 0) cli.foundWrong();
  if (options.json) return cli.print(JSON.stringify(found));
  if (found.length === 0)
    return cli.print(`No number is missing (${codes.length} regions, services ${services.join(', ')})`);
  const gaps = codes.map(
    (code) => [code, found.filter(({ region }) => region === code).map(({ service }) => service)] as const,
  );
  const rows = gaps.filter(([, services]) => services.length > 0).map(([code, services]) => [code, services.join(' ')]);
  cli.print(table(['region', 'services without a number'], rows));
}
