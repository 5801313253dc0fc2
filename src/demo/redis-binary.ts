/**
 * Finds a Redis (or Valkey) server program on this machine, and installs one by apt-get or Homebrew where there is none,
 * saying so. It refuses a server too old for the ledger, and where it can't install it ends with the commands to type.
 */
import { spawnSync } from 'node:child_process';
import { platform } from 'node:os';
import { TocsinError } from '../errors.ts';

/** BITFIELD_RO, GETEX and COPY come with 6.2; every Valkey has them. */
const OLDEST = { major: 6, minor: 2 } as const;
const PROGRAMS = ['redis-server', 'valkey-server'] as const;
/** '' is the PATH itself; the others hold servers that a trimmed PATH hides. */
const FOLDERS = ['', '/usr/bin/', '/usr/sbin/', '/usr/local/bin/', '/opt/homebrew/bin/'] as const;

const BY_HAND = {
  linux: 'sudo apt-get update && sudo apt-get install -y redis-server',
  darwin: 'brew install redis',
} as const;

/** Runs a program to its end; `status` is undefined when it could not be started at all. */
export type Run = (program: string, args: readonly string[]) => { status: number | undefined; output: string };

export interface Surroundings {
  /** Takes one line for the person at the screen. */
  readonly say: (line: string) => void;
  readonly run?: Run;
  readonly system?: string;
}

const runProgram: Run = (program, args) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  return { status: error ? undefined : (status ?? undefined), output: `${stdout ?? ''}${stderr ?? ''}` };
};

/**
 * A server program of version 6.2 or later, installed when needed.
 * Throws `unavailable` (`redis_missing`, `redis_too_old`) with the commands that mend it.
 */
export async function findOrInstallRedis(surroundings: Surroundings): Promise<string> {
  const { say, run = runProgram, system = platform() } = surroundings;
  const found = findRedis(run);
  if (found.program !== undefined) return found.program;
  const trouble = install({ say, run, system });
  const installed = findRedis(run);
  if (installed.program !== undefined) {
    say(`Redis is installed: ${installed.program}`);
    return installed.program;
  }
  throw refusal(system, trouble, installed.tooOld);
}

interface Finding {
  readonly program?: string;
  /** The first server that had to be passed over: where, and its version. */
  readonly tooOld?: string;
}

function findRedis(run: Run): Finding {
  let tooOld: string | undefined;
  for (const folder of FOLDERS) {
    for (const name of PROGRAMS) {
      const program = `${folder}${name}`;
      const { status, output } = run(program, ['--version']);
      const [, version, major, minor] = /server v=((\d+)\.(\d+)[^\s]*)/i.exec(output) ?? [];
      if (status !== 0 || version === undefined) continue;
      if (isNewEnough(Number(major), Number(minor))) return { program };
      tooOld ??= `${program} is version ${version}`;
    }
  }
  return tooOld === undefined ? {} : { tooOld };
}

const isNewEnough = (major: number, minor: number): boolean =>
  major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);

/** Returns what went wrong, if anything did. */
function install({ say, run, system }: Required<Surroundings>): string | undefined {
  if (system === 'darwin') {
    say('There is no Redis on this machine: installing it with "brew install redis" ...');
    const { status, output } = run('brew', ['install', 'redis']);
    return status === 0 ? undefined : (lastLine(output) ?? 'Homebrew (brew) is not there');
  }
  if (run('apt-get', ['--version']).status !== 0) return 'apt-get is not there';
  const root = run('id', ['-u']).output.trim() === '0';
  if (!root && run('sudo', ['-n', 'true']).status !== 0) return 'apt-get needs root, and sudo asks for a password';
  say('There is no Redis on this machine: installing it with "apt-get install redis-server" (takes a minute) ...');
  // RUNLEVEL=1 keeps the package from starting its system service, where that goes by run level; on a systemd machine
  // the service comes up on the loopback port 6379 only, and Tocsin never talks to it.
  const settings = ['RUNLEVEL=1', 'DEBIAN_FRONTEND=noninteractive'];
  const [program, before] = root ? ['env', settings] : ['sudo', ['-n', 'env', ...settings]];
  // A stale list may still name the right package, so a failing update is told only when the installation fails too.
  const update = run(program, [...before, 'apt-get', 'update', '-q']);
  // --reinstall: dpkg may count a server as installed whose program was moved away.
  // Another program may be installing something just now.
  const options = ['-y', '-q', '--no-install-recommends', '--reinstall', '-o', 'DPkg::Lock::Timeout=120'];
  const done = run(program, [...before, 'apt-get', 'install', ...options, 'redis-server', 'redis-tools']);
  if (done.status === 0) return undefined;
  return `apt-get failed: ${lastLine(done.output) ?? lastLine(update.output) ?? 'without a word'}`;
}

const lastLine = (output: string): string | undefined => output.trim().split('\n').at(-1) || undefined;

function refusal(system: string, trouble: string | undefined, tooOld: string | undefined): TocsinError {
  const byHand = system === 'darwin' ? BY_HAND.darwin : BY_HAND.linux;
  const wanted = `Redis ${OLDEST.major}.${OLDEST.minor} or later (or Valkey)`;
  if (tooOld !== undefined) {
    const message = `Tocsin needs ${wanted}, but ${tooOld}. Install a newer one (https://redis.io/docs/install), for example:\n  ${byHand}`;
    return new TocsinError('unavailable', 'redis_too_old', message);
  }
  const why = trouble ?? 'the installation ended well, yet no server program is there';
  const message = `Tocsin needs ${wanted}, and could not install it: ${why}.\nInstall it by hand, then start again:\n  ${byHand}`;
  return new TocsinError('unavailable', 'redis_missing', message);
}
