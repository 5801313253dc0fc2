import { regionHash } from '../../src/notices/hashes.ts';
import type { Store } from '../../src/store/connection.ts';
import { PREFECT_29, PREFECT_35 } from '../notices/samples.ts';
import { testStore } from '../support/redis.ts';
import { escalationOver } from './fixture.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

test('R18: an SMS that is late calls nobody in vain', async () => {
  const { watch, submitted, approve, notifications, notices } = escalationOver(store);
  const notice = await submitted({ regions: ['35'] });
  await watch().tick();
  await approve(notice, '35', PREFECT_35);
  const [id] = await notifications.due('exercise', 10);
  expect(await notifications.take('exercise', id!)).toBeUndefined();
  expect((await notifications.records.get(id!)).value.state).toBe('void');
  expect(await notifications.due('exercise', 10)).toEqual([]);
  expect((await notices.get(notice.id)).value.state).toBe('approved');
});

test('R18: an SMS that is due while another region has returned the notice waits until that is taken back', async () => {
  const { watch, clock, submitted, approve, notifications, notices } = escalationOver(store);
  const notice = await submitted();
  await watch().tick();
  const hash = regionHash(notice.value, '29');
  await notices.decide(notice.id, { region: '29', decision: 'return', hash, reasons: 'No' }, PREFECT_29);
  for (const id of await notifications.due('exercise', 10)) {
    expect(await notifications.take('exercise', id)).toBeUndefined();
  }
  await approve(notice, '29', PREFECT_29);
  clock.ms += 10_000;
  const due = await notifications.due('exercise', 10);
  const taken = await Promise.all(due.map((id) => notifications.take('exercise', id)));
  expect(taken.map((one) => one?.value.to).sort()).toEqual(['paule', undefined]);
});
