/** Logs: pino, constant messages, data in fields. Recipients, texts and secrets never go in; redaction stands behind that. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const REDACTED = [
  'msisdn',
  'destination',
  'recipient',
  'recipients',
  'password',
  'key',
  'token',
  'authorization',
  'text',
];

export function createLogger(level: string, name: string): Logger {
  return pino({
    name,
    level,
    base: { name },
    redact: { paths: REDACTED.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
  });
}
