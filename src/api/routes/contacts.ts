/** Contacts: webhooks, officials, mailboxes and pages that have to work on the day (requirement R5). */
import { z } from 'zod';
import { CONTACT_KINDS } from '../../directory/contacts.ts';
import { type Call, defineCall } from '../call.ts';
import { json, record, shown } from '../replies.ts';
import { mayCall } from '../rights.ts';
import { testCall, time, version } from '../schemas.ts';
import { requirePlace, testCallBody } from '../test-call-body.ts';

const tag = 'contacts';
const params = { id: z.string().min(1).max(50) };

const contactInput = z.strictObject({
  kind: z.enum(CONTACT_KINDS),
  address: z.string().min(1).max(500).describe('an https URL, a telephone number or a mail address, by its kind'),
  owner: z.string().min(1).max(200).describe('who is reached, or answers for it'),
  region: z.string().min(1).max(10).default('FR').describe('the place it is for: "35", "R53", "FR"'),
});

const contact = z
  .object({
    id: z.string(),
    ...contactInput.shape,
    region: z.string(),
    enteredBy: z.string(),
    enteredAt: time,
    verification: testCall.optional(),
    failedCall: testCall.optional(),
    version,
  })
  .meta({ id: 'Contact' });

export const contactCalls: readonly Call[] = [
  defineCall({
    right: 'contacts.list',
    method: 'get',
    path: '/v1/contacts',
    tag,
    summary: 'List contacts',
    reply: { status: 200, description: 'Contacts', schema: z.object({ items: z.array(contact) }) },
    handle: async (_input, { directory }) => json({ items: (await directory.contacts.list()).map(shown) }),
  }),
  defineCall({
    right: 'contacts.get',
    method: 'get',
    path: '/v1/contacts/:id',
    tag,
    summary: 'Read a contact; an approver those of the regions they decide for, to try them',
    params,
    reply: { status: 200, description: 'The contact', schema: contact, versioned: true },
    handle: async ({ params: { id }, caller }, { directory }) => {
      const found = await directory.contacts.get(id);
      if (!caller.roles.some((role) => mayCall(role, 'contacts.list')))
        requirePlace(caller.regions, found.value.region);
      return record(found);
    },
  }),
  defineCall({
    right: 'contacts.put',
    method: 'put',
    path: '/v1/contacts/:id',
    tag,
    summary: 'Enter or replace a contact; an address that changes loses its verification',
    params,
    body: { kind: 'json', schema: contactInput },
    conditional: true,
    reply: { status: 200, description: 'The contact', schema: contact, versioned: true },
    handle: async ({ params: { id }, body, caller, ifVersion }, { directory }) =>
      record(await directory.contacts.put(id, body, caller, ifVersion)),
  }),
  defineCall({
    right: 'contacts.remove',
    method: 'delete',
    path: '/v1/contacts/:id',
    tag,
    summary: 'Take a contact out',
    params,
    reply: { status: 200, description: 'What is left', schema: z.object({ items: z.array(contact) }) },
    handle: async ({ params: { id }, caller }, { directory }) => {
      await directory.contacts.remove(id, caller);
      return json({ items: (await directory.contacts.list()).map(shown) });
    },
  }),
  defineCall({
    right: 'contacts.verify',
    method: 'post',
    path: '/v1/contacts/:id/verifications',
    tag,
    summary: 'Record that a contact was tried, by another person than who entered it',
    params,
    body: { kind: 'json', schema: testCallBody },
    reply: { status: 201, description: 'The contact', schema: contact, versioned: true },
    handle: async ({ params: { id }, body, caller }, { directory }) => {
      requirePlace(caller.regions, (await directory.contacts.get(id)).value.region);
      return record(await directory.contacts.recordVerification(id, { by: caller.person, ...body }, caller));
    },
  }),
];
