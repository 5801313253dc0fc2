import { Directory, type DirectorySettings } from '../../src/directory/directory.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ANNE = { actor: 'key:anne', person: 'anne' };

describe('lookups by level', () => {
  let store: Store;
  let close: () => Promise<void>;
  const over = (settings: DirectorySettings = {}) => new Directory({ store, now: () => NOW, ...settings });

  beforeAll(async () => {
    ({ store, close } = await testStore());
    const enter = (region: string, service: string, number: string, more = {}) =>
      over().put({ region, service, number, owner: `${service} ${region}`, ...more }, ANNE);
    await enter('35', '15', '02 61 91 00 35');
    await enter('R53', '15', '02 61 91 00 53');
    await enter('FR', '15', '01 99 00 00 15');
    await enter('R53', '17', '02 61 91 01 53');
    await enter('FR', '17', '01 99 00 00 17');
    await enter('FR', '18', '01 99 00 00 18');
    await enter('35', '18', '02 61 91 02 35', { validUntil: '2026-01-01T00:00:00Z' });
    await enter('R52', '112', '02 61 91 00 52');
  });
  afterAll(() => close());

  const found = async (region: string, settings?: DirectorySettings) => {
    const { found, missing } = await over(settings).lookup(region, ['15', '17', '18', '112'], NOW);
    return [
      ...found.map((entry) => `${entry.service} ${entry.from} ${entry.region}`),
      ...missing.map((s) => `no ${s}`),
    ];
  };

  test('R20: fall back from the département to its region to the country, and say which it was', async () => {
    expect(await found('35')).toEqual(['15 departement 35', '17 region R53', '18 national FR', 'no 112']);
  });

  test('R20: a neighbour in the same region gets the region’s number, one elsewhere the country’s', async () => {
    expect(await found('22')).toEqual(['15 region R53', '17 region R53', '18 national FR', 'no 112']);
    expect(await found('53')).toEqual(['15 national FR', '17 national FR', '18 national FR', '112 region R52']);
  });

  test('keep to the order configured, and to the levels in it', async () => {
    expect(await found('35', { levels: ['national', 'region', 'departement'] })).toEqual([
      '15 national FR',
      '17 national FR',
      '18 national FR',
      'no 112',
    ]);
    expect(await found('35', { levels: ['departement'] })).toEqual(['15 departement 35', 'no 17', 'no 18', 'no 112']);
    expect(await found('22', { levels: ['departement', 'region'] })).toEqual([
      '15 region R53',
      '17 region R53',
      'no 18',
      'no 112',
    ]);
  });

  test('what is missing is what no configured level has', async () => {
    const missing = (settings?: DirectorySettings) => over(settings).missing(['35', '53'], ['17', '112'], NOW);
    expect(await missing()).toEqual([{ region: '35', service: '112' }]);
    expect(await missing({ levels: ['departement'] })).toHaveLength(4);
  });
});
