import { Readable } from 'node:stream';
import type { Entry } from '../../src/directory/alternative-numbers.ts';
import { Directory } from '../../src/directory/directory.ts';
import { testStore } from '../support/redis.ts';

const personOf = (person: string) => ({ actor: `key:${person}`, person });
const ANNE = personOf('anne');
const BRUNO = personOf('bruno');
const samu = { region: '35', service: '15', number: '02 61 91 00 35', owner: 'SAMU 35' };
const call = { by: 'bruno', at: '2026-02-28T09:00:00+01:00' };
const failed = { by: 'dora', at: '2026-03-01T09:00:00+01:00', note: 'a "shop", closed' };

describe('a file of the directory', () => {
  let directory: Directory;
  let nowMs: number;
  const closing: (() => Promise<void>)[] = [];
  const anEmptyOne = async () => {
    const { store, close } = await testStore();
    closing.push(close);
    return new Directory({ store, now: () => nowMs });
  };
  beforeEach(async () => {
    nowMs = Date.parse('2026-03-01T12:00:00Z');
    directory = await anEmptyOne();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const acts = async () => (await directory.history('35', '15')).map(({ at, by, act }) => [at.slice(0, 10), by, act]);
  const importing = (csv: string, by = ANNE, restore = false, into = directory) =>
    into.importCsv(Readable.from([csv]), by, restore ? { restore } : {});
  const withoutVersion = (entries: readonly (Entry & { version: number })[]) =>
    entries.map(({ version: _, ...entry }) => entry);

  const fill = async () => {
    await directory.put({ ...samu, owner: 'SAMU "35"; Rennes, urgences', validUntil: '2026-04-30' }, ANNE);
    await directory.put({ ...samu, number: '0261910135', owner: 'SAMU', validFrom: '2026-05-01' }, ANNE);
    await directory.put({ region: 'R53', service: '18', number: '+44 7700 900123', owner: 'CTA' }, ANNE);
    await directory.put({ region: 'FR', service: '112', number: '01 99 00 01 12', owner: 'CNR' }, ANNE);
    await directory.recordVerification('35', '15', { ...call, note: 'line 1\nline 2' }, BRUNO);
    await directory.recordVerification('R53', '18', { ...failed, answered: false }, BRUNO);
  };

  test('that was exported enters again unchanged', async () => {
    await fill();
    const before = await directory.list();
    const csv = await directory.exportCsv();
    expect(csv.split('\r\n')[0]).toBe(
      'region,service,number,owner,valid_from,valid_until,verified_by,verified_at,verified_note,failed_by,failed_at,failed_note,entered_by,entered_at',
    );
    nowMs = Date.parse('2026-03-09T00:00:00Z');
    expect(await importing(csv, personOf('zoe'))).toEqual({ accepted: 4, rejected: [], testCallsLeftOut: 0 });
    expect(await directory.list()).toEqual(before);
    expect(await directory.exportCsv()).toBe(csv);
    expect(await acts()).toHaveLength(3);
  });

  test('that was exported restores an empty directory, who entered and who called included', async () => {
    await fill();
    const restored = await anEmptyOne();
    await importing(await directory.exportCsv(), personOf('bruno'), true, restored);
    expect(withoutVersion(await restored.list())).toEqual(withoutVersion(await directory.list()));
  });

  test('R2: proves no test call: one person could claim them all', async () => {
    const csv =
      'region,service,number,owner,verified_by,verified_at\n35,15,0261910035,SAMU,bruno,2026-02-01T10:00:00Z\n';
    expect(await importing(csv)).toEqual({ accepted: 1, rejected: [], testCallsLeftOut: 1 });
    expect((await directory.get('35', '15'))?.verification).toBeUndefined();
  });

  describe('with a test call that failed', () => {
    const FAILED = 'region,service,number,owner,failed_by,failed_at,failed_note\n';
    const line = (at: string) => `${FAILED}35,15,0261910035,SAMU,dora,${at},a shop\n`;

    test('R2: loses it on no way to another directory, restored or not', async () => {
      await fill();
      for (const restore of [false, true]) {
        const other = await anEmptyOne();
        const { testCallsLeftOut } = await importing(await directory.exportCsv(), ANNE, restore, other);
        expect((await other.get('R53', '18'))?.failedCall).toEqual(failed);
        expect(testCallsLeftOut).toBe(restore ? 0 : 1);
      }
    });

    test('R2: takes an older verification away, as the call itself would, and tells so', async () => {
      await directory.put(samu, ANNE);
      await directory.recordVerification('35', '15', call, BRUNO);
      await importing(line('2026-03-01T10:00:00Z'));
      const entry = await directory.get('35', '15');
      expect([entry?.verification, entry?.failedCall]).toEqual([
        undefined,
        { by: 'dora', at: '2026-03-01T10:00:00Z', note: 'a shop' },
      ]);
      expect((await acts()).at(-1)).toEqual(['2026-03-01', 'anne', 'changed']);
    });

    test('takes no newer verification away, and a newer failed call stays whatever a file says', async () => {
      await directory.put(samu, ANNE);
      await directory.recordVerification('35', '15', call, BRUNO);
      expect((await importing(line('2026-02-01T10:00:00Z'))).testCallsLeftOut).toBe(1);
      expect((await directory.get('35', '15'))?.verification?.at).toBe(call.at);
      await directory.recordVerification('35', '15', { ...failed, answered: false }, BRUNO);
      const verified = `region,service,number,owner,verified_by,verified_at\n35,15,0261910035,SAMU,bruno,${call.at}\n`;
      for (const csv of [verified, line('2026-02-01T10:00:00Z')]) await importing(csv, ANNE, true);
      expect((await directory.get('35', '15'))?.failedCall).toEqual(failed);
    });

    test('gives a verification back with --restore where that is newer', async () => {
      await directory.put(samu, ANNE);
      await directory.recordVerification('35', '15', { ...call, answered: false }, BRUNO);
      const csv = `region,service,number,owner,verified_by,verified_at\n35,15,0261910035,SAMU,bruno,${failed.at}\n`;
      expect((await importing(csv)).testCallsLeftOut).toBe(1);
      expect((await directory.get('35', '15'))?.failedCall).toBeDefined();
      await importing(csv, ANNE, true);
      const entry = await directory.get('35', '15');
      expect([entry?.verification?.at, entry?.failedCall]).toEqual([failed.at, undefined]);
    });

    test('is refused where it is half told, in the future, or beside one that succeeded', async () => {
      const columns = 'region,service,number,owner,verified_by,verified_at,failed_by,failed_at\n';
      const csv = `${columns}22,15,0261910022,SAMU,,,dora,
29,15,0261910029,SAMU,,,,2026-02-01T10:00:00Z
35,15,0261910035,SAMU,,,dora,2027-01-01T10:00:00Z
56,15,0261910056,SAMU,bruno,2026-02-01T10:00:00Z,dora,2026-02-02T10:00:00Z
`;
      const { faults } = await importing(csv).catch((error) => error);
      expect(faults.map(({ at }: { at: string }) => at)).toEqual([
        'line 2, failed_at',
        'line 3, failed_by',
        'line 4, failed_at',
        'line 5, failed_at',
      ]);
    });
  });

  describe('with days instead of times', () => {
    const header = 'region,service,number,owner,valid_from,valid_until\n';
    const inForce = async (region: string, iso: string) =>
      (await directory.lookup(region, ['15'], Date.parse(iso))).found.length === 1;

    test('holds from the first moment of the one to the last of the other, where the number is for', async () => {
      await importing(`${header}35,15,0261910035,SAMU,2026-03-01,2026-12-31\n974,15,0262000015,SAMU,,2026-12-31\n`);
      const times = ['2026-02-28T22:59:59Z', '2026-02-28T23:00:00Z', '2026-12-31T22:59:59Z', '2026-12-31T23:00:00Z'];
      expect(await Promise.all(times.map((time) => inForce('35', time)))).toEqual([false, true, true, false]);
      expect(await inForce('974', '2026-12-31T19:59:59Z')).toBe(true);
      expect(await inForce('974', '2026-12-31T20:00:00Z')).toBe(false);
      expect(await directory.get('35', '15')).toMatchObject({
        validFrom: '2026-03-01T00:00:00+01:00',
        validUntil: '2027-01-01T00:00:00+01:00',
      });
    });

    test('leaves no day without a number between two that follow one another', async () => {
      await importing(
        `${header}35,15,0261910035,SAMU,,2026-06-30\n35,15,0261910135,SAMU,2026-07-01,\nFR,15,0199000015,CNR,,2026-10-25\n`,
      );
      const [first, second] = await directory.list({ region: '35' });
      expect(first?.validUntil).toBe('2026-07-01T00:00:00+02:00');
      expect(second?.validFrom).toBe(first?.validUntil);
      // The clocks are set back in that night, three hours after midnight.
      expect((await directory.get('FR', '15'))?.validUntil).toBe('2026-10-26T00:00:00+01:00');
    });

    test('may be of one day, and is taken out by it', async () => {
      await importing(`${header}35,15,0261910035,SAMU,2026-06-30,2026-06-30\n`);
      expect(await directory.list({ region: '35' })).toHaveLength(1);
      await directory.remove({ region: '35', service: '15', validFrom: '2026-06-30' }, BRUNO);
      expect(await directory.list({ region: '35' })).toEqual([]);
    });

    test('is refused where the day is none, or they are the wrong way round', async () => {
      const csv = `${header}22,15,0261910022,SAMU,2026-02-30,\n35,15,0261910035,SAMU,2026-07-01,2026-06-30\n96,15,0261910096,SAMU,2026-07-01,\n`;
      const { faults } = await importing(csv).catch((error) => error);
      expect(faults).toEqual([
        { at: 'line 2, valid_from', message: expect.stringContaining('and no day, as 2026-07-31') },
        { at: 'line 3, valid_until', message: 'must be after validFrom' },
        { at: 'line 4, region', message: expect.any(String) },
      ]);
    });
  });

  test('R2: an older one takes no newer test call away, restored or not', async () => {
    await directory.put(samu, ANNE);
    await directory.recordVerification('35', '15', call, BRUNO);
    const csv =
      'region,service,number,owner,verified_by,verified_at\n35,15,0261910035,SAMU,dora,2026-01-01T10:00:00Z\n';
    for (const restore of [false, true]) {
      await importing(csv, ANNE, restore);
      expect(await directory.get('35', '15')).toMatchObject({ owner: 'SAMU', verification: { by: 'bruno' } });
    }
  });

  test('says all there is for each place and service that it names, and nothing of others', async () => {
    await fill();
    await importing('region,service,number,owner\n35,15,0261910035,SAMU 35\n', BRUNO);
    expect(await directory.list({ region: '35' })).toMatchObject([{ owner: 'SAMU 35', enteredBy: 'anne' }]);
    expect(await directory.list()).toHaveLength(3);
    expect((await acts()).slice(-2)).toEqual([
      ['2026-03-01', 'bruno', 'changed'],
      ['2026-03-01', 'bruno', 'removed'],
    ]);
  });

  test('with an owner that a spreadsheet would run is refused', async () => {
    for (const owner of ['=HYPERLINK(1)', '+1', '-1', '@x', 'a\u0007b'])
      await expect(directory.put({ ...samu, owner }, ANNE)).rejects.toMatchObject({ faults: [{ at: '/owner' }] });
  });
});
