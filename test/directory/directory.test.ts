import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { isStale, numberKind } from '../../src/directory/alternative-numbers.ts';
import { Directory } from '../../src/directory/directory.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const HEADER = 'region,service,number,owner,valid_from,valid_until,verified_by,verified_at\n';
const personOf = (person: string) => ({ actor: `key:${person}`, person });
const ANNE = personOf('anne');
const BRUNO = personOf('bruno');
const samu = { region: '35', service: '15', number: '02 61 91 00 35', owner: 'SAMU 35' };

describe('the directory', () => {
  let store: Store;
  let close: () => Promise<void>;
  let directory: Directory;

  beforeEach(async () => {
    ({ store, close } = await testStore());
    directory = new Directory({ store, now: () => NOW });
  });
  afterEach(() => close());

  const importing = (csv: string, by = ANNE, options = {}) => directory.importCsv(Readable.from([csv]), by, options);
  const restoring = (csv: string, by = ANNE) => importing(csv, by, { restore: true });
  const faultsOf = async (csv: string) => {
    const error = await importing(csv).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'invalid' });
    expect(await directory.list()).toEqual([]);
    return error.faults.map(({ at, message }: { at: string; message: string }) => `${at}: ${message}`);
  };
  const acts = async () => {
    const all = [];
    for await (const { actor, action, subject } of auditEntries(store)) all.push({ actor, action, subject });
    return all;
  };

  describe('entering a number', () => {
    test('keeps it as E.164 and as printed, and says who entered it', async () => {
      const entry = await directory.put(samu, ANNE);
      expect(entry).toEqual({
        ...samu,
        number: '33261910035',
        display: '02 61 91 00 35',
        enteredBy: 'anne',
        enteredAt: '2026-03-01T12:00:00.000Z',
        version: 1,
      });
      expect(await directory.get('35', '15')).toEqual(entry);
      expect(await acts()).toEqual([
        { actor: 'key:anne', action: 'directory.put', subject: 'alternative_number/35:15' },
      ]);
    });

    test('names every fault of what was given', async () => {
      const bad = { region: '96', service: '99', number: 'x', owner: ' ', validFrom: '2026-02-30', validUntil: 'soon' };
      const error = await directory.put(bad, ANNE).catch((thrown) => thrown);
      expect(error).toMatchObject({ kind: 'invalid', code: 'invalid_alternative_number' });
      expect(error.faults.map(({ at }: { at: string }) => at)).toEqual([
        '/region',
        '/service',
        '/number',
        '/owner',
        '/validFrom',
        '/validUntil',
      ]);
    });

    test('refuses a validity that ends before it begins', async () => {
      const times = { validFrom: '2026-03-01T12:00:00+01:00', validUntil: '2026-03-01T11:00:00Z' };
      await expect(directory.put({ ...samu, ...times }, ANNE)).rejects.toMatchObject({
        faults: [{ at: '/validUntil' }],
      });
    });

    test('based on an older version is refused', async () => {
      await directory.put(samu, ANNE, { ifVersion: 0 });
      const stale = directory.put(samu, ANNE, { ifVersion: 0 });
      await expect(stale).rejects.toMatchObject({ kind: 'precondition', code: 'version_mismatch' });
      expect((await directory.put(samu, ANNE, { ifVersion: 1 })).version).toBe(2);
    });
  });

  describe('verification', () => {
    const call = { by: 'bruno', at: '2026-02-28T09:00:00+01:00', note: 'answered at once' };

    test('by another person is kept', async () => {
      await directory.put(samu, ANNE);
      const entry = await directory.recordVerification('35', '15', call, BRUNO);
      expect(entry).toMatchObject({ verification: call, version: 2 });
      expect((await acts()).at(-1)?.action).toBe('directory.verify');
    });

    test.each([
      ['named as who verifies', 'anne', 'chloe'],
      ['acting for another', 'bruno', 'anne'],
      ['written another way', ' Anne', 'ANNE '],
    ])('by who entered the number is refused, %s', async (_how, by, person) => {
      await directory.put(samu, ANNE);
      const own = directory.recordVerification('35', '15', { ...call, by }, personOf(person));
      await expect(own).rejects.toMatchObject({ kind: 'forbidden', code: 'own_entry' });
    });

    test('by who entered the number is refused after somebody else changed the rest', async () => {
      await directory.put(samu, ANNE);
      await directory.put({ ...samu, owner: 'SAMU d’Ille-et-Vilaine' }, BRUNO);
      const own = directory.recordVerification('35', '15', { ...call, by: 'anne' }, ANNE);
      await expect(own).rejects.toMatchObject({ code: 'own_entry' });
    });

    test('that lies in the future, or has no time, is refused', async () => {
      await directory.put(samu, ANNE);
      for (const at of ['2026-03-01T12:00:01Z', 'yesterday']) {
        const wrong = directory.recordVerification('35', '15', { ...call, at }, BRUNO);
        await expect(wrong).rejects.toMatchObject({ code: 'invalid_verification', faults: [{ at: '/at' }] });
      }
    });

    test('of a number that is not there is refused', async () => {
      const unknown = directory.recordVerification('35', '15', call, BRUNO);
      await expect(unknown).rejects.toMatchObject({ kind: 'not-found' });
    });

    test('falls with the number, and stays when only the rest changes', async () => {
      await directory.put(samu, ANNE);
      await directory.recordVerification('35', '15', call, BRUNO);
      expect((await directory.put({ ...samu, owner: 'SAMU' }, ANNE)).verification).toEqual(call);
      expect((await directory.put({ ...samu, number: '0261910036' }, ANNE)).verification).toBeUndefined();
    });

    test('is stale after the days given, or when there was none', () => {
      const verification = { by: 'bruno', at: '2026-01-01T00:00:00Z' };
      const day90 = Date.parse('2026-04-01T00:00:00Z');
      expect(isStale({ verification }, day90)).toBe(false);
      expect(isStale({ verification }, day90 + 1)).toBe(true);
      expect(isStale({ verification }, day90, 91)).toBe(false);
      expect(isStale({}, day90)).toBe(true);
    });
  });

  describe('lookup', () => {
    test('prefers a region’s own number, falls back to the national one, and names what is missing', async () => {
      await directory.put({ ...samu, region: 'FR', number: '01 99 00 00 15' }, ANNE);
      await directory.put({ ...samu, region: 'FR', service: '17', number: '01 99 00 00 17' }, ANNE);
      await directory.put(samu, ANNE);
      const { found, missing } = await directory.lookup('35', ['17', '15', '18'], NOW);
      expect(found.map(({ region, service }) => `${region}:${service}`)).toEqual(['FR:17', '35:15']);
      expect(missing).toEqual(['18']);
      expect(await directory.missing(['35', '22'], ['15', '18'], NOW)).toEqual([
        { region: '35', service: '18' },
        { region: '22', service: '18' },
      ]);
    });

    test('keeps to validity: from its first moment up to, not including, its last', async () => {
      await directory.put({ ...samu, validFrom: '2026-03-01T12:00:00Z', validUntil: '2026-03-02T12:00:00Z' }, ANNE);
      const foundAt = async (time: string) => (await directory.lookup('35', ['15'], Date.parse(time))).found.length;
      expect(await foundAt('2026-03-01T11:59:59.999Z')).toBe(0);
      expect(await foundAt('2026-03-01T12:00:00Z')).toBe(1);
      expect(await foundAt('2026-03-02T11:59:59.999Z')).toBe(1);
      expect(await foundAt('2026-03-02T12:00:00Z')).toBe(0);
    });

    test('uses the national number when the region’s own is out of force', async () => {
      await directory.put({ ...samu, validUntil: '2026-01-01' }, ANNE);
      await directory.put({ ...samu, region: 'FR' }, ANNE);
      expect((await directory.lookup('35', ['15'], NOW)).found).toMatchObject([{ region: 'FR' }]);
    });
  });

  describe('a CSV file', () => {
    test('is entered whole, with verification and validity, by one audited act', async () => {
      const csv = `\ufeff${HEADER.replaceAll(',', ';')}35;15;0261910035;"SAMU 35; Rennes";2026-01-01;;bruno;2026-02-01T10:00:00Z\r\nFR;112;+33199000112;CTA;;;;\r\n`;
      expect(await restoring(csv)).toEqual({ accepted: 2, rejected: [], testCallsLeftOut: 0 });
      expect(await directory.list()).toMatchObject([
        { region: 'FR', service: '112', number: '33199000112' },
        {
          region: '35',
          owner: 'SAMU 35; Rennes',
          validFrom: '2026-01-01T00:00:00+01:00',
          verification: { by: 'bruno' },
        },
      ]);
      expect(await acts()).toEqual([{ actor: 'key:anne', action: 'directory.import', subject: 'directory' }]);
    });

    test('entered twice changes nothing the second time', async () => {
      const csv = `${HEADER}35,15,0261910035,SAMU 35,,,,\n`;
      await importing(csv);
      expect(await importing(csv, BRUNO)).toMatchObject({ accepted: 1, rejected: [] });
      expect(await directory.get('35', '15')).toMatchObject({ version: 1, enteredBy: 'anne' });
    });

    test('with faults is refused whole, each named by line and column', async () => {
      const csv = `${HEADER}35,15,0261910035,SAMU 35,,,,
96,15,0261910035,SAMU,,,,
35,99,12,,tomorrow,,,
35,15,0261910036,SAMU 35,,,,
22,15
22,17,0261910037,DDSP,,,bruno,
22,18,0261910038,SDIS,,,,2026-01-01
29,15,0261910039,SAMU,,,bruno,2027-01-01
`;
      const faults = await faultsOf(csv);
      expect(faults.map((fault: string) => fault.split(':')[0])).toEqual([
        'line 3, region',
        'line 4, service',
        'line 4, number',
        'line 4, owner',
        'line 4, valid_from',
        'line 5',
        'line 6',
        'line 7, verified_at',
        'line 8, verified_by',
        'line 9, verified_at',
      ]);
      expect(faults[5]).toContain('line 2 again');
    });

    test('may not be verified by who enters it, nor by who entered the same number before', async () => {
      const csv = (by: string) => `${HEADER}35,15,0261910035,SAMU 35,,,${by},2026-01-01\n`;
      const own = { faults: [{ at: 'line 2, verified_by' }] };
      await expect(restoring(csv('anne'), ANNE)).rejects.toMatchObject(own);
      await expect(restoring(csv('Anne '))).rejects.toMatchObject(own);
      await directory.put(samu, ANNE);
      await expect(restoring(csv('anne'), BRUNO)).rejects.toMatchObject(own);
      await restoring(csv('chloe'), BRUNO);
      expect((await directory.get('35', '15'))?.verification?.by).toBe('chloe');
    });

    test.each([
      ['', 'line 1: lacks the column region'],
      ['region,service,number\n', 'line 1: lacks the column owner'],
      ['region,service,number,owner,colour\n', 'line 1: has an unknown column "colour"'],
      ['region,service,number,owner,owner\n', 'line 1: has the column owner twice'],
      [HEADER, 'line 2: the file holds no number'],
      [`${HEADER}35,15,"0261910035,SAMU 35,,,,\n`, 'line 2: opens a quote that is never closed'],
    ])('%j is refused: %s', async (csv, fault) => {
      expect(await faultsOf(csv)).toContain(fault);
    });

    test('as sampled in config/ covers every region, by fiction numbers alone', async () => {
      const sample = createReadStream(new URL('../../config/directory.sample.csv', import.meta.url));
      expect((await directory.importCsv(sample, ANNE)).accepted).toBe(404);
      const codes = REGIONS.map(({ code }) => code);
      expect(await directory.missing(codes, ['15', '17', '18', '112'], NOW)).toEqual([]);
      const entries = await directory.list();
      expect(entries.filter((entry) => numberKind(entry) !== 'fictional')).toEqual([]);
      expect(new Set(entries.map(({ number }) => number)).size).toBe(404);
      expect((await directory.get('974', '15'))?.display).toMatch(/^06 39 98 /);
      expect((await directory.get('35', '15'))?.display).toMatch(/^02 61 91 /);
    });
  });
});
