/** Notices: from draft to launch. */
import { z } from 'zod';
import { fromCap } from '../../cap/reader.ts';
import { noticeFinder, remarksOn } from '../../cap/references.ts';
import { signedCap } from '../../cap/sign.ts';
import { toCap } from '../../cap/writer.ts';
import { DecisionInput, NoticeInput, NoticePatch } from '../../notices/notice-input.ts';
import { numberWarnings } from '../../notices/verified-numbers.ts';
import { broadcast } from '../broadcast-schemas.ts';
import { type Call, defineCall } from '../call.ts';
import type { ApiDeps } from '../deps.ts';
import { fullPreview } from '../follow-up-schemas.ts';
import { launchOf } from '../launch-preview.ts';
import { json, page, record, shown } from '../replies.ts';
import { notice, PAGE_QUERY, pageOf } from '../schemas.ts';

const CAP = 'application/cap+xml';
const tag = 'notices';
const params = { id: z.string() };
const reply = { status: 200, description: 'The notice', schema: notice, versioned: true };

const created = notice.extend({
  remarks: z.array(z.string()).optional().describe('what its references could not be made out to be'),
});

const readCap = (bytes: Buffer, { notices, templates, cap }: ApiDeps): Promise<NoticeInput> =>
  fromCap(bytes, {
    templates: templates.list(),
    find: noticeFinder(notices.records),
    ...(cap === undefined ? {} : { signatures: cap.signatures }),
  });

export const noticeCalls: readonly Call[] = [
  defineCall({
    right: 'notices.create',
    method: 'post',
    path: '/v1/notices',
    tag,
    summary: 'Write a draft, as JSON or as CAP 1.2',
    body: { kind: 'json', schema: NoticeInput, notations: { [CAP]: readCap } },
    reply: { ...reply, status: 201, schema: created },
    handle: async ({ body, caller }, { notices }) => {
      const made = await notices.create(body, caller);
      const remarks = await remarksOn(made.value, noticeFinder(notices.records));
      const { id, version, value } = made;
      return record(
        { id, version, value: { ...value, ...(remarks.length > 0 ? { remarks } : {}) } },
        `/v1/notices/${id}`,
      );
    },
  }),
  defineCall({
    right: 'notices.list',
    method: 'get',
    path: '/v1/notices',
    tag,
    summary: 'List notices, newest first',
    query: PAGE_QUERY,
    reply: { status: 200, description: 'A page of notices', schema: pageOf(notice) },
    handle: async ({ query }, { notices }) => page((await notices.list(query)).map(shown), query.limit),
  }),
  defineCall({
    right: 'notices.get',
    method: 'get',
    path: '/v1/notices/:id',
    tag,
    summary: 'Read a notice, as JSON or as CAP 1.2 by Accept',
    params,
    reply: { ...reply, media: ['application/json', CAP] },
    handle: async ({ params: { id }, accept }, { notices, templates, cap }) => {
      const found = await notices.get(id);
      if (accept !== CAP) return record(found);
      const xml = toCap(found.value, { templates });
      const signed = cap?.signer && signedCap(xml, cap.signer);
      const representation = signed === undefined ? 'cap' : 'signed';
      return { kind: 'text', media: CAP, body: signed ?? xml, version: found.version, representation };
    },
  }),
  defineCall({
    right: 'notices.change',
    method: 'patch',
    path: '/v1/notices/:id',
    tag,
    summary: 'Change a draft; fields left out stay',
    params,
    body: { kind: 'json', schema: NoticePatch },
    conditional: true,
    reply,
    handle: async ({ params: { id }, body, ifVersion, caller }, { notices }) =>
      record(await notices.change(id, body, caller, ifVersion)),
  }),
  defineCall({
    right: 'notices.preview',
    method: 'get',
    path: '/v1/notices/:id/preview',
    tag,
    summary: 'See every text, who gets it, when it would be done, and what to type to launch',
    params,
    reply: { status: 200, description: 'The preview', schema: fullPreview },
    handle: async ({ params: { id } }, { notices, directory, routes, order }) => {
      const [seen, { value }] = await Promise.all([notices.preview(id), notices.get(id)]);
      const warnings = [...seen.warnings, ...(await numberWarnings(directory, value, directory.now()))];
      return json({ ...seen, warnings, ...launchOf(seen, value, { routes, order }, Date.now()) });
    },
  }),
  defineCall({
    right: 'notices.submit',
    method: 'post',
    path: '/v1/notices/:id/submit',
    tag,
    summary: 'Freeze the texts for approval',
    params,
    conditional: true,
    reply,
    handle: async ({ params: { id }, caller, ifVersion }, { notices }) =>
      record(await notices.submit(id, caller, ifVersion)),
  }),
  defineCall({
    right: 'notices.decide',
    method: 'post',
    path: '/v1/notices/:id/approvals',
    tag,
    summary: 'Approve or return the texts of one region, by their hash',
    params,
    body: { kind: 'json', schema: DecisionInput },
    conditional: true,
    reply: { ...reply, status: 201 },
    handle: async ({ params: { id }, body, caller, ifVersion }, { notices }) =>
      record(await notices.decide(id, body, caller, ifVersion)),
  }),
  defineCall({
    right: 'notices.cancel',
    method: 'post',
    path: '/v1/notices/:id/cancel',
    tag,
    summary: 'Give a notice up before its launch',
    params,
    conditional: true,
    reply,
    handle: async ({ params: { id }, caller, ifVersion }, { notices }) =>
      record(await notices.cancel(id, caller, ifVersion)),
  }),
  defineCall({
    right: 'notices.launch',
    method: 'post',
    path: '/v1/notices/:id/launch',
    tag,
    summary: 'Launch the approved regions; the others start as their approval comes',
    params,
    body: { kind: 'json', schema: z.strictObject({ phrase: z.string().max(500).describe('as the preview gives it') }) },
    reply: { status: 201, description: 'The broadcast', schema: broadcast, versioned: true },
    handle: async ({ params: { id }, body, caller }, { broadcasts }) => {
      const launched = await broadcasts.launch(id, body.phrase, caller);
      return record(launched, `/v1/broadcasts/${launched.id}`);
    },
  }),
];
