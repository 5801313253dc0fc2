/** The command line of the simulator program, and how its short options change the behaviour. It reads one file. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { parse as parseYaml } from 'yaml';
import { TocsinError } from '../errors.ts';
import type { SimulatorOptions } from './simulator.ts';

interface Flags {
  smppPort: number;
  smppHost: string;
  httpPort: number;
  httpHost: string;
  systemId?: string;
  password?: string;
  rate?: number;
  maxBinds?: number;
  seed: number;
  behaviour?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
}

const MAX_PORT = 65_535;

/** The program's options; `argv` as node gives it. Prints help and ends the process where asked to. */
export function readOptions(
  argv: readonly string[],
): Required<Omit<SimulatorOptions, 'log' | 'tls'>> & Pick<SimulatorOptions, 'tls'> {
  const flags = new Command('tocsin-simulator')
    .description('An SMSC to test any SMPP client against: its behaviour is set and its record read over HTTP.')
    .option('--smpp-port <port>', 'SMPP port, 0 for any free one', port, 2775)
    .option('--smpp-host <address>', 'address to listen on for SMPP', '127.0.0.1')
    .option('--http-port <port>', 'HTTP control port, 0 for any free one', port, 2780)
    .option('--http-host <address>', 'address of the HTTP control, which has no authentication', '127.0.0.1')
    .option('--system-id <id>', 'system_id of the only account (default: "tocsin")')
    .option('--password <password>', 'its password (default: "secret")')
    .option('--max-binds <count>', 'its sessions at once', count)
    .option('--rate <segments>', 'its segments a second; more are throttled', count)
    .option('--seed <number>', 'the same seed gives the same choices', count, 1)
    .option('--behaviour <file>', 'behaviour, JSON or YAML; see docs/simulator.md')
    .option('--tls-cert <file>', 'SMPP over TLS, with this certificate (PEM)')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--tls-ca <file>', 'clients must show a certificate of these authorities (PEM)')
    .parse([...argv])
    .opts<Flags>();
  const { smppPort, smppHost, httpPort, httpHost, seed } = flags;
  return { smppPort, smppHost, httpPort, httpHost, seed, behaviour: behaviourOf(flags), tls: tlsOf(flags) };
}

function tlsOf({ tlsCert, tlsKey, tlsCa }: Flags): SimulatorOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new TocsinError('invalid', 'bad_tls', 'TLS needs both --tls-cert and --tls-key');
  }
  const tls = { cert: readPem(tlsCert, '--tls-cert'), key: readPem(tlsKey, '--tls-key') };
  return tlsCa === undefined ? tls : { ...tls, ca: readPem(tlsCa, '--tls-ca') };
}

function readPem(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const faults = [{ at: option, message: cause instanceof Error ? cause.message : String(cause) }];
    throw new TocsinError('invalid', 'bad_tls', 'a file for TLS cannot be read', { faults, cause });
  }
}

function behaviourOf(flags: Flags): unknown {
  const behaviour = flags.behaviour === undefined ? {} : readBehaviour(flags.behaviour);
  const account = {
    ...(flags.systemId !== undefined && { systemId: flags.systemId }),
    ...(flags.password !== undefined && { password: flags.password }),
    ...(flags.maxBinds !== undefined && { maxBinds: flags.maxBinds }),
    ...(flags.rate !== undefined && { segmentsPerSecond: flags.rate }),
  };
  if (Object.keys(account).length === 0) return behaviour;
  if ('accounts' in behaviour) {
    const message =
      'accounts stand in the behaviour file: --system-id, --password, --max-binds and --rate do not apply';
    throw new TocsinError('invalid', 'two_accounts', message);
  }
  return { ...behaviour, accounts: [{ systemId: 'tocsin', password: 'secret', ...account }] };
}

function readBehaviour(file: string): object {
  let behaviour: unknown;
  try {
    behaviour = parseYaml(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    const faults = [{ at: file, message: cause instanceof Error ? cause.message : String(cause) }];
    throw new TocsinError('invalid', 'bad_behaviour', 'the behaviour file cannot be read', { faults, cause });
  }
  if (typeof behaviour === 'object' && behaviour !== null && !Array.isArray(behaviour)) return behaviour;
  const faults = [{ at: file, message: 'must hold an object' }];
  throw new TocsinError('invalid', 'bad_behaviour', 'the behaviour file holds no behaviour', { faults });
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}

function port(text: string): number {
  const number = count(text);
  if (number > MAX_PORT) throw new InvalidArgumentError(`must be 0 to ${MAX_PORT}.`);
  return number;
}
