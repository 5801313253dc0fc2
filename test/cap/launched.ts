import type { Decision, Notice } from '../../src/notices/notice.ts';
import { noticeOf } from '../notices/samples.ts';

export const LAUNCHED_AT = '2021-06-02T15:10:00.500Z';

export const approval = (region: string, at = '2021-06-02T15:08:00.000Z'): Decision => ({
  region,
  at,
  ...{ authority: `prefecture-${region}`, by: 'Paule Préfète', decision: 'approved', hash: 'h' },
});

/** An Actual notice that was launched, for both of its regions. */
export const launchedNotice = (changes: Partial<Notice> = {}): Notice =>
  noticeOf({
    status: 'Actual',
    state: 'launched',
    submitted: { by: 'x', at: '2021-06-02T15:05:00Z' },
    decisions: [approval('35'), approval('29')],
    broadcast: 'b1',
    timings: { created: '2021-06-02T15:00:00Z', launched: LAUNCHED_AT },
    ...changes,
  });
