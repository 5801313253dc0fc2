#!/usr/bin/env node
/** The command line. It connects to the store on a command's first use of it, and ends with the command's exit code. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import process from 'node:process';
import { FAILED, runCommandLine } from '../cli/command-line.ts';
import { explainConfigError, loadConfig } from '../config.ts';
import { TocsinError } from '../errors.ts';
import { connectRedis, ready, type Store } from '../store/connection.ts';

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
  const { url, prefix } = config.redis;
  let last: Error | undefined;
  const redis = connectRedis(url, 'worker', (error) => {
    last = error;
  });
  store = { redis, prefix };
  try {
    await ready(redis);
  } catch (cause) {
    // The URL may hold a password: only its host is named.
    const message = `The store at ${new URL(url).host} cannot be reached: ${(last ?? (cause as Error)).message}`;
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
  templatesFolder: config.templatesFolder,
  dataFolder: config.dataFolder,
  version,
});
store?.redis.disconnect();
