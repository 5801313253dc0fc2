import {
  ALLOWED_CHANGES,
  advance,
  NOTICE_STATES,
  type NoticeState,
  requireChange,
} from '../../src/notices/lifecycle.ts';

/** Written out apart from the table, one line for each state a notice may be in. */
const EXPECTED: Readonly<Record<NoticeState, string>> = {
  draft: 'submitted cancelled',
  submitted: 'approved returned launched cancelled',
  approved: 'submitted returned launched cancelled',
  returned: 'draft submitted approved cancelled',
  launched: 'closed cancelled',
  closed: '',
  cancelled: '',
};

const PAIRS = NOTICE_STATES.flatMap((from) => NOTICE_STATES.map((to) => [from, to] as const));

test.each(PAIRS)('from %s to %s: as the table says', (from, to) => {
  const notice = { state: from, other: 1 };
  if (EXPECTED[from].split(' ').includes(to)) {
    expect(advance(notice, to)).toEqual({ state: to, other: 1 });
    expect(notice.state).toBe(from);
    expect(() => requireChange(from, to)).not.toThrow();
  } else {
    expect(() => advance(notice, to)).toThrow(
      expect.objectContaining({
        kind: 'conflict',
        code: 'wrong_state',
        message: expect.stringMatching(new RegExp(`${from}.*${to}`)),
        faults: [{ at: '/state', message: `is ${from}` }],
      }),
    );
  }
});

test('the table names every state and no other', () => {
  expect(Object.keys(ALLOWED_CHANGES)).toEqual([...NOTICE_STATES]);
  for (const states of Object.values(ALLOWED_CHANGES)) {
    for (const state of states) expect(NOTICE_STATES).toContain(state);
  }
});

test('no state leads to itself', () => {
  for (const state of NOTICE_STATES) expect(ALLOWED_CHANGES[state]).not.toContain(state);
});

test('a returned notice cannot be launched, nor a draft', () => {
  for (const state of ['returned', 'draft'] as const) expect(ALLOWED_CHANGES[state]).not.toContain('launched');
});
