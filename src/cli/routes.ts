/** `tocsin routes`: the routes of this installation. */
import { Command } from 'commander';
import { ALL_ROUTES, orderReconnect } from '../broadcasts/reconnects.ts';
import { freshReports } from '../broadcasts/route-health.ts';
import { TocsinError } from '../errors.ts';
import type { Cli } from './cli.ts';
import { routeCheckCommand } from './route-check.ts';
import { routeOrphansCommand } from './route-orphans.ts';

interface ReconnectOptions {
  all?: boolean;
  route?: string;
  json?: boolean;
}

export function routesCommand(cli: Cli): Command {
  const command = new Command('routes').description('check routes, make their links bind anew');
  command
    .command('reconnect')
    .description('make every link bind anew, in every process')
    .option('--all', 'of all routes')
    .option('--route <id>', 'of this route')
    .option('--json', 'print {routes, at, by} as JSON')
    .addHelpText(
      'after',
      `
Each link reads what is outstanding, unbinds, and comes back after a random
pause: nothing is lost, and the SMSC does not see all binds at once.`,
    )
    .action((options: ReconnectOptions, self: Command) => {
      if ((options.all === true) === (options.route !== undefined)) self.error('error: name --all, or one --route');
      return reconnect(cli, options);
    });
  return command.addCommand(routeCheckCommand(cli)).addCommand(routeOrphansCommand(cli));
}

async function reconnect(cli: Cli, { route, json }: ReconnectOptions): Promise<void> {
  const store = await cli.openStore();
  const reports = (await freshReports(store, Date.now())).flat();
  const known = [...new Set(reports.map((report) => report.route))].sort();
  if (route !== undefined && !known.includes(route)) {
    const those = known.length === 0 ? 'none runs' : `they know ${known.join(', ')}`;
    throw new TocsinError('not-found', 'unknown_route', `No dispatcher knows a route "${route}": ${those}`);
  }
  const by = { actor: cli.actor, person: cli.actor };
  const { value } = await orderReconnect(store, route ?? ALL_ROUTES, by, Date.now);
  const routes = route === undefined ? known : [route];
  if (json) return cli.print(JSON.stringify({ routes, at: value.at, by: value.by }));
  if (routes.length === 0) return cli.print('No dispatcher runs: there is no link to bind anew');
  cli.print(`Told to bind anew: every link of ${routes.join(', ')}`);
}
