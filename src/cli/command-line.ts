/**
 * The command line `tocsin`: for whoever runs the machine, straight on the store. It launches nothing and approves
 * nothing; that takes a key and the API. Ends with 0 when all is well, 1 when something failed or was found wrong, 2 on bad usage.
 */
import { Command, CommanderError } from 'commander';
import { TocsinError } from '../errors.ts';
import { approvalsCommand } from './approvals.ts';
import { audienceCommand } from './audience.ts';
import { auditCommand } from './audit.ts';
import { broadcastCommand } from './broadcast.ts';
import type { Cli } from './cli.ts';
import { explain, type Output } from './console-output.ts';
import { directoryCommand } from './directory.ts';
import { evidenceCommand } from './evidence.ts';
import { haltCommand } from './halt.ts';
import { keyCommand } from './key.ts';
import { noticeCommand } from './notice.ts';
import { archiveCommand, purgeCommand } from './purge.ts';
import { routesCommand } from './routes.ts';
import { templatesCommand } from './templates.ts';
import { verifyCommand } from './verify.ts';

export const OK = 0;
export const FAILED = 1;
export const BAD_USAGE = 2;

const EXIT_CODES = `
Exit codes: 0 all is well, 1 failed or something is wrong, 2 bad usage.
Settings come from the environment: TOCSIN_REDIS_URL says where the store is.`;

/** Runs one command. Returns the exit code; everything is said through the output. */
export async function runCommandLine(args: readonly string[], given: Omit<Cli, 'foundWrong'>): Promise<number> {
  let code = OK;
  const cli: Cli = {
    ...given,
    foundWrong: () => {
      code = FAILED;
    },
  };
  const program = new Command('tocsin')
    .description('Tocsin: tells the public by SMS which number to dial when the emergency numbers fail')
    .version(given.version)
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(--help says more)');
  const commands = [
    keyCommand(cli),
    audienceCommand(cli),
    directoryCommand(cli),
    templatesCommand(cli),
    noticeCommand(cli),
    approvalsCommand(cli),
    broadcastCommand(cli),
    haltCommand(cli),
    routesCommand(cli),
    evidenceCommand(cli),
    archiveCommand(cli),
    purgeCommand(cli),
    verifyCommand(cli),
    auditCommand(cli),
  ];
  for (const command of commands) program.addCommand(command);
  quieten(program, cli);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : BAD_USAGE;
    if (!(error instanceof TocsinError)) throw error;
    for (const line of explain(error)) cli.note(line);
    return FAILED;
  }
}

/** Commander would end the process and write by itself, in every subcommand. */
function quieten(command: Command, { print, note }: Output): void {
  const whole = (write: (line: string) => void) => (text: string) => write(text.replace(/\n$/, ''));
  command.exitOverride().configureOutput({ writeOut: whole(print), writeErr: whole(note) });
  for (const child of command.commands) quieten(child, { print, note, terminal: false });
}
