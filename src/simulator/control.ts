/**
 * The HTTP control of the simulator: its behaviour is set and its record read while it runs. Bad input is refused with
 * problem details (RFC 9457) that name every place; there is no authentication, so it belongs on loopback.
 */
import express, { type ErrorRequestHandler, type Express, type Response } from 'express';
import { z } from 'zod';
import { type ErrorKind, TocsinError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { badInput } from './behaviour.ts';
import { ACTIONS } from './behaviour-sessions.ts';
import { linkList, recipientList, recipientParts } from './record-views.ts';
import type { Simulator } from './running.ts';
import type { SmscLink } from './smsc-link.ts';

const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  precondition: 412,
  'too-large': 413,
  unavailable: 503,
};

const INDEX = {
  'GET /behaviour': 'what the SMSC does; PUT replaces it, PATCH merges into it (RFC 7396)',
  'GET /record': 'counts of what was received and sent',
  'GET /record/recipients?min=2&limit=100': 'recipients to whom one part came at least so often',
  'GET /record/recipients/:msisdn': 'what came to one recipient',
  'GET /record/texts?limit=100': 'which texts came, with SHA-256 and counts',
  'GET /links': 'open connections',
  'POST /actions/:action': `does one of: ${ACTIONS.join(', ')}`,
  'POST /reset': 'empties the record',
  'GET /healthz': 'alive',
};

const recipientsQuery = z.strictObject({
  min: z.coerce.number().int().min(1).max(65_535).default(1),
  limit: z.coerce.number().int().min(1).max(1_000_000).default(1000),
});
const textsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(5000).default(1000) });
const digits = z.string().regex(/^\d{1,15}$/, 'must be 1 to 15 digits');

const actionBody = z.strictObject({
  link: z.number().int().optional().describe('number of one connection; all of them otherwise'),
  systemId: z.string().optional().describe('only the sessions of this account'),
  limit: z.number().int().min(1).optional().describe('as many sessions at most'),
  source: digits.optional(),
  destination: digits.optional(),
  text: z.string().max(160).optional(),
  messageId: z.string().max(64).optional(),
  sequence: z.number().int().min(0).max(0x7fffffff).optional(),
});
const actionName = z.enum(ACTIONS);

export function createControl(simulator: Simulator, log?: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '4mb', strict: false }));

  app.get('/', (_req, res) => res.json(INDEX));
  app.get('/healthz', (_req, res) => res.json({ status: 'ok' }));
  app.get('/behaviour', (_req, res) => res.json(simulator.behaviour));
  app.put('/behaviour', (req, res) => res.json(simulator.setBehaviour(req.body)));
  app.patch('/behaviour', (req, res) => res.json(simulator.patchBehaviour(req.body)));
  app.get('/record', (_req, res) => res.json(simulator.record.snapshot()));
  app.get('/record/texts', (req, res) => {
    const { limit } = parse(textsQuery, req.query);
    res.json(simulator.record.texts.list().slice(0, limit));
  });
  app.get('/record/recipients', (req, res) => {
    const { min, limit } = parse(recipientsQuery, req.query);
    res.json(recipientList(simulator.record, min, limit));
  });
  app.get('/record/recipients/:msisdn', (req, res) => {
    const msisdn = parse(digits, req.params.msisdn, '/msisdn');
    res.json(recipientParts(simulator.record, Number(msisdn)));
  });
  app.get('/links', (_req, res) => res.json(linkList(simulator.links())));
  app.post('/reset', (_req, res) => {
    simulator.record.clear();
    res.status(204).end();
  });
  app.post('/actions/:action', (req, res) => {
    const action = parse(actionName, req.params.action, '/action');
    const { link, systemId, limit = Number.POSITIVE_INFINITY, ...details } = parse(actionBody, req.body ?? {});
    let left = limit;
    const isMeant = (one: SmscLink) =>
      (link === undefined || one.number === link) &&
      (systemId === undefined || one.systemId === systemId) &&
      left-- > 0;
    res.json({ links: simulator.act(action, isMeant, details) });
  });

  app.use((req) => {
    throw new TocsinError(
      'not-found',
      'unknown_path',
      `there is no ${req.method} ${req.path}; GET / lists what there is`,
    );
  });
  app.use(problemsOf(log));
  return app;
}

function parse<T>(schema: z.ZodType<T>, input: unknown, at = ''): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const error = badInput('bad_request', 'the request is not usable', parsed.error);
  if (at === '') throw error;
  const faults = error.faults.map((fault) => ({ ...fault, at }));
  throw new TocsinError('invalid', 'bad_request', error.message, { faults });
}

function problemsOf(log: Logger | undefined): ErrorRequestHandler {
  return (error: unknown, _req, res: Response, _next) => {
    if (error instanceof TocsinError) {
      problem(res, HTTP_STATUS[error.kind], error.code, error.message, error.faults);
    } else if (isBodyError(error)) {
      problem(res, error.status, 'bad_body', error.message, []);
    } else {
      log?.error({ err: error }, 'request failed');
      problem(res, 500, 'internal', 'the simulator failed; its log says why', []);
    }
  };
}

function problem(res: Response, status: number, code: string, detail: string, errors: readonly unknown[]): void {
  res.status(status).type('application/problem+json');
  res.send(JSON.stringify({ type: 'about:blank', status, code, detail, errors }));
}

/** What express.json throws: its status is the client's fault. */
function isBodyError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;
}
