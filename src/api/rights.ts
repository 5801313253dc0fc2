/**
 * Who may call what: one literal table, role by call. Nothing else in the API grants anything. A call that is missing
 * here does not compile, a right without a call fails a test.
 */
import { mayDecide, type RegionScope } from '../directory/authorities.ts';
import { TocsinError } from '../errors.ts';

export const ROLES = ['operator', 'approver', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const EVERYBODY = ROLES;
const CELL = ['operator', 'admin'] as const;
const DECIDERS = ['approver', 'admin'] as const;
const WATCHERS = ['operator', 'auditor', 'admin'] as const;

export const RIGHTS = {
  'notices.create': CELL,
  'notices.list': EVERYBODY,
  'notices.get': EVERYBODY,
  'notices.change': CELL,
  'notices.preview': EVERYBODY,
  'notices.submit': CELL,
  'notices.decide': DECIDERS,
  'notices.proposals': EVERYBODY,
  'notices.takeOver': CELL,
  'notices.notifications': EVERYBODY,
  'notices.correction': CELL,
  'notices.restored': CELL,
  'notices.allClear': CELL,
  'notices.launch': CELL,
  'notices.cancel': CELL,
  'standingApprovals.give': DECIDERS,
  'standingApprovals.list': EVERYBODY,
  'standingApprovals.get': EVERYBODY,
  'standingApprovals.revoke': DECIDERS,
  'broadcasts.list': EVERYBODY,
  'broadcasts.get': EVERYBODY,
  'broadcasts.lanes': EVERYBODY,
  'broadcasts.events': EVERYBODY,
  // What one person was sent, and the lists of the evidence, are personal data: not for every authority.
  'broadcasts.recipient': WATCHERS,
  'broadcasts.replies': WATCHERS,
  'broadcasts.evidence': WATCHERS,
  'broadcasts.pause': CELL,
  'broadcasts.resume': CELL,
  'broadcasts.cancel': CELL,
  'halt.get': EVERYBODY,
  'halt.set': CELL,
  'halt.lift': CELL,
  'directory.list': EVERYBODY,
  'directory.get': EVERYBODY,
  'directory.put': CELL,
  'directory.import': CELL,
  'directory.verify': DECIDERS,
  'directory.missing': EVERYBODY,
  'directory.gaps': EVERYBODY,
  'directory.history': EVERYBODY,
  'directory.remove': CELL,
  // Officials' telephone numbers: for who has to reach them.
  'contacts.list': WATCHERS,
  'contacts.get': EVERYBODY,
  'contacts.put': CELL,
  'contacts.remove': CELL,
  'contacts.verify': DECIDERS,
  'audiences.import': CELL,
  'audiences.list': EVERYBODY,
  'audiences.get': EVERYBODY,
  'audiences.rejected': WATCHERS,
  'templates.list': EVERYBODY,
  'templates.get': EVERYBODY,
  'routes.list': EVERYBODY,
  // Every session of the platform goes down for a moment: for whoever runs it.
  'routes.reconnectAll': ['admin'],
  'routes.reconnect': ['admin'],
  'keys.create': ['admin'],
  'keys.rotate': ['admin'],
  'keys.list': ['admin'],
  'keys.revoke': ['admin'],
  'audit.list': ['auditor', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type RightId = keyof typeof RIGHTS;

/** Regions by role. */
export type Granted = Readonly<Partial<Record<Role, RegionScope>>>;

export function mayCall(role: Role, right: RightId): boolean {
  const roles: readonly Role[] = RIGHTS[right];
  return roles.includes(role);
}

/** Throws `forbidden` / `role_not_allowed` when none of the caller's roles may. */
export function requireRight(held: readonly Role[], right: RightId): void {
  if (held.some((role) => mayCall(role, right))) return;
  const message = `The role ${held.join(' or ')} may not do this; it takes ${RIGHTS[right].join(' or ')}`;
  throw new TocsinError('forbidden', 'role_not_allowed', message);
}

/** Throws `forbidden` / `outside_jurisdiction` when the caller's regions do not hold `region`. */
export function requireRegion(scope: RegionScope, region: string): void {
  if (mayDecide(scope, region)) return;
  const message = `You do not decide for region ${region}`;
  throw new TocsinError('forbidden', 'outside_jurisdiction', message, { faults: [{ at: '/region', message }] });
}

/**
 * What somebody decides for in one call: the regions of those of their roles that may make it, since an approver of all
 * regions who is also the admin of one hands out keys for that one.
 */
export function regionsFor(right: RightId, granted: Granted): RegionScope {
  return allOf(ROLES.map((role) => (mayCall(role, right) ? (granted[role] ?? []) : [])));
}

export function allOf(scopes: readonly RegionScope[]): RegionScope {
  const all = new Set(scopes.flat());
  return all.has('*') ? '*' : [...all];
}
