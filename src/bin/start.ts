/** `npm start`: API and dispatcher on one machine, with a Redis of their own where none is configured. */
import process from 'node:process';
import { explainConfigError, loadConfig } from '../config.ts';
import { runOneMachine } from '../demo/one-machine.ts';
import { TocsinError } from '../errors.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const config = loadConfig(process.env);
  const configured = process.env.TOCSIN_REDIS_URL ?? process.env.TOCSIN_REDIS_URL_FILE;
  process.exitCode = await runOneMachine({
    node: process.execPath,
    env: process.env,
    dataFolder: config.dataFolder,
    prefix: config.redis.prefix,
    redisUrl: configured ? config.redis.url : undefined,
    say: (line) => console.log(line),
    signal: stopping.signal,
  });
} catch (error) {
  const lines = error instanceof TocsinError ? explainConfigError(error) : [String((error as Error).message)];
  for (const line of lines) console.error(line);
  process.exitCode = 1;
}
