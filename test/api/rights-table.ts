import type { Role } from '../../src/api/rights.ts';

/** Who may call what, written a second time, by role, so that a slip in src/api/rights.ts shows. A new call is entered here too. */
const READ_BY_ALL = [
  'notices.list',
  'notices.get',
  'notices.preview',
  'notices.proposals',
  'notices.notifications',
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
  'notices.takeOver',
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
/** For the caller's own regions only: each has its probe in authorization.test.ts. */
export const DECISIONS = [
  'standingApprovals.give',
  'standingApprovals.revoke',
  'notices.decide',
  'directory.verify',
  'contacts.verify',
];
const KEYS = ['keys.create', 'keys.rotate', 'keys.list', 'keys.revoke'];
const LINKS = ['routes.reconnect', 'routes.reconnectAll'];

export const EXPECTED: Readonly<Record<Role, readonly string[]>> = {
  operator: [...READ_BY_ALL, ...CHANGED_BY_THE_CELL, ...PERSONAL],
  approver: [...READ_BY_ALL, ...DECISIONS],
  auditor: [...READ_BY_ALL, ...PERSONAL, 'audit.list'],
  admin: [...READ_BY_ALL, ...CHANGED_BY_THE_CELL, ...PERSONAL, ...DECISIONS, ...KEYS, ...LINKS, 'audit.list'],
};
