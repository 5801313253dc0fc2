/** The global halt: nothing is submitted anywhere until it is lifted. */
import { z } from 'zod';
import { halt } from '../broadcast-schemas.ts';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';

const tag = 'halt';
const path = '/v1/halt';
const reason = z.string().trim().min(1).max(500);

export const haltCalls: readonly Call[] = [
  defineCall({
    right: 'halt.get',
    method: 'get',
    path,
    tag,
    summary: 'Whether everything is halted, since when, by whom and why',
    reply: { status: 200, description: 'The halt', schema: halt },
    handle: async (_input, { broadcasts }) => json(await broadcasts.halted()),
  }),
  defineCall({
    right: 'halt.set',
    method: 'post',
    path,
    tag,
    summary: 'Halt: nothing more leaves on any route within one second, whatever is launched or resumed',
    description: 'A second halt changes nothing. Receipts are still taken; cancelled broadcasts are still called back.',
    body: { kind: 'json', schema: z.strictObject({ reason: reason.optional() }), optional: true },
    reply: { status: 200, description: 'The halt', schema: halt },
    handle: async ({ body, caller }, { broadcasts }) => json((await broadcasts.halt(caller, body.reason)).value),
  }),
  defineCall({
    right: 'halt.lift',
    method: 'delete',
    path,
    tag,
    summary: 'Lift the halt: running broadcasts go on where they stopped',
    query: { reason: reason.describe('why it is safe to go on; it stands in the audit log') },
    reply: { status: 200, description: 'The halt, lifted', schema: halt },
    handle: async ({ query, caller }, { broadcasts }) => json((await broadcasts.lift(caller, query.reason)).value),
  }),
];
