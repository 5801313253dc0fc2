import { mayCall, RIGHTS, type RightId, ROLES, requireRegion, requireRight } from '../../src/api/rights.ts';
import { EXPECTED } from './rights-table.ts';

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
          !/\.(list|get|preview|lanes|events|recipient|evidence|rejected|missing|gaps|history|replies|proposals|notifications)$/.test(
            right,
          ),
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
