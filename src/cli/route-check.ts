/** `tocsin routes check`: reads a routes file as the programs do at their start, before they do. */
import { Command } from 'commander';
import type { Route } from '../broadcasts/routes.ts';
import { loadRoutesFile } from '../broadcasts/routes-file.ts';
import type { Cli } from './cli.ts';
import { table, wrapped } from './console-output.ts';

/** What is allowed and seldom meant. `at` is a JSON pointer into the file. */
interface Warning {
  readonly at: string;
  readonly message: string;
}

export function routeCheckCommand(cli: Cli): Command {
  return new Command('check')
    .description('check a routes file as the programs do at their start; status 1 when one would refuse it')
    .argument('[file]', 'the file (default: TOCSIN_ROUTES_FILE)')
    .option('--json', 'print {routes, warnings} as JSON, without passwords')
    .action((file: string | undefined, options: { json?: boolean }) => check(cli, file ?? cli.routesFile, options));
}

async function check(cli: Cli, file: string, { json }: { json?: boolean }): Promise<void> {
  const { routes, order, warnings: ofFile } = await loadRoutesFile(file);
  const warnings = [...ofFile, ...routes.flatMap((route, i) => warningsOf(route, `/routes/${i}`))];
  if (json) {
    const shown = routes.map(({ password: _password, tls, ...route }) => ({ ...route, tls: tls !== undefined }));
    return cli.print(JSON.stringify({ routes: shown, order, warnings }));
  }
  cli.print(
    table(
      ['route', 'kind', 'SMSC', 'links', 'window', 'segments/s', 'sender'],
      routes.map((route) => [
        route.id,
        route.kind,
        `${route.host}:${route.port}${route.tls ? ' (TLS)' : ''}`,
        route.links,
        route.window,
        route.segmentsPerSecond ?? 'no limit',
        route.sender.address,
      ]),
    ),
  );
  for (const { at, message } of warnings) for (const line of wrapped(`${at}: ${message}`, '')) cli.print(line);
  cli.print(`${file}: ${counted(routes.length, 'route')}, ${counted(warnings.length, 'warning')}`);
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function warningsOf(route: Route, place: string): Warning[] {
  const found: Warning[] = [];
  const warn = (field: string, message: string) => found.push({ at: `${place}/${field}`, message });
  const live = route.kind === 'live';
  if (live && route.segmentsPerSecond === null) {
    warn('segmentsPerSecond', 'is not set: the SMSC will throttle before the rate is known');
  }
  if (live && !route.tls) warn('tls', 'is not set: numbers, texts and the password go in the clear');
  if (route.interfaceVersion === 0x50) warn('interfaceVersion', 'is 5.0, which many an SMSC refuses (quirk 45)');
  if (route.alphabet === 'ucs2') {
    warn('alphabet', 'sends all as UCS-2: texts above 70 characters take about twice the segments that were approved');
  }
  const { segments, otherSegments } = route.receipts;
  if (segments !== 'each' && otherSegments === 'none') {
    warn('receipts/otherSegments', `hides failures: a text whose ${segments} segment arrives counts as delivered`);
  }
  return found;
}
