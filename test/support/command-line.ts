import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cli } from '../../src/cli/cli.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { TocsinError } from '../../src/errors.ts';
import type { Store } from '../../src/store/connection.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

/** Runs one command against `store`; without one, the store cannot be reached. */
export function runCli(store: Store | undefined, ...args: string[]): Promise<Ended> {
  return runCliWith({}, store, ...args);
}

/** The same with settings of its own. */
export async function runCliWith(
  settings: Partial<Pick<Cli, 'dataFolder' | 'archiveFolder' | 'retention'>>,
  store: Store | undefined,
  ...args: string[]
): Promise<Ended> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await runCommandLine(args, {
    print: (line) => out.push(line),
    note: (line) => notes.push(line),
    terminal: false,
    openStore: async () => {
      if (store) return store;
      throw new TocsinError('unavailable', 'store_unavailable', 'The store cannot be reached');
    },
    actor: 'cli:tester',
    routesFile: fileURLToPath(new URL('../../config/routes.yaml', import.meta.url)),
    templatesFolder: fileURLToPath(new URL('../../templates', import.meta.url)),
    languagesFile: fileURLToPath(new URL('../../config/languages.yaml', import.meta.url)),
    directory: {},
    approvalsFile: fileURLToPath(new URL('../../config/approvals.yaml', import.meta.url)),
    dataFolder: tmpdir(),
    archiveFolder: join(tmpdir(), 'tocsin-archive'),
    retention: { ledgerDays: 30, audienceDays: 30, archiveDays: 1_095, rejectedDays: 30 },
    ...settings,
    version: '1.2.3',
  });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}
