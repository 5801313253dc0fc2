/** Notices and standing approvals over a store of each test's own, on a clock that it can move. */
import type { Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { StandingApprovalInput } from '../../src/notices/standing-approval.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH } from '../templates/samples.ts';
import { AUTHOR, type Changeable, inputOf, noticesOver, PREFECT_35 } from './samples.ts';

export interface StandingWorld {
  store: Store;
  notices: Notices;
  world: Changeable;
}

export function approvalOf(changes: Record<string, unknown> = {}): StandingApprovalInput {
  return StandingApprovalInput.parse({
    regions: ['35'],
    template: HARD_TO_REACH,
    statuses: ['Exercise', 'Actual'],
    severities: ['Severe', 'Extreme'],
    services: ['15', '17', '18', '112'],
    languages: ['fr', 'en'],
    parameters: { advice: { allowed: ["N'appelez qu'en cas d'urgence."] } },
    numbersVerifiedWithinDays: 30,
    validUntil: '2021-12-01T00:00:00Z',
    ...changes,
  });
}

/** Call it at the top of a file; `here` is filled before each test. */
export function standingFixture() {
  const here = {} as StandingWorld;
  let close: () => Promise<void>;
  beforeEach(async () => {
    const test = await testStore();
    close = test.close;
    Object.assign(here, noticesOver(test.store), { store: test.store });
  });
  afterEach(() => close());

  return {
    here,
    give: (changes: Record<string, unknown> = {}, by = PREFECT_35) =>
      here.notices.standing.give(approvalOf(changes), by),
    async submitted(changes: Record<string, unknown> = {}, by = AUTHOR): Promise<Notice> {
      const { id } = await here.notices.create(inputOf(changes), by);
      return (await here.notices.submit(id, by)).value;
    },
    /** Why the standing approvals of region 35 do not hold for a draft. */
    async reasonsFor(changes: Record<string, unknown> = {}, by = AUTHOR): Promise<string[]> {
      const { id } = await here.notices.create(inputOf(changes), by);
      const { beforehand } = await here.notices.preview(id);
      return beforehand.find(({ region }) => region === '35')?.standing.flatMap(({ reasons }) => reasons) ?? [];
    },
  };
}
