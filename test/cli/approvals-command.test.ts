import type { StandingApproval } from '../../src/notices/standing-approval.ts';
import type { Store } from '../../src/store/connection.ts';
import { Records } from '../../src/store/records.ts';
import { runCli } from '../support/command-line.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

async function keep(id: string, changes: Partial<StandingApproval> = {}): Promise<void> {
  const approval: StandingApproval = {
    ...{ regions: ['35', '29'], template: 'correction', statuses: ['Exercise'], severities: ['Severe'] },
    ...{ services: ['15'], languages: ['fr'], parameters: {}, numbersVerifiedWithinDays: 90 },
    ...{ validFrom: inDays(-1), validUntil: inDays(30), forAll: false, by: 'Paule Préfète', givenAt: inDays(-1) },
    ...{ wordings: [], uses: 0 },
    ...changes,
  };
  const act = { actor: 'test', action: 'test', subject: id };
  await new Records<StandingApproval>(store, 'standing_approval').create(id, approval, act);
}

describe('tocsin approvals list', () => {
  test('shows those in force, with who gave them and until when', async () => {
    const validUntil = inDays(30);
    await keep('held', { validUntil, maxUses: 3, uses: 1, waives: ['unreviewed_wording'] });
    await keep('revoked', { revoked: { by: 'Sam', at: inDays(0) } });
    await keep('over', { validUntil: inDays(-0.5) });
    await keep('to-come', { validFrom: inDays(1) });
    await keep('used', { maxUses: 2, uses: 2 });
    const { out, code } = await runCli(store, 'approvals', 'list');
    expect(code).toBe(0);
    for (const part of [
      'held',
      'in force',
      'by Paule Préfète',
      validUntil,
      'used 1 of 3',
      '35, 29',
      'accepts that unreviewed_wording',
    ]) {
      expect(out).toContain(part);
    }
    expect(out).not.toMatch(/revoked|over|to-come|used up/);
    const all = (await runCli(store, 'approvals', 'list', '--all')).out;
    for (const state of ['revoked by Sam', 'over', 'holds from', 'used up']) expect(all).toContain(state);
    const records = JSON.parse((await runCli(store, 'approvals', 'list', '--all', '--json')).out) as { id: string }[];
    expect(records.map(({ id }) => id).sort()).toEqual(['held', 'over', 'revoked', 'to-come', 'used']);
  });

  test('says so where there are none', async () => {
    expect((await runCli(store, 'approvals', 'list')).out).toContain('No standing approval is in force');
  });

  test('keeps within 80 columns, whatever the number of regions', async () => {
    await keep('many', { regions: Array.from({ length: 101 }, (_, i) => String(i + 10)) });
    const { out } = await runCli(store, 'approvals', 'list');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
