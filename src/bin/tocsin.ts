#!/usr/bin/env node
/** The command line. It connects to the store on a command's first use of it, and ends with the command's exit code. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import process from 'node:process';
import { FAILED, runCommandLine } from '../cli/command-line.ts';
import { explainConfigError, loadConfig } from '../config.ts';
import { TocsinError } from '../errors.ts';
import { openStore as connectStore, ready, type Store } from '../store/connection.ts';
import { hostsOf } from '../store/redis-url.ts';

function settings() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    for (const line of explainConfigError(error)) console.error(line);
    process.exit(FAILED);
  }
}

const config = settings();
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
let store: Store | undefined;

async function openStore(): Promise<Store> {
  if (store) return store;
  let last: Error | undefined;
  store = connectStore(config.redis, 'worker', (error) => {
    last = error;
  });
  try {
    await ready(store.redis);
  } catch (cause) {
    // The URL may hold a password: only its hosts are named.
    const message = `The store at ${hostsOf(config.redis.url)} cannot be reached: ${(last ?? (cause as Error)).message}`;
    throw new TocsinError('unavailable', 'store_unavailable', message, { cause });
  }
  return store;
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  print: (line) => console.log(line),
  note: (line) => console.error(line),
  terminal: process.stderr.isTTY === true,
  openStore,
  actor: `cli:${userInfo().username}`,
  routesFile: config.routesFile,
  ...(config.identityFile === undefined ? {} : { identityFile: config.identityFile }),
  templatesFolder: config.templatesFolder,
  languagesFile: config.languagesFile,
  directory: config.directory,
  approvalsFile: config.approvals.file,
  dataFolder: config.dataFolder,
  archiveFolder: config.archiveFolder,
  retention: config.retention,
  version,
});
store?.redis.disconnect();
