/** `tocsin directory`: the alternative numbers from and to a file; where one is missing or stale; what became of them. */
import { Command } from 'commander';
import { Directory } from '../directory/directory.ts';
import { type GapReport, gapReport } from '../directory/gaps.ts';
import { departementsOf, isPlace } from '../directory/places.ts';
import { isService, SERVICES, USUAL_SERVICES } from '../directory/services.ts';
import { refuseFaults } from '../errors.ts';
import { policyContacts } from '../notices/policy-contacts.ts';
import { loadPolicy } from '../notices/policy-file.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';
import { openInput } from './input-file.ts';

interface Which {
  readonly regions: string;
  readonly services: string;
  readonly json?: boolean;
}

export function directoryCommand(cli: Cli): Command {
  const command = new Command('directory').description('alternative numbers: enter, export, list what is wrong');
  command
    .command('import')
    .description('enter a CSV file of alternative numbers: the whole file or nothing of it')
    .argument(
      '<file>',
      'columns region, service, number, owner; valid_from, valid_until: times, or days, the last included',
    )
    .option('--restore', 'believe its test calls and who entered: for a file of export')
    .option('--json', 'print {accepted, testCallsLeftOut} as JSON')
    .addHelpText('after', '\nExample:\n  tocsin directory import config/directory.sample.csv')
    .action((file, options) => importFile(cli, file, options));
  command
    .command('export')
    .description('print every number with its validity and test call, as import reads it')
    .option('--json', 'print the entries as JSON')
    .addHelpText('after', '\nExample:\n  tocsin directory export > directory.csv')
    .action((options) => exportAll(cli, options));
  which(command.command('missing'))
    .description('list regions without a number in force; status 1 when there are any')
    .option('--json', 'print [{region, service}] as JSON')
    .action((options) => missing(cli, options));
  which(command.command('stale'))
    .description(
      'list numbers and contacts without a recent test, and those that will be\nin two weeks; status 1 when a number is missing or a test too old',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nMeant for a daily run: its table goes to who makes the test calls.')
    .action((options) => stale(cli, options));
  command
    .command('history')
    .description('every former number and test call of a service in a region')
    .argument('<region>', '35, R53 or FR')
    .argument('<service>', '15')
    .option('--json', 'print the events as JSON')
    .action((region, service, options) => history(cli, region, service, options));
  return command;
}

const which = (command: Command): Command =>
  command
    .option('--regions <codes>', 'only these: 35,2A, or R53 for all of a region', 'FR')
    .option('--services <numbers>', 'services that need a number', USUAL_SERVICES.join(','));

async function open(cli: Cli): Promise<Directory> {
  return new Directory({ store: await cli.openStore(), ...cli.directory });
}

function chosen({ regions, services }: Which): { regions: string[]; services: string[] } {
  const places = regions.split(',').map((code) => code.trim());
  const numbers = services.split(',').map((number) => number.trim());
  const known = SERVICES.map(({ number }) => number).join(', ');
  refuseFaults('unknown_region', 'Some regions are unknown', [
    ...places
      .filter((code) => !isPlace(code))
      .map((code) => ({ at: `--regions ${code}`, message: 'there is no such region; codes are as 35, 2A, R53, FR' })),
  ]);
  refuseFaults('unknown_service', 'Some services are unknown', [
    ...numbers
      .filter((number) => !isService(number))
      .map((number) => ({ at: `--services ${number}`, message: `there is no such service; there are ${known}` })),
  ]);
  return { regions: [...new Set(places.flatMap(departementsOf))], services: numbers };
}

async function importFile(cli: Cli, file: string, options: { restore?: boolean; json?: boolean }): Promise<void> {
  const { stream } = await openInput(file);
  const by = { actor: cli.actor, person: cli.actor };
  const { accepted, testCallsLeftOut } = await (await open(cli)).importCsv(stream, by, {
    restore: options.restore === true,
  });
  if (options.json) return cli.print(JSON.stringify({ accepted, testCallsLeftOut }));
  cli.print(`${accepted} alternative numbers are in the directory`);
  if (testCallsLeftOut > 0)
    cli.note(`${testCallsLeftOut} test calls of the file are not: nobody recorded them here (see --restore)`);
}

async function exportAll(cli: Cli, { json }: { json?: boolean }): Promise<void> {
  const directory = await open(cli);
  cli.print(json ? JSON.stringify(await directory.list()) : (await directory.exportCsv()).trimEnd());
}

async function missing(cli: Cli, options: Which): Promise<void> {
  const { regions, services } = chosen(options);
  const directory = await open(cli);
  const found = await directory.missing(regions, services, directory.now());
  if (found.length > 0) cli.foundWrong();
  if (options.json) return cli.print(JSON.stringify(found));
  if (found.length === 0)
    return cli.print(`No number is missing (${regions.length} regions, services ${services.join(', ')})`);
  const gaps = regions.map(
    (code) => [code, found.filter(({ region }) => region === code).map(({ service }) => service)] as const,
  );
  const rows = gaps.filter(([, services]) => services.length > 0).map(([code, services]) => [code, services.join(' ')]);
  cli.print(table(['region', 'services without a number'], rows));
}

async function stale(cli: Cli, options: Which): Promise<void> {
  // Webhooks go with their secrets, which are the API's: its report has them.
  const expected = policyContacts(await loadPolicy(cli.approvalsFile, { webhooks: false }));
  const directory = new Directory({ store: await cli.openStore(), ...cli.directory, expected });
  const report = await gapReport(directory, { ...chosen(options), due: true });
  const { counts, contactCounts } = report;
  if (counts.missing + counts.stale + contactCounts.stale > 0) cli.foundWrong();
  if (options.json) return cli.print(JSON.stringify(report));
  const rows = [
    ...report.numbers.map(({ region, service, state, reason }) => [`${region} ${service}`, words(state), reason]),
    ...report.contacts.map(({ id, state, reason }) => [id, words(state), reason]),
  ];
  if (rows.length > 0) cli.print(table(['what', 'state', 'why'], rows));
  cli.print(`Numbers: ${summary(counts)}`);
  cli.print(`Contacts: ${summary(contactCounts)}`);
}

const words = (state: string): string => state.replace('_', ' ');

const summary = (counts: GapReport['counts']): string =>
  Object.entries(counts)
    .map(([state, count]) => `${count} ${words(state)}`)
    .join(', ');

async function history(cli: Cli, region: string, service: string, { json }: { json?: boolean }): Promise<void> {
  const events = await (await open(cli)).history(region, service);
  if (json) return cli.print(JSON.stringify(events));
  if (events.length === 0) return cli.print(`Nothing was ever entered for service ${service} in region ${region}`);
  const rows = events.map(({ at, by, act, before, after }) => {
    const entry = after ?? before;
    return [at.slice(0, 16).replace('T', ' '), by, words(act), entry?.display ?? '', entry?.owner ?? ''];
  });
  cli.print(table(['when (UTC)', 'who', 'what', 'number', 'who answers'], rows));
}
