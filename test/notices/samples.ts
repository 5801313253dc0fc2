import type { AlternativeNumber } from '../../src/directory/alternative-numbers.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { TocsinError } from '../../src/errors.ts';
import type { Approver, AudienceView, Notice } from '../../src/notices/notice.ts';
import { type NoticeInput, parseNoticeInput } from '../../src/notices/notice-input.ts';
import { Notices, type NoticesDeps } from '../../src/notices/notices.ts';
import type { Store } from '../../src/store/connection.ts';
import type { Person } from '../../src/store/person.ts';
import { AT_MS, HARD_TO_REACH, numberOf, reviewedTemplates } from '../templates/samples.ts';

export { AT_MS };

/** Read by somebody, so that they serve in Actual notices. */
export const templates = await reviewedTemplates();

export const AUTHOR: Person = { actor: 'key:author', person: 'Alix Author' };
export const EDITOR: Person = { actor: 'key:editor', person: 'Eden Editor' };
export const PREFECT_35: Approver = { actor: 'key:p35', person: 'Paule Préfète', regions: ['35'] };
export const PREFECT_29: Approver = { actor: 'key:p29', person: 'Quentin Préfet', regions: ['29'] };
export const MINISTER: Approver = { actor: 'key:ministry', person: 'Maud Ministre', regions: '*' };

export function rawInput(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: 'Exercise',
    severity: 'Severe',
    template: HARD_TO_REACH,
    services: ['15', '17', '18', '112'],
    regions: ['35', '29'],
    audience: 'a1',
    expires: '2021-06-02T23:00:00+02:00',
    ...changes,
  };
}

export function inputOf(changes: Record<string, unknown> = {}): NoticeInput {
  return parseNoticeInput(rawInput(changes));
}

export function audienceOf(changes: Partial<AudienceView> = {}): AudienceView {
  const groups = [
    { region: '29', language: 'fr', recipients: 300 },
    { region: '35', language: 'en', recipients: 20 },
    { region: '35', language: 'fr', recipients: 400 },
    { region: '56', language: 'fr', recipients: 500 },
  ];
  return { recipients: 1220, groups, fictional: 0, unassigned: 0, digest: 'd1', ...changes };
}

export function directoryOf(entries: readonly AlternativeNumber[]): NoticesDeps['directory'] {
  return {
    lookup: async (region, services) => ({
      found: entries.filter((entry) => [region, 'FR'].includes(entry.region) && services.includes(entry.service)),
    }),
  };
}

const SERVICES = ['15', '17', '18', '112'];

/** A number of its own for each service, in every region: `<prefix>0`, `<prefix>1`, … */
const everywhere = (prefix: string) =>
  REGIONS.flatMap(({ code }) => SERVICES.map((service, i) => numberOf(code, service, prefix + i)));

export const NUMBERS = everywhere('02 61 91 00 3');
/** Neither for fiction nor anybody's: no block 01 00 was ever given out. What an Actual notice takes. */
export const NUMBERS_FOR_ACTUAL = everywhere('01 00 00 00 1');

export interface Changeable {
  audience: AudienceView;
  numbers: readonly AlternativeNumber[];
  nowMs: number;
  /** By region. */
  routes: Record<string, string[]>;
}

/** Notices over a store, with an audience, a directory and a clock that the test can change. */
export function noticesOver(store: Store, changes: Partial<NoticesDeps> = {}): { notices: Notices; world: Changeable } {
  const world: Changeable = { audience: audienceOf(), numbers: NUMBERS, nowMs: AT_MS, routes: {} };
  const notices = new Notices({
    store,
    templates,
    directory: { lookup: (...args) => directoryOf(world.numbers).lookup(...args) },
    snapshot: async (id) => {
      if (id === 'a1') return world.audience;
      throw new TocsinError('not-found', 'unknown_audience', `There is no audience "${id}"`);
    },
    routesOf: () => world.routes,
    sender: 'tocsin.example',
    now: () => world.nowMs,
    ...changes,
  });
  return { notices, world };
}

/** What was thrown; fails when nothing was. */
export async function refusalOf(act: () => unknown): Promise<TocsinError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof TocsinError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

/** A notice as a plain value, for the functions that need no store. */
export function noticeOf(changes: Partial<Notice> = {}): Notice {
  return {
    ...inputOf(),
    identifier: 'n1',
    sender: 'tocsin.example',
    sent: '2021-06-02T15:05:00-00:00',
    scope: 'Public',
    event: "Numéros d'urgence difficiles à joindre",
    state: 'draft',
    author: AUTHOR.person,
    editors: [],
    createdAt: '2021-06-02T15:00:00Z',
    waivers: [],
    decisions: [],
    timings: { created: '2021-06-02T15:00:00Z' },
    ...changes,
  };
}
