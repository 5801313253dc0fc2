import { Directory, type DirectorySettings } from '../../src/directory/directory.ts';
import { type GapReport, gapReport } from '../../src/directory/gaps.ts';
import { ApprovalPolicy } from '../../src/notices/policy.ts';
import { policyContacts } from '../../src/notices/policy-contacts.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY = 86_400_000;
const ANNE = { actor: 'key:anne', person: 'anne' };
const BRUNO = { actor: 'key:bruno', person: 'bruno' };
const daysAgo = (days: number) => new Date(NOW - days * DAY).toISOString();

describe('the report of what is missing or stale', () => {
  let store: Store;
  let close: () => Promise<void>;
  let directory: Directory;

  const over = (settings: DirectorySettings = {}) => new Directory({ store, now: () => NOW, ...settings });
  beforeEach(async () => {
    ({ store, close } = await testStore());
    directory = over();
  });
  afterEach(() => close());

  /** No block 01 00 was ever given out: neither fiction nor anybody's. */
  const enter = async (service: string, testedDaysAgo?: number, more: object = {}) => {
    const number = `01 00 00 00 ${service.padStart(2, '0').slice(0, 2)}`;
    const entry = { region: '35', service, number, owner: `S${service}`, ...more };
    await directory.put(entry, ANNE);
    if (testedDaysAgo === undefined) return;
    const call = { by: 'bruno', at: daysAgo(testedDaysAgo), number: entry.number };
    await directory.recordVerification(entry.region, service, call, BRUNO);
  };
  const report = (services: string[], due = false, settings: DirectorySettings = {}) =>
    gapReport(over(settings), { regions: ['35'], services, due });
  const stateOf = async (service: string, settings: DirectorySettings = {}) => {
    const [row] = (await report([service], false, settings)).numbers;
    return [row?.state, row?.reason];
  };

  test('R2: names each number with its state, why, where it came from and who tested it when', async () => {
    await enter('15', 10);
    await enter('17', undefined, { region: 'R53' });
    const { numbers, counts } = await report(['15', '17', '18']);
    expect(numbers).toEqual([
      {
        ...{ region: '35', service: '15', state: 'ok', reason: '', number: '33100000015', display: '01 00 00 00 15' },
        ...{ owner: 'S15', place: '35', from: 'departement', verifiedAt: daysAgo(10), verifiedBy: 'bruno' },
      },
      {
        ...{ region: '35', service: '17', state: 'stale', reason: 'never verified', number: '33100000017' },
        ...{ display: '01 00 00 00 17', owner: 'S17', place: 'R53', from: 'region' },
      },
      { region: '35', service: '18', state: 'missing', reason: 'no number is in force on any level' },
    ]);
    expect(counts).toEqual({ missing: 1, stale: 1, fiction: 0, grows_stale: 0, ok: 1 });
  });

  test.each([
    [75, 'ok', ''],
    [76, 'ok', ''],
    [76.001, 'grows_stale', 'its test call is due by 2026-03-15'],
    [90, 'grows_stale', 'its test call is due by 2026-03-01'],
    [90.001, 'stale', 'last verified on 2025-12-01'],
  ])('R2: a number tested %d days ago is %s', async (days, state, reason) => {
    await enter('15', days);
    expect(await stateOf('15')).toEqual([state, reason]);
  });

  test('R2: the days are those configured', async () => {
    await enter('15', 40);
    expect(await stateOf('15', { staleDays: 30 })).toEqual(['stale', 'last verified on 2026-01-20']);
    expect((await stateOf('15', { staleDays: 50 }))[0]).toBe('grows_stale');
  });

  test('R2: a number whose last test call failed is stale, however new', async () => {
    await enter('15', 2);
    await directory.recordVerification('35', '15', { by: 'bruno', at: daysAgo(1), answered: false }, BRUNO);
    expect(await stateOf('15')).toEqual(['stale', 'its last test failed, on 2026-02-28']);
  });

  test('R2: what ends soon, or is followed by what nobody tested, is told before', async () => {
    await enter('15', 1, { validUntil: '2026-03-10T00:00:00Z' });
    expect(await stateOf('15')).toEqual(['grows_stale', 'ends on 2026-03-10, and nothing follows']);
    await enter('15', undefined, { number: '01 00 00 00 99', owner: 'New', validFrom: '2026-03-10T00:00:00Z' });
    expect(await stateOf('15')).toEqual(['grows_stale', 'the number of New follows before 2026-03-15: never verified']);
    await directory.recordVerification('35', '15', { by: 'bruno', at: daysAgo(1), number: '0100000099' }, BRUNO);
    expect(await stateOf('15')).toEqual(['ok', '']);
    await enter('17', 1, { validUntil: '2026-03-16T00:00:00Z' });
    expect(await stateOf('17')).toEqual(['ok', '']);
  });

  test('R22: a number of fiction or of no country is named as such, and as stale where it is', async () => {
    await enter('15', 1, { number: '02 61 91 00 15' });
    await enter('17', undefined, { number: '+999 1234 5678' });
    expect(await stateOf('15')).toEqual(['fiction', 'a number for fiction or tests, which no Actual notice takes']);
    expect(await stateOf('17')).toEqual([
      'stale',
      'never verified; a number for fiction or tests, which no Actual notice takes',
    ]);
  });

  test('leaves out what is in order when asked to, and counts it still', async () => {
    await enter('15', 1);
    await enter('17');
    const { numbers, counts } = await report(['15', '17'], true);
    expect([numbers.map(({ service }) => service), counts.ok]).toEqual([['17'], 1]);
  });

  describe('R5: contacts', () => {
    const put = (id: string, more: object = {}, by = ANNE) =>
      directory.contacts.put(
        id,
        { kind: 'webhook', address: 'https://crise.example/hook', owner: 'Cell', region: 'FR', ...more },
        by,
      );
    const tried = (id: string, days: number, more: object = {}, by = BRUNO) =>
      directory.contacts.recordVerification(id, { by: by.person, at: daysAgo(days), ...more }, by);
    const contacts = async (due = false): Promise<GapReport['contacts']> => (await report(['15'], due)).contacts;

    test('R5: stand in the same report, by the same days, without their addresses', async () => {
      await put('never');
      await put('old');
      await tried('old', 91);
      await put('soon', { kind: 'page', address: 'https://crise.example/suivi' });
      await tried('soon', 80);
      await put('good', { kind: 'phone', address: '02 61 91 00 99', owner: 'Préfet', region: '35' });
      await tried('good', 1);
      await put('failed', { kind: 'email', address: 'astreinte@prefecture.example', region: 'R53' });
      await tried('failed', 1, { answered: false });
      await put('elsewhere', { region: '75' });
      const rows = await contacts();
      expect(rows.map(({ id, state, reason }) => [id, state, reason])).toEqual([
        ['failed', 'stale', 'its last test failed, on 2026-02-28'],
        ['good', 'ok', ''],
        ['never', 'stale', 'never verified'],
        ['old', 'stale', 'last verified on 2025-11-30'],
        ['soon', 'grows_stale', 'its test is due by 2026-03-11'],
      ]);
      expect(rows[1]).toMatchObject({ owner: 'Préfet', verifiedBy: 'bruno', verifiedAt: daysAgo(1) });
      expect(JSON.stringify(rows)).not.toMatch(/example|0261910099|33261910099/);
      expect((await contacts(true)).map(({ id }) => id)).toEqual(['failed', 'never', 'old', 'soon']);
      expect((await report(['15'])).contactCounts).toEqual({ missing: 0, stale: 3, fiction: 0, grows_stale: 1, ok: 1 });
    });

    test('R5: that other settings name are expected by their address, which may be mistyped there', async () => {
      const policy = new ApprovalPolicy({
        rules: [],
        people: [
          {
            id: 'p35',
            person: 'Paule',
            authorities: ['prefecture-35'],
            deputyFor: [],
            msisdn: 33639980035,
            language: 'fr',
          },
          { id: 'duty', person: 'Maud', authorities: ['ministry'], deputyFor: [], msisdn: 33639980099, language: 'fr' },
          {
            id: 'p75',
            person: 'Paul',
            authorities: ['prefecture-75'],
            deputyFor: [],
            msisdn: 33639980075,
            language: 'fr',
          },
          { id: 'silent', person: 'Zoé', authorities: ['ministry'], deputyFor: [], language: 'fr' },
        ],
        webhooks: [{ id: 'desk', url: 'http://127.0.0.1/hook', secret: 'x' }],
      });
      const states = async () =>
        (await report(['15'], false, { expected: policyContacts(policy) })).contacts.map(
          ({ id, state }) => `${id} ${state}`,
        );
      expect(await states()).toEqual(['p35 stale', 'duty stale', 'desk stale']);
      await put('prefect', { kind: 'phone', address: '06 39 98 00 35', region: '35' });
      await tried('prefect', 1);
      await put('desk', { address: 'http://127.0.0.1/hook' });
      expect(await states()).toEqual(['desk stale', 'prefect ok', 'duty stale']);
      await tried('desk', 1);
      await put('duty', { kind: 'phone', address: '06 39 98 00 98' });
      expect(await states()).toEqual(['desk ok', 'duty stale', 'prefect ok', 'duty stale']);
    });

    test('R5: are tried by another person than who entered them, whoever changes the rest', async () => {
      await put('hook');
      await put('hook', { owner: 'Other' }, BRUNO);
      await expect(tried('hook', 1, {}, ANNE)).rejects.toMatchObject({ kind: 'forbidden', code: 'own_entry' });
      await tried('hook', 1);
      expect((await put('hook', { owner: 'Third' })).value.verification?.by).toBe('bruno');
    });

    test('R5: lose their test with their address', async () => {
      await put('hook');
      await tried('hook', 1);
      const changed = await put('hook', { address: 'https://crise.example/hoook' });
      expect([changed.value.verification, changed.version]).toEqual([undefined, 3]);
      await expect(tried('hook', -1)).rejects.toMatchObject({ faults: [{ at: '/at' }] });
    });

    test.each([
      ['webhook', 'http://crise.example/hook'],
      ['webhook', 'https://user:secret@crise.example/hook'],
      ['page', 'crise.example'],
      ['phone', '12'],
      ['email', 'astreinte@prefecture'],
      ['email', 'a b@prefecture.example'],
    ] as const)('R5: a %s %s is refused, as mistyped addresses are', async (kind, address) => {
      await expect(put('x', { kind, address })).rejects.toMatchObject({
        code: 'invalid_contact',
        faults: [{ at: '/address' }],
      });
    });

    test('are refused with every fault, and gone when removed', async () => {
      await expect(put('Not An Id', { owner: ' ', region: '99', address: 'x' })).rejects.toMatchObject({
        faults: [{ at: '/id' }, { at: '/region' }, { at: '/owner' }, { at: '/address' }],
      });
      await put('gone');
      await directory.contacts.remove('gone', BRUNO);
      expect([await contacts(), await directory.contacts.find('gone')]).toEqual([[], undefined]);
      await expect(directory.contacts.remove('gone', BRUNO)).rejects.toMatchObject({ code: 'unknown_contact' });
      expect((await put('gone')).version).toBe(3);
    });
  });
});
