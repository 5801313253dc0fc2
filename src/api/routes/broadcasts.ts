/** Broadcasts: where they are, and how to hold or stop them. They begin with a notice's launch. */
import { z } from 'zod';
import { broadcastRecords, planRecords } from '../../broadcasts/broadcast.ts';
import { TocsinError } from '../../errors.ts';
import { parseMsisdn } from '../../sms/msisdn.ts';
import { broadcast, lane, progress, recipientState, reply } from '../broadcast-schemas.ts';
import { type Call, defineCall } from '../call.ts';
import type { ProgressStreams } from '../progress-streams.ts';
import { json, page, record, shown } from '../replies.ts';
import { PAGE_QUERY, pageOf } from '../schemas.ts';

const tag = 'broadcasts';
const params = { id: z.string() };

const reading: readonly Call[] = [
  defineCall({
    right: 'broadcasts.list',
    method: 'get',
    path: '/v1/broadcasts',
    tag,
    summary: 'List broadcasts, newest first',
    query: PAGE_QUERY,
    reply: { status: 200, description: 'A page of broadcasts', schema: pageOf(broadcast) },
    handle: async ({ query }, { store }) => page((await broadcastRecords(store).list(query)).map(shown), query.limit),
  }),
  defineCall({
    right: 'broadcasts.get',
    method: 'get',
    path: '/v1/broadcasts/:id',
    tag,
    summary: 'Read a broadcast and its progress',
    params,
    reply: { status: 200, description: 'The broadcast', schema: broadcast.extend({ progress }) },
    handle: async ({ params: { id } }, { store, broadcasts }) => {
      const [found, now] = await Promise.all([broadcastRecords(store).get(id), broadcasts.progress(id)]);
      return json({ ...shown(found), progress: now });
    },
  }),
  defineCall({
    right: 'broadcasts.lanes',
    method: 'get',
    path: '/v1/broadcasts/:id/lanes',
    tag,
    summary: 'List the lanes: one for each region and language, with its text',
    params,
    reply: { status: 200, description: 'All lanes', schema: z.object({ items: z.array(lane) }) },
    handle: async ({ params: { id } }, { store }) => {
      const { value } = await broadcastRecords(store).get(id);
      const { value: plan } = await planRecords(store).get(id);
      return json({ items: plan.lanes.map((each) => ({ ...each, released: value.released.includes(each.region) })) });
    },
  }),
  defineCall({
    right: 'broadcasts.recipient',
    method: 'get',
    path: '/v1/broadcasts/:id/recipients/:msisdn',
    tag,
    summary: 'What became of one number',
    params: { id: z.string(), msisdn: z.string().max(32) },
    reply: { status: 200, description: 'State of the recipient', schema: recipientState },
    handle: async ({ params: { id, msisdn }, caller }, { archive }) =>
      json(await archive.recipientState(id, requireMsisdn(msisdn), caller)),
  }),
  defineCall({
    right: 'broadcasts.replies',
    method: 'get',
    path: '/v1/broadcasts/:id/replies',
    tag,
    summary: 'What its recipients have answered since the launch, the latest first',
    params,
    reply: { status: 200, description: 'All replies that are kept', schema: z.object({ items: z.array(reply) }) },
    handle: async ({ params: { id }, caller }, { broadcasts }) => json({ items: await broadcasts.replies(id, caller) }),
  }),
  defineCall({
    right: 'broadcasts.evidence',
    method: 'get',
    path: '/v1/broadcasts/:id/evidence',
    tag,
    summary: 'Download the evidence of a broadcast',
    params,
    reply: {
      status: 200,
      description: 'The evidence, as one file',
      media: ['application/gzip'],
    },
    handle: async ({ params: { id }, caller }, { archive }) => {
      const { name, stream, contentType } = await archive.evidence(id, caller);
      return { kind: 'stream', name, stream, media: contentType };
    },
  }),
];

const CONTROL = [
  { verb: 'pause', summary: 'Pause: nothing more leaves within one second' },
  { verb: 'resume', summary: 'Go on after a pause' },
  { verb: 'cancel', summary: 'Cancel for good: what has not left never will' },
] as const;

const control = CONTROL.map(({ verb, summary }) =>
  defineCall({
    right: `broadcasts.${verb}`,
    method: 'post',
    path: `/v1/broadcasts/:id/${verb}`,
    tag,
    summary,
    params,
    reply: { status: 200, description: 'The broadcast', schema: broadcast, versioned: true },
    handle: async ({ params: { id }, caller }, { broadcasts }) => record(await broadcasts[verb](id, caller)),
  }),
);

const events = (streams: ProgressStreams): Call =>
  defineCall({
    right: 'broadcasts.events',
    method: 'get',
    path: '/v1/broadcasts/:id/events',
    tag,
    summary: 'Follow the progress (server-sent events)',
    description: 'Events `progress` with the same JSON as the broadcast’s `progress`, and `closed` at the end.',
    params,
    reply: { status: 200, description: 'A stream of events', media: ['text/event-stream'] },
    handle: async ({ params: { id }, caller }, { broadcasts }) => {
      const first = await broadcasts.progress(id);
      return {
        kind: 'live',
        open: (response) => streams.watch(id, response, first, caller.requireInForce),
      };
    },
  });

export const broadcastCalls = (streams: ProgressStreams): readonly Call[] => [...reading, events(streams), ...control];

/** The number never comes back in the error: it may be a real one with a slip. */
function requireMsisdn(text: string): number {
  const parsed = parseMsisdn(text);
  if (parsed.ok) return parsed.msisdn;
  throw new TocsinError('invalid', 'invalid_msisdn', 'This is not a number of a recipient', {
    faults: [{ at: ':msisdn', message: `is no number: ${parsed.reason.replaceAll('_', ' ')}` }],
  });
}
