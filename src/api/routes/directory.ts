/** Alternative numbers: which number to dial instead, and who verified it by a test call. */
import { z } from 'zod';
import { REGIONS } from '../../directory/regions.ts';
import { SERVICES } from '../../directory/services.ts';
import { TocsinError } from '../../errors.ts';
import { type Call, defineCall } from '../call.ts';
import { json } from '../replies.ts';
import { requireRegion } from '../rights.ts';
import { alternativeNumber, fault, time } from '../schemas.ts';

const tag = 'directory';
const CSV_LIMIT_BYTES = 8 * 1_048_576;
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
    query: { region: code.optional(), service: code.optional() },
    reply: { status: 200, description: 'Numbers', schema: z.object({ items: z.array(alternativeNumber) }) },
    handle: async ({ query }, { directory }) => json({ items: await directory.list(query) }),
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
      json({ items: await directory.missing(regions, services, at === undefined ? Date.now() : Date.parse(at)) }),
  }),
  defineCall({
    right: 'directory.get',
    method: 'get',
    path: '/v1/directory/:region/:service',
    tag,
    summary: 'Read the alternative number of a service in a region',
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
    right: 'directory.import',
    method: 'post',
    path: '/v1/directory/import',
    tag,
    summary: 'Enter a whole CSV file, or nothing of it',
    body: {
      kind: 'stream',
      media: ['text/csv'],
      limitBytes: CSV_LIMIT_BYTES,
      description: 'region,service,number,owner and, as wanted, valid_from,valid_until,verified_by,verified_at',
    },
    reply: {
      status: 200,
      description: 'How many entries the file had',
      schema: z.object({ accepted: z.int(), rejected: z.array(fault) }),
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
      schema: z.strictObject({
        at: time.describe('when the test call was made'),
        note: z.string().min(1).max(500).optional(),
      }),
    },
    reply: { status: 201, description: 'The number', schema: alternativeNumber, versioned: true },
    handle: async ({ params: { region, service }, body, caller }, { directory }) => {
      requireRegion(caller.regions, region);
      const verification = { by: caller.person, ...body };
      const verified = await directory.recordVerification(region, service, verification, caller);
      return { kind: 'json', body: verified, version: verified.version };
    },
  }),
];
