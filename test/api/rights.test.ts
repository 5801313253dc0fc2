import { mayCall, RIGHTS, type RightId, ROLES, type Role, requireRegion, requireRight } from '../../src/api/rights.ts';

/** Written a second time, by role, so that a slip in the table shows. */
const READ_BY_ALL = [
  'notices.list',
  'notices.get',
  'notices.preview',
  'standingApprovals.list',
  'standingApprovals.get',
  'broadcasts.list',
  'broadcasts.get',
  'broadcasts.lanes',
  'broadcasts.events',
  'directory.list',
  'directory.get',
  'directory.missing',
  'directory.gaps',
  'directory.history',
  'contacts.get',
  'audiences.list',
  'audiences.get',
  'templates.list',
  'templates.get',
  'routes.list',
  'halt.get',
];
const CHANGED_BY_THE_CELL = [
  'notices.create',
  'notices.change',
  'notices.submit',
  'notices.correction',
  'notices.restored',
  'notices.allClear',
  'notices.launch',
  'notices.cancel',
  'broadcasts.pause',
  'broadcasts.resume',
  'broadcasts.cancel',
  'halt.set',
  'halt.lift',
  'directory.put',
  'directory.remove',
  'directory.import',
  'contacts.put',
  'contacts.remove',
  'audiences.import',
];
const PERSONAL = [
  'broadcasts.recipient',
  'broadcasts.replies',
  'broadcasts.evidence',
  'audiences.rejected',
  'contacts.list',
];
const DECISIONS = [
  'standingApprovals.give',
  'standingApprovals.revoke',
  'notices.decide',
  'directory.verify',
  'contacts.verify',
];
const KEYS = ['keys.create', 'keys.rotate', 'keys.list', 'keys.revoke'];
const LINKS = ['routes.reconnect', 'routes.reconnectAll'];

const EXPECTED: Readonly<Record<Role, readonly string[]>> = {
  operator: [...READ_BY_ALL, ...CHANGED_BY_THE_CELL, ...PERSONAL],
  approver: [...READ_BY_ALL, ...DECISIONS],
  auditor: [...READ_BY_ALL, ...PERSONAL, 'audit.list'],
  admin: [...READ_BY_ALL, ...CHANGED_BY_THE_CELL, ...PERSONAL, ...DECISIONS, ...KEYS, ...LINKS, 'audit.list'],
};
const EVERY_PAIR = ROLES.flatMap((role) => (Object.keys(RIGHTS) as RightId[]).map((right) => [role, right] as const));

describe('rights', () => {
  test.each(EVERY_PAIR)('%s and %s', (role, right) => {
    const expected = EXPECTED[role].includes(right);
    expect(mayCall(role, right)).toBe(expected);
    if (expected) expect(() => requireRight([role], right)).not.toThrow();
    else expect(() => requireRight([role], right)).toThrow(expect.objectContaining({ code: 'role_not_allowed' }));
  });

  test('of several roles one is enough, and none opens nothing', () => {
    expect(() => requireRight(['auditor', 'approver'], 'notices.decide')).not.toThrow();
    expect(() => requireRight([], 'notices.list')).toThrow(expect.objectContaining({ code: 'role_not_allowed' }));
  });

  test('an auditor changes nothing', () => {
    expect(
      EXPECTED.auditor.filter(
        (right) =>
          !/\.(list|get|preview|lanes|events|recipient|evidence|rejected|missing|gaps|history|replies)$/.test(right),
      ),
    ).toEqual([]);
  });

  test('a region outside the scope is refused by name', () => {
    expect(() => requireRegion(['35'], '35')).not.toThrow();
    expect(() => requireRegion('*', '2A')).not.toThrow();
    expect(() => requireRegion(['35'], '3')).toThrow(expect.objectContaining({ code: 'outside_jurisdiction' }));
    expect(() => requireRegion([], '35')).toThrow(expect.objectContaining({ kind: 'forbidden' }));
  });
});
