import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromCap, type ReadDeps } from '../../src/cap/reader.ts';
import { TocsinError } from '../../src/errors.ts';
import { refusalOf, templates } from '../notices/samples.ts';

const SAMPLES = fileURLToPath(new URL('./samples', import.meta.url));
const KEY = createPublicKey(readFileSync(new URL('./keys/sender.public.pem', import.meta.url)));
const DEPS: ReadDeps = {
  templates: templates.list(),
  find: async () => undefined,
  // Of two senders a key is known, so that their signatures are looked at.
  signatures: { mode: 'verified', keys: [{ name: 'x', senders: ['cap@example.ca', 'pagasa@example.ph'], key: KEY }] },
};

const HARD = 'emergency-numbers-hard-to-reach';
/** Each sample: what it is read as, `status msgType template regions`; */
const READ: Readonly<Record<string, string>> = {
  'fr-alert-emergency-numbers.xml': `Exercise Alert ${HARD} 35`,
  'fr-alert-cancel.xml': 'Exercise Cancel end 35',
  'fr-alert-test-edxl2.xml': `Test Alert ${HARD} 35`,
};
/** or the code that it is refused with, and a reason by its line. */
const REFUSED: Readonly<Record<string, readonly [code: string, at: string, reason: RegExp]>> = {
  'au-bom-prefixed.xml': ['invalid_cap', 'line 12', /category must be Infra, is Met/],
  'au-rfs-edxl.xml': ['invalid_cap', 'line 31', /second alert in one EDXL wrapper/],
  'ca-naad-911-down-signed.xml': ['untrusted_signature', 'line 48', /does not fit/],
  'ca-naad-heartbeat.xml': ['invalid_cap', 'line 6', /status System is for functions of warning systems/],
  'ca-naad-weather-signed.xml': ['untrusted_signature', 'line 59', /does not fit/],
  'de-dwd-frost.xml': ['invalid_cap', 'line 13', /category must be Infra, is Met/],
  'de-mowas-notruf.xml': ['invalid_cap', 'line 23', /area "Stadt Köln" must have a geocode INSEE:DEP/],
  'fr-alert-cell.xml': ['invalid_cap', 'line 21', /area "Rennes" must have a geocode INSEE:DEP/],
  'fr-vigilance-insee.xml': ['invalid_cap', 'line 11', /category must be Infra, is Met/],
  'fr-vigilance-meteoalarm.xml': ['invalid_cap', 'line 25', /area "Finistère" must have a geocode/],
  'hostile-doctype.xml': ['invalid_cap', 'line 1', /must have no DOCTYPE/],
  'is-met-office.xml': ['invalid_cap', 'line 11', /category must be Infra, is Met/],
  'mx-cyclone-update.xml': ['invalid_cap', 'line 18', /area "Chiapas" must have a geocode/],
  'no-met-z-times.xml': ['invalid_cap', 'line 5', /sent must have a numeric offset/],
  'oasis-a1-advisory.xml': ['invalid_cap', 'line 10', /category must be Infra, is Security/],
  'oasis-a2-thunderstorm.xml': ['invalid_cap', 'line 10', /category must be Infra, is Met/],
  'oasis-a3-earthquake-update.xml': ['invalid_cap', 'line 11', /category must be Infra, is Geo/],
  'oasis-a4-two-languages.xml': ['invalid_cap', 'line 26', /category must be Infra, is Rescue/],
  'ph-test-signed-sha1.xml': ['untrusted_signature', 'line 22', /SignatureMethod.*can be forged/],
  'se-vma-other-order.xml': ['invalid_cap', 'line 17', /senderName must come before headline/],
  'tw-reservoir-bom.xml': ['invalid_cap', 'line 9', /template: is missing: give parameter tocsin:template/],
  'us-ipaws-911-outage.xml': ['invalid_cap', 'line 24', /area "A county" must have a geocode/],
  'us-ipaws-soap-ack.xml': ['invalid_cap', 'line 11', /msgType Ack acknowledges a message/],
  'us-nws-1.1-watch.xml': ['unsupported_cap_version', 'line 2', /is CAP 1\.1; send CAP 1\.2/],
  'us-nws-1.2-tornado.xml': ['invalid_cap', 'line 12', /category must be Infra, is Met/],
  'us-nws-atom-index.atom': ['invalid_cap', 'line 2', /only links to alerts: nothing is fetched here/],
  'usgs-1.1-latin-1.xml': ['unsupported_cap_version', 'line 2', /is CAP 1\.1/],
};

const names = readdirSync(SAMPLES).filter((name) => !name.endsWith('.md'));
const sample = (name: string) => readFileSync(join(SAMPLES, name));

test('every sample is in one of the tables', () => {
  expect([...Object.keys(READ), ...Object.keys(REFUSED)].sort()).toEqual(names.sort());
});

test.each(Object.entries(READ))('%s is read as %s', async (name, expected) => {
  const { status, msgType, template, regions } = await fromCap(sample(name), DEPS);
  expect([status, msgType, template, ...regions].join(' ')).toBe(expected);
});

test.each(Object.entries(REFUSED))('%s is refused', async (name, [code, at, reason]) => {
  const error = await refusalOf(() => fromCap(sample(name), DEPS));
  expect(error.code).toBe(code);
  expect(error.faults).toContainEqual({ at, message: expect.stringMatching(reason) });
});

// Collections of others' alerts may not be copied here: TOCSIN_TEST_CAP_SAMPLES names a folder of any.
const folder = process.env.TOCSIN_TEST_CAP_SAMPLES;
const foreign = folder === undefined || folder === '' ? [] : readdirSync(folder).map((name) => join(folder, name));
test('whatever others publish is read, or refused with the line of every fault', async () => {
  for (const file of foreign) {
    const told = await fromCap(readFileSync(file), DEPS).then(
      ({ status, msgType }) => `read: ${status} ${msgType}`,
      (error: unknown) => error,
    );
    if (typeof told === 'string') continue;
    expect([file, told instanceof TocsinError]).toEqual([file, true]);
    const { kind, faults } = told as TocsinError;
    expect([file, kind]).toEqual([file, expect.stringMatching(/^(invalid|too-large)$/)]);
    for (const { at } of faults) expect([file, at]).toEqual([file, expect.stringMatching(/^(line \d+)?$/)]);
  }
});
