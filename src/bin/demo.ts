#!/usr/bin/env node
/** The demo as a program: options in, exit code out; on SIGINT and SIGTERM everything that it started is ended. */
import process from 'node:process';
import { CommanderError } from 'commander';
import { explainConfigError, loadConfig } from '../config.ts';
import { runDemo } from '../demo/demo.ts';
import { readDemoOptions } from '../demo/options.ts';
import { TocsinError } from '../errors.ts';

const BAD_USAGE = 2;
const FAILED = 1;
const USAGE_CODES: ReadonlySet<string> = new Set(['too_few_recipients', 'too_many_recipients']);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new Error('The demo was told to stop')));
}

/** The demo's programs get settings of its own; a setting of the surroundings would meddle. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TOCSIN_')));

function settings() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    for (const line of explainConfigError(error)) console.error(line);
    process.exit(FAILED);
  }
}

const { dataFolder } = settings();
try {
  process.exitCode = await runDemo(readDemoOptions(process.argv.slice(2)), {
    terminal: { write: (text) => process.stdout.write(text), redraws: process.stdout.isTTY === true },
    node: process.execPath,
    env,
    dataFolder,
    signal: stopping.signal,
  });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
  else if (stopping.signal.aborted) {
    console.error('Stopped.');
    process.exitCode = FAILED;
  } else {
    const known = error instanceof TocsinError ? error.faults : [];
    const badUsage = error instanceof TocsinError && USAGE_CODES.has(error.code);
    console.error(`The demo failed: ${(error as Error).message}`);
    for (const { at, message } of known) console.error(`  ${at}: ${message}`);
    process.exitCode = badUsage ? BAD_USAGE : FAILED;
  }
}
