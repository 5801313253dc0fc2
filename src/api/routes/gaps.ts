/** The report of what is missing or stale, as JSON, as a table for a browser, and as CSV. */
import { z } from 'zod';
import { CONTACT_KINDS } from '../../directory/contacts.ts';
import { GAP_STATES, gapReport } from '../../directory/gaps.ts';
import { departementsOf, PLACES } from '../../directory/places.ts';
import { SERVICES, USUAL_SERVICES } from '../../directory/services.ts';
import { type Call, defineCall } from '../call.ts';
import { gapsCsv } from '../gaps-csv.ts';
import { gapsHtml } from '../gaps-html.ts';
import { json } from '../replies.ts';
import { count, level, time } from '../schemas.ts';

const HTML = 'text/html';
const CSV = 'text/csv';

const list = (all: readonly string[], byDefault: readonly string[], whatIsNot: (code: unknown) => string) =>
  z
    .string()
    .max(2_000)
    .optional()
    .transform((text) => (text ? text.split(',').map((each) => each.trim()) : byDefault))
    .pipe(z.array(z.enum(all as [string, ...string[]], { error: ({ input }) => whatIsNot(input) })));

const noPlace = (code: unknown) =>
  `there is no region "${code}": 35 is a département, R53 an administrative region, FR is everywhere`;

const judged = { state: z.enum(GAP_STATES), reason: z.string().meta({ description: 'In words; empty when ok' }) };
const tested = { verifiedAt: time.optional(), verifiedBy: z.string().optional() };
const counts = z.record(z.enum(GAP_STATES), count);

const report = z
  .object({
    at: time,
    staleDays: count,
    growsStaleDays: count,
    counts,
    contactCounts: counts,
    numbers: z.array(
      z.object({
        ...{ region: z.string(), service: z.string(), ...judged, ...tested },
        number: z.string().optional(),
        display: z.string().optional(),
        owner: z.string().optional(),
        place: z.string().optional().meta({ description: 'That the number came from: "35", "R53", "FR"' }),
        from: level.optional(),
      }),
    ),
    contacts: z.array(
      z.object({
        ...{ id: z.string(), kind: z.enum(CONTACT_KINDS), owner: z.string(), region: z.string() },
        ...{ ...judged, ...tested },
      }),
    ),
  })
  .meta({ id: 'GapReport', description: 'What is missing, stale, or grows stale within two weeks' });

export const gapCalls: readonly Call[] = [
  defineCall({
    right: 'directory.gaps',
    method: 'get',
    path: '/v1/directory/gaps',
    tag: 'directory',
    summary: 'What is missing, stale, or grows stale: of the numbers that a notice would print, and of the contacts',
    query: {
      regions: list(PLACES, ['FR'], noPlace).describe(
        'separated by commas, "35", "R53" or "FR" for all in it; default: FR',
      ),
      services: list(
        SERVICES.map(({ number }) => number),
        USUAL_SERVICES,
        (code) => `there is no service "${code}"`,
      ).describe(`separated by commas; default: ${USUAL_SERVICES.join(',')}`),
      due: z.enum(['true', 'false']).default('false').describe('whether to leave out what is in order'),
    },
    reply: { status: 200, description: 'The report', schema: report, media: ['application/json', HTML, CSV] },
    handle: async ({ query: { regions, services, due }, accept }, { directory }) => {
      const departements = [...new Set(regions.flatMap(departementsOf))];
      const asked = { regions: departements, services: [...new Set(services)], due: due === 'true' };
      const found = await gapReport(directory, asked);
      if (accept === HTML) return { kind: 'text', media: `${HTML}; charset=utf-8`, body: gapsHtml(found, asked) };
      if (accept === CSV) return { kind: 'text', media: `${CSV}; charset=utf-8`, body: gapsCsv(found) };
      return json(found);
    },
  }),
];
