import { Readable } from 'node:stream';
import { Directory } from '../../src/directory/directory.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const personOf = (person: string) => ({ actor: `key:${person}`, person });
const ANNE = personOf('anne');
const BRUNO = personOf('bruno');
const samu = { region: '35', service: '15', number: '02 61 91 00 35', owner: 'SAMU 35' };
const call = { by: 'bruno', at: '2026-02-28T09:00:00+01:00' };

describe('numbers over time', () => {
  let store: Store;
  let close: () => Promise<void>;
  let directory: Directory;
  let nowMs: number;

  beforeEach(async () => {
    ({ store, close } = await testStore());
    nowMs = Date.parse('2026-03-01T12:00:00Z');
    directory = new Directory({ store, now: () => nowMs });
  });
  afterEach(() => close());

  const later = (iso: string) => {
    nowMs = Date.parse(iso);
  };
  const inForce = async (iso: string) => (await directory.lookup('35', ['15'], Date.parse(iso))).found[0]?.owner;
  const acts = async () => (await directory.history('35', '15')).map(({ at, by, act }) => [at.slice(0, 10), by, act]);
  const importing = (csv: string, by = ANNE, restore = false) =>
    directory.importCsv(Readable.from([csv]), by, restore ? { restore } : {});

  describe('a number that takes over at a date', () => {
    const until = { ...samu, validUntil: '2026-04-01T00:00:00+02:00' };
    const from = { ...samu, number: '02 61 91 01 35', owner: 'Plateforme 35', validFrom: '2026-04-01T00:00:00+02:00' };

    test('follows the other at that moment, with no moment of both or none', async () => {
      await directory.put(until, ANNE);
      await directory.put(from, ANNE);
      expect(await inForce('2026-03-31T21:59:59.999Z')).toBe('SAMU 35');
      expect(await inForce('2026-03-31T22:00:00Z')).toBe('Plateforme 35');
      expect(await directory.list({ region: '35' })).toMatchObject([{ owner: 'SAMU 35' }, { owner: 'Plateforme 35' }]);
      expect(await directory.get('35', '15')).toMatchObject({ owner: 'SAMU 35', version: 2 });
      later('2026-04-02T00:00:00Z');
      expect(await directory.get('35', '15')).toMatchObject({ owner: 'Plateforme 35' });
    });

    test('is refused while the other has no end, with who is in its way', async () => {
      await directory.put(samu, ANNE);
      await expect(directory.put(from, ANNE)).rejects.toMatchObject({
        kind: 'conflict',
        code: 'overlapping_validity',
        faults: [{ at: '/validFrom', message: expect.stringContaining('SAMU 35, valid always') }],
      });
      expect(await directory.list({ region: '35' })).toHaveLength(1);
    });

    test('is tested before it takes over, by the number dialled', async () => {
      await directory.put(until, ANNE);
      await directory.put(from, ANNE);
      const dialled = { ...call, number: '+33 2 61 91 01 35' };
      expect(await directory.recordVerification('35', '15', dialled, BRUNO)).toMatchObject({ owner: 'Plateforme 35' });
      const [first, second] = await directory.list({ region: '35' });
      expect([first?.verification, second?.verification?.by]).toEqual([undefined, 'bruno']);
      const another = directory.recordVerification('35', '15', { ...call, number: '02 61 91 09 99' }, BRUNO);
      await expect(another).rejects.toMatchObject({ code: 'invalid_verification', faults: [{ at: '/number' }] });
    });

    test('comes from a file in one go; a file with both in force at once is refused by line', async () => {
      const header = 'region,service,number,owner,valid_from,valid_until\n';
      const first = (end: string) => `35,15,0261910035,SAMU 35,,${end}\n`;
      const second = '35,15,0261910135,Plateforme 35,2026-04-01,\n';
      await expect(importing(header + first('2026-04-01') + second)).rejects.toMatchObject({
        faults: [{ at: 'line 3', message: expect.stringContaining('line 2 again') }],
      });
      await importing(header + first('2026-03-31') + second);
      expect(await inForce('2026-03-31T21:59:59.999Z')).toBe('SAMU 35');
      expect(await inForce('2026-03-31T22:00:00Z')).toBe('Plateforme 35');
    });

    test('is taken out by its start, and the other stays', async () => {
      await directory.put(until, ANNE);
      await directory.put(from, ANNE);
      await directory.remove({ region: '35', service: '15', validFrom: '2026-03-31T22:00:00Z' }, BRUNO);
      expect(await directory.list({ region: '35' })).toMatchObject([{ owner: 'SAMU 35' }]);
      const again = directory.remove({ region: '35', service: '15', validFrom: from.validFrom }, BRUNO);
      await expect(again).rejects.toMatchObject({ kind: 'not-found', code: 'unknown_alternative_number' });
      await expect(directory.remove({ region: '35', service: '15' }, BRUNO, { ifVersion: 2 })).rejects.toMatchObject({
        kind: 'precondition',
      });
    });
  });

  test('R2: every former number and test call stays, with who and when', async () => {
    await directory.put(samu, ANNE);
    later('2026-03-02T00:00:00Z');
    await directory.recordVerification('35', '15', { ...call, note: 'at once' }, BRUNO);
    later('2026-03-03T00:00:00Z');
    await directory.put({ ...samu, number: '02 61 91 00 36' }, personOf('chloe'));
    await directory.put({ ...samu, number: '02 61 91 00 36' }, personOf('dora'));
    later('2026-03-04T00:00:00Z');
    await directory.recordVerification('35', '15', { by: 'anne', at: '2026-03-03T10:00:00Z', answered: false }, ANNE);
    later('2026-03-05T00:00:00Z');
    await directory.remove({ region: '35', service: '15' }, BRUNO);
    expect(await acts()).toEqual([
      ['2026-03-01', 'anne', 'entered'],
      ['2026-03-02', 'bruno', 'verified'],
      ['2026-03-03', 'chloe', 'changed'],
      ['2026-03-04', 'anne', 'test_call_failed'],
      ['2026-03-05', 'bruno', 'removed'],
    ]);
    expect(await directory.get('35', '15')).toBeUndefined();
    const events = await directory.history('35', '15');
    expect(events[2]).toMatchObject({
      before: { number: '33261910035', verification: { by: 'bruno', note: 'at once' } },
      after: { number: '33261910036', enteredBy: 'chloe' },
    });
    expect(events[2]?.after?.verification).toBeUndefined();
    expect(await directory.history('35', '17')).toEqual([]);
  });

  test('R2: a failed test call takes the verification away, until another succeeds', async () => {
    await directory.put(samu, ANNE);
    await directory.recordVerification('35', '15', call, BRUNO);
    const failed = { by: 'bruno', at: '2026-03-01T10:00:00Z', answered: false, note: 'a shop' };
    const entry = await directory.recordVerification('35', '15', failed, BRUNO);
    expect(entry.failedCall).toEqual({ by: 'bruno', at: '2026-03-01T10:00:00Z', note: 'a shop' });
    expect(entry.verification).toBeUndefined();
    const older = directory.recordVerification('35', '15', call, BRUNO);
    await expect(older).rejects.toMatchObject({ faults: [{ at: '/at', message: expect.stringContaining('before') }] });
    const again = await directory.recordVerification('35', '15', { ...call, at: '2026-03-01T11:00:00Z' }, BRUNO);
    expect([again.verification?.at, again.failedCall]).toEqual(['2026-03-01T11:00:00Z', undefined]);
  });

  test('R2: who entered a number may say that it failed, but not that it answered', async () => {
    await directory.put(samu, ANNE);
    const own = { by: 'anne', at: call.at };
    await expect(directory.recordVerification('35', '15', own, ANNE)).rejects.toMatchObject({ code: 'own_entry' });
    expect(await directory.recordVerification('35', '15', { ...own, answered: false }, ANNE)).toHaveProperty(
      'failedCall',
    );
  });
});
