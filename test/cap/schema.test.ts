import fc from 'fast-check';
import { fromCap } from '../../src/cap/reader.ts';
import { toCap } from '../../src/cap/writer.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { NoticeInput } from '../../src/notices/notice-input.ts';
import type { Rendering } from '../../src/templates/rendering.ts';
import { noticeOf, templates } from '../notices/samples.ts';
import { CAP_MESSAGE } from './messages.ts';
import { schemaFaults } from './schema.ts';

const { identifier, sender, headline, description, event, sent } = NoticeInput.shape;
/** Any text, half of it in the signs that XML minds; only what the schema of notices lets in. */
const textOf = (schema: { safeParse(value: unknown): { success: boolean } }) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'<>&\'"]]>é \n\t漢\u{1f4a5}') }),
    )
    .filter((text) => schema.safeParse(text).success);
const time = fc
  .record({
    ms: fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2099, 11, 31) }),
    zone: fc.constantFrom('Z', '+02:00', '-11:30', '+14:00', '+15:59', '.5Z', '+00:00'),
  })
  .map(({ ms, zone }) => new Date(ms).toISOString().slice(0, 19) + zone)
  .filter((text) => sent.safeParse(text).success);
const region = fc.constantFrom(...REGIONS.map(({ code }) => code));
const triple = fc.record({ sender: textOf(sender), identifier: textOf(identifier), sent: time });
const rendering = fc
  .record({ region, wording: fc.constantFrom('fr', 'en', 'br', 'gsw'), text: fc.string({ unit: 'binary' }) })
  .map(
    (one): Rendering => ({
      ...one,
      ...{ language: one.wording, encoding: 'gsm7', units: 1, segments: 1, sha256: '', transliterated: [] },
      numbers: [
        {
          service: '15',
          number: '33261910035',
          display: '02 61 91 00 35',
          region: one.region,
          from: 'region',
        } as never,
      ],
    }),
  );
const notice: fc.Arbitrary<Notice> = fc
  .record({
    name: triple,
    msgType: fc.constantFrom('Alert', 'Update', 'Cancel'),
    status: fc.constantFrom('Actual', 'Exercise', 'Test'),
    references: fc.array(triple, { maxLength: 3 }),
    words: fc.record({ headline: textOf(headline), description: textOf(description) }, { requiredKeys: [] }),
    event: textOf(event),
    expires: time,
    parameters: fc.dictionary(fc.string({ unit: 'binary' }), textOf(headline)),
    regions: fc.uniqueArray(region, { minLength: 1, maxLength: 5 }),
    renderings: fc.array(rendering, { maxLength: 4 }),
  })
  .map(({ name, words, references, event: told, ...others }) =>
    noticeOf({
      ...(others as Partial<Notice>),
      ...(name as Pick<Notice, 'identifier' | 'sender' | 'sent'>),
      ...(words as Partial<Notice>),
      event: told ?? '',
      references: references.map((one) => `${one.sender},${one.identifier},${one.sent}`),
    }),
  );

test('whatever a notice holds, it goes out as valid CAP 1.2', () => {
  fc.assert(
    fc.property(notice, fc.boolean(), (one, forPublic) => {
      expect(schemaFaults(toCap(one, { templates, forPublic }))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('a message that we read is valid itself', async () => {
  expect(schemaFaults(CAP_MESSAGE)).toEqual([]);
  expect(await fromCap(CAP_MESSAGE)).toBeDefined();
});

// The schema was written from the standard's text: that it refuses is what its silence above is worth.
test.each([
  ['a time in Z', /17:00:00\+02:00(?=<\/sent>)/, '15:00:00Z'],
  ['a time with parts of a second', /17:00:00(?=\+02:00<\/sent>)/, '17:00:00.5'],
  ['a status that there is not', 'Exercise', 'Real'],
  ['a message type that there is not', 'Update', 'News'],
  ['a scope that there is not', 'Public', 'Everyone'],
  ['a category that there is not', 'Infra', 'Phone'],
  ['an urgency that there is not', 'Immediate', 'Now'],
  ['a severity that there is not', 'Severe', 'Awful'],
  ['a certainty that there is not', 'Observed', 'Sure'],
  ['an alert without its sender', /<sender>.*\n/, ''],
  ['two senders', '<sender>', '<sender>x</sender><sender>'],
  ['scope before status', /(<status>.*\n)(<msgType>.*\n)(<scope>.*\n)/, '$3$1$2'],
  ['an info without its event', /<event>.*\n/, ''],
  ['severity before urgency', /(<urgency>.*\n)(<severity>.*\n)/, '$2$1'],
  ['an area without its name', /<areaDesc>Brittany<\/areaDesc>/, ''],
  ['a geocode without a value', '<value>35</value>', ''],
  ['a language with a space', 'en-GB', 'en GB'],
  ['an element of no schema', '<scope>', '<colour/><scope>'],
])('the schema refuses %s', (_, from, to) => {
  expect(schemaFaults(CAP_MESSAGE.replace(from, to))).not.toEqual([]);
});
