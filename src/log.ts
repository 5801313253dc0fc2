/** Logs: pino, constant messages, data in fields. Recipients, texts and secrets never go in; redaction stands behind that. */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

const REDACTED = [
  ...['msisdn', 'destination', 'recipient', 'recipients', 'text', 'texts'],
  ...['password', 'secret', 'key', 'token', 'authorization'],
];

/** `to`: standard output when left out. */
export function createLogger(level: string, name: string, to?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    serializers: { err: described },
    redact: { paths: REDACTED.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
  };
  return to === undefined ? pino(options) : pino(options, to);
}

const LONGEST_MESSAGE = 500;
const CAUSES_MAX = 3;

/**
 * What may be known of an error. Libraries hang more on theirs than ours may show: ioredis the command that failed, with
 * its arguments, which may be a text, a secret or a block of recipients (R19).
 */
function described(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, code, kind, cause } = error as Error & { code?: unknown; kind?: unknown };
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: name,
    message: message.slice(0, LONGEST_MESSAGE).replaceAll(/\d{8,15}/g, '[number]'),
    ...(code === undefined ? {} : { code }),
    ...(kind === undefined ? {} : { kind }),
    stack: frames?.join('\n'),
    ...(cause === undefined || causes >= CAUSES_MAX ? {} : { cause: described(cause, causes + 1) }),
  };
}
