/** A notice that may be launched, the act itself, and proof that nothing came of it. */
import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { type LaunchDeps, launch } from '../../src/broadcasts/launch.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { verifyAudit } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { aNotice, aRoute, GROUPS, NOW, noticeRecords, OPERATOR, storeNotice } from './builders.ts';

export const PHRASE = 'EXERCISE 2 REGIONS 3503 RECIPIENTS';
export const LIVE = aRoute({ id: 'main', kind: 'live' });

export function launchDeps(store: Store, changes: Partial<LaunchDeps> = {}): LaunchDeps {
  return {
    store,
    notices: noticeRecords(store),
    routes: [aRoute(), LIVE],
    groupsOf: async () => GROUPS,
    now: () => NOW,
    ...changes,
  };
}

/** A store of its own for each test of the block that it is called in. */
export function launchFixture() {
  const here = {} as { store: Store };
  let close: () => Promise<void>;
  beforeEach(async () => {
    const opened = await testStore();
    close = opened.close;
    here.store = opened.store;
  });
  afterEach(() => close());

  const given = (changes: Partial<Notice> = {}) => storeNotice(here.store, 'n1', aNotice(changes));
  const launchIt = (phrase = PHRASE, changes: Partial<LaunchDeps> = {}) =>
    launch(launchDeps(here.store, changes), 'n1', phrase, OPERATOR);

  /** The notice as it was, no broadcast, no plan, no word in the audit log. */
  async function expectNothingDone(before: Notice): Promise<void> {
    expect(await noticeRecords(here.store).get('n1')).toEqual({ id: 'n1', version: 1, value: before });
    expect(await broadcastRecords(here.store).list()).toEqual([]);
    expect(await planRecords(here.store).list()).toEqual([]);
    expect(await verifyAudit(here.store)).toEqual({ entries: 1 });
  }
  return { here, given, launchIt, expectNothingDone };
}
