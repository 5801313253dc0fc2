/** Alternative numbers: which number to dial instead, and who verified it by a test call. */
import { z } from 'zod';
import { REGIONS } from '../../directory/regions.ts';
import { SERVICES } from '../../directory/services.ts';
import { TocsinError } from '../../errors.ts';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';
import { alternativeNumber, fault, numberEvent, time } from '../schemas.ts';
import { requirePlace, testCallBody } from '../test-call-body.ts';

const tag = 'directory';
const CSV_LIMIT_BYTES = 8 * 1_048_576;
const CSV = 'text/csv';
const code = z.string().min(1).max(10);
const params = { region: code, service: code };
const codes = (all: readonly string[]) =>
  z
    .string()
    .max(2_000)
    .optional()
    .describe('separated by commas; all when left out')
    .transform((list) => (list === undefined ? all : list.split(',').map((each) => each.trim())))
    .pipe(z.array(z.enum(all as [string, ...string[]])));

export const directoryCalls: readonly Call[] = [
  defineCall({
    right: 'directory.list',
    method: 'get',
    path: '/v1/directory',
    tag,
    summary: 'List alternative numbers',
    description: 'Those that were and those to come too. As CSV it is a file that the import takes.',
    query: { region: code.optional(), service: code.optional() },
    reply: {
      status: 200,
      description: 'Numbers',
      schema: z.object({ items: z.array(alternativeNumber) }),
      media: ['application/json', CSV],
    },
    handle: async ({ query, accept }, { directory }) =>
      accept === CSV
        ? { kind: 'text', media: `${CSV}; charset=utf-8`, body: await directory.exportCsv(query) }
        : json({ items: await directory.list(query) }),
  }),
  defineCall({
    right: 'directory.missing',
    method: 'get',
    path: '/v1/directory/missing',
    tag,
    summary: 'List every region and service without a number in force',
    query: {
      regions: codes(REGIONS.map((region) => region.code)),
      services: codes(SERVICES.map((service) => service.number)),
      at: time.optional().describe('in force at this time; now when left out'),
    },
    reply: {
      status: 200,
      description: 'What is missing',
      schema: z.object({ items: z.array(z.object({ region: z.string(), service: z.string() })) }),
    },
    handle: async ({ query: { regions, services, at } }, { directory }) =>
      json({ items: await directory.missing(regions, services, at === undefined ? directory.now() : Date.parse(at)) }),
  }),
  defineCall({
    right: 'directory.get',
    method: 'get',
    path: '/v1/directory/:region/:service',
    tag,
    summary: 'Read the alternative number of a service in a region',
    description: 'The one in force, else the next to come, else the last there was.',
    params,
    reply: { status: 200, description: 'The number', schema: alternativeNumber, versioned: true },
    handle: async ({ params: { region, service } }, { directory }) => {
      const found = await directory.get(region, service);
      if (found) return { kind: 'json', body: found, version: found.version };
      const message = `There is no alternative number for service ${service} in region ${region}`;
      throw new TocsinError('not-found', 'unknown_alternative_number', message);
    },
  }),
  defineCall({
    right: 'directory.put',
    method: 'put',
    path: '/v1/directory/:region/:service',
    tag,
    summary: 'Enter or replace an alternative number; a number that changes loses its verification',
    description: 'It replaces the one of the same validFrom; the validity of several must not overlap.',
    params,
    body: {
      kind: 'json',
      schema: z.strictObject({
        number: z.string().min(1).max(40).describe('written in any French or international way'),
        owner: z.string().min(1).max(200).describe('who answers there'),
        validFrom: time.optional(),
        validUntil: time.optional(),
      }),
    },
    conditional: true,
    reply: { status: 200, description: 'The number', schema: alternativeNumber, versioned: true },
    handle: async ({ params, body, caller, ifVersion }, { directory }) => {
      const entered = await directory.put({ ...params, ...body }, caller, { ifVersion });
      return { kind: 'json', body: entered, version: entered.version };
    },
  }),
  defineCall({
    right: 'directory.remove',
    method: 'delete',
    path: '/v1/directory/:region/:service',
    tag,
    summary: 'Take an alternative number out; its history stays',
    params,
    query: { validFrom: time.optional().describe('of the one to take out; when left out, the one without') },
    conditional: true,
    reply: { status: 200, description: 'What is left', schema: z.object({ items: z.array(alternativeNumber) }) },
    handle: async ({ params, query, caller, ifVersion }, { directory }) => {
      await directory.remove({ ...params, ...query }, caller, { ifVersion });
      return json({ items: await directory.list(params) });
    },
  }),
  defineCall({
    right: 'directory.history',
    method: 'get',
    path: '/v1/directory/:region/:service/history',
    tag,
    summary: 'Read every former number and test call, with who and when, oldest first',
    params,
    reply: { status: 200, description: 'What happened', schema: z.object({ items: z.array(numberEvent) }) },
    handle: async ({ params: { region, service } }, { directory }) =>
      json({ items: await directory.history(region, service) }),
  }),
  defineCall({
    right: 'directory.import',
    method: 'post',
    path: '/v1/directory/import',
    tag,
    summary: 'Enter a whole CSV file, or nothing of it',
    body: {
      kind: 'stream',
      media: ['text/csv'],
      limitBytes: CSV_LIMIT_BYTES,
      description:
        'region,service,number,owner and, as wanted, valid_from,valid_until (times, or whole days in the time of the place, the last one included); the file says all there is for each region and service that it names. Test calls in it (verified_by,verified_at,verified_note) count only where the directory has them already, failed ones (failed_by,failed_at,failed_note) always',
    },
    reply: {
      status: 200,
      description: 'How many entries the file had',
      schema: z.object({
        accepted: z.int(),
        rejected: z.array(fault),
        testCallsLeftOut: z.int().describe('lines whose test call nobody has recorded here'),
      }),
    },
    handle: async ({ upload, caller }, { directory }) => json(await directory.importCsv(upload, caller)),
  }),
  defineCall({
    right: 'directory.verify',
    method: 'post',
    path: '/v1/directory/:region/:service/verifications',
    tag,
    summary: 'Record a test call, made by another person than who entered the number',
    params,
    body: {
      kind: 'json',
      schema: testCallBody.extend({
        number: z.string().min(1).max(40).optional().describe('what was dialled; default: the number in force'),
      }),
    },
    reply: { status: 201, description: 'The number', schema: alternativeNumber, versioned: true },
    handle: async ({ params: { region, service }, body, caller }, { directory }) => {
      requirePlace(caller.regions, region);
      const verification = { by: caller.person, ...body };
      const verified = await directory.recordVerification(region, service, verification, caller);
      return { kind: 'json', body: verified, version: verified.version };
    },
  }),
];
