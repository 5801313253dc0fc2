/**
 * The notices: written, submitted, decided on, kept with their versions and an audit entry for every change. Refuses to
 * submit what could not be sent as it stands, with all faults at once; launching is for broadcasts/, by `records` and
 * the steps in stages.ts.
 */
import { setTimeout } from 'node:timers/promises';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { Records, type Stored } from '../store/records.ts';
import type { Templates } from '../templates/load.ts';
import { type Problem, refuseProblems } from '../templates/problem.ts';
import { audienceProblems, statementProblems } from './checks.ts';
import { type Composed, compose, type NumberSource, problemsOf } from './compose.ts';
import { decided } from './decide.ts';
import { type FollowUpKind, followUpOf, followUpProblems } from './follow-up.ts';
import { renderingsHash } from './hashes.ts';
import { capTime, identityOf, identityProblems } from './identity.ts';
import { advance, requireChange } from './lifecycle.ts';
import type { Approver, AudienceView, Notice } from './notice.ts';
import type { DecisionInput, FollowUpInput, NoticeInput, NoticePatch } from './notice-input.ts';
import { type Preview, previewOf } from './preview.ts';
import { cancelled } from './stages.ts';
import { sift, signed, type Waived } from './waivers.ts';

export interface NoticesDeps {
  readonly store: Store;
  readonly templates: Pick<Templates, 'find'>;
  readonly directory: NumberSource;
  /** The snapshot's counts; throws `not-found` for an unknown one. */
  readonly snapshot: (id: string) => Promise<AudienceView>;
  /**
   * The routes that may carry each region, by id. Throws `invalid` when none could: better known before anybody approves
   * the notice.
   */
  readonly routesOf?: (notice: Pick<Notice, 'status' | 'route' | 'regions'>) => Record<string, string[]>;
  /** CAP sender of notices written here: a domain name. */
  readonly sender?: string;
  /** ms since epoch. */
  readonly now?: () => number;
}

/** A notice without its texts, for lists. */
export type NoticeSummary = Omit<Notice, 'renderings'>;

/** Rounds of a decision that other processes' decisions overtake. */
const MAX_DECISION_ROUNDS = 50;
const MAX_PAUSE_MS = 100;
const DEFAULT_SENDER = 'tocsin.invalid';

export class Notices {
  /** For whoever commits a change of a notice together with a record of its own. */
  readonly records: Records<Notice>;
  readonly #deps: NoticesDeps;
  readonly #now: () => number;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    this.records = new Records<Notice>(deps.store, 'notice');
    this.#now = deps.now ?? Date.now;
  }

  /** A new draft. Throws `invalid` with the faults of the statement, `conflict/duplicate_notice` for a known CAP message. */
  async create(input: NoticeInput, by: Person): Promise<Stored<Notice>> {
    const nowMs = this.#now();
    const at = new Date(nowMs).toISOString();
    const { id, identifier, sender, sent } = identityOf(input, this.#deps.sender ?? DEFAULT_SENDER, nowMs);
    const template = this.#deps.templates.find(input.template);
    const notice: Notice = {
      ...input,
      identifier,
      sender,
      sent,
      scope: 'Public',
      event: input.event ?? template?.event ?? '',
      state: 'draft',
      author: by.person,
      editors: [],
      createdAt: at,
      waivers: signed(input.waivers, [], by.person, at),
      decisions: [],
      timings: { created: at },
    };
    refuseProblems('The notice has faults', [
      ...identityProblems(input),
      ...statementProblems(notice, template, nowMs),
      ...(await this.#followUpProblems(notice)),
    ]);
    try {
      return await this.records.create(id, notice, act(by, 'notice.create', id, { status: notice.status }));
    } catch (error) {
      if (!(error instanceof TocsinError && error.code === 'version_conflict')) throw error;
      throw new TocsinError('conflict', 'duplicate_notice', `This message is here already, as notice "${id}"`);
    }
  }

  /** A draft that follows a notice up. Throws `conflict/wrong_state` for a notice that was never submitted. */
  async followUp(id: string, kind: FollowUpKind, input: FollowUpInput, by: Person): Promise<Stored<Notice>> {
    const first = await this.records.get(id);
    return this.create(followUpOf(id, first.value, kind, input), by);
  }

  /** Changes a draft, or takes a returned notice back to draft. */
  async change(id: string, patch: NoticePatch, by: Person, ifVersion?: number): Promise<Stored<Notice>> {
    const current = await this.#read(id, ifVersion);
    if (current.value.state !== 'draft') requireChange(current.value.state, 'draft');
    const base = thawed(current.value);
    const editors = base.author === by.person ? base.editors : [...new Set([...base.editors, by.person])];
    const template = this.#deps.templates.find(patch.template ?? base.template);
    const event = patch.event ?? (patch.template === undefined ? base.event : (template?.event ?? base.event));
    const waivers = patch.waivers
      ? signed(patch.waivers, base.waivers, by.person, new Date(this.#now()).toISOString())
      : base.waivers;
    const notice: Notice = { ...base, ...defined(patch), event, editors, waivers };
    const problems = statementProblems(notice, template, this.#now());
    refuseProblems('The notice has faults', [...problems, ...(await this.#followUpProblems(notice))]);
    return this.records.update(current, notice, act(by, 'notice.change', id, { fields: Object.keys(patch) }));
  }

  get(id: string): Promise<Stored<Notice>> {
    return this.records.get(id);
  }

  /** Newest first, without the texts. */
  async list(page: { limit?: number; before?: string } = {}): Promise<Stored<NoticeSummary>[]> {
    const records = await this.records.list(page);
    return records.map(({ value: { renderings: _, ...summary }, ...record }) => ({ ...record, value: summary }));
  }

  /** The texts with their readers. For a draft, what is wrong comes as `problems`; a submitted notice shows its frozen texts. */
  async preview(id: string): Promise<Preview> {
    const { value: notice } = await this.records.get(id);
    if (notice.renderings !== undefined) {
      return previewOf(notice, notice, await this.#deps.snapshot(notice.audience), []);
    }
    const { audience, composed, routes, problems, waived } = await this.#tryOut(notice, this.#now());
    const hashed = { ...notice, renderings: composed.renderings, audienceDigest: audience?.digest ?? '', routes };
    return previewOf(notice, hashed, audience, problems, waived);
  }

  /** Freezes the texts. Throws `invalid` with every fault of the notice, its audience and its regions. */
  async submit(id: string, by: Person, ifVersion?: number): Promise<Stored<Notice>> {
    const current = await this.#read(id, ifVersion);
    requireChange(current.value.state, 'submitted');
    if (current.value.state !== 'draft') {
      throw new TocsinError('conflict', 'wrong_state', `A notice that is ${current.value.state} was submitted already`);
    }
    const nowMs = this.#now();
    const at = new Date(nowMs).toISOString();
    const { audience, composed, routes, problems } = await this.#tryOut(current.value, nowMs);
    refuseProblems('The notice cannot be submitted', problems);
    const { renderings } = composed;
    const ours = current.value.identifier === id;
    const notice: Notice = {
      ...advance(current.value, 'submitted'),
      // A message from elsewhere keeps its name, by which others refer to it.
      ...(ours ? { sent: capTime(nowMs) } : {}),
      submitted: { by: by.person, at },
      renderings,
      renderingsHash: renderingsHash(renderings),
      audienceDigest: audience?.digest ?? '',
      routes,
      decisions: [],
      timings: { created: current.value.timings.created ?? current.value.createdAt, submitted: at },
    };
    const detail = { renderings: renderings.length, renderingsHash: notice.renderingsHash };
    return this.records.update(current, notice, act(by, 'notice.submit', id, detail));
  }

  /** One region's approval or return, by somebody who may and who did not write it. */
  async decide(id: string, input: DecisionInput, by: Approver, ifVersion?: number): Promise<Stored<Notice>> {
    const { region, hash, reasons } = input;
    const detail = { region, hash, person: by.person, ...(reasons === undefined ? {} : { reasons }) };
    return this.#inTurn(id, async () => {
      for (let round = 1; ; round += 1) {
        const current = await this.#read(id, ifVersion);
        const notice = decided(current.value, input, by, new Date(this.#now()).toISOString());
        try {
          return await this.records.update(current, notice, act(by, `notice.${input.decision}`, id, detail));
        } catch (error) {
          // Another region's decision came in between, which takes nothing from this one: the hash says what was seen.
          const overtaken = error instanceof TocsinError && error.code === 'version_conflict';
          if (!overtaken || ifVersion !== undefined || round === MAX_DECISION_ROUNDS) throw error;
          // Without chance in it two processes would overtake each other in step.
          await setTimeout(Math.random() * Math.min(2 ** round, MAX_PAUSE_MS));
        }
      }
    });
  }

  /** Gives a notice up before its launch; afterwards its broadcast is cancelled instead. */
  async cancel(id: string, by: Person, ifVersion?: number): Promise<Stored<Notice>> {
    const current = await this.#read(id, ifVersion);
    if (current.value.state === 'launched') {
      throw new TocsinError('conflict', 'wrong_state', 'The notice is launched: cancel its broadcast');
    }
    const notice = cancelled(current.value, new Date(this.#now()).toISOString());
    return this.records.update(current, notice, act(by, 'notice.cancel', id));
  }

  /** A hundred prefectures may decide in the same second: here one after the other, instead of all against all. */
  async #inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(act, act);
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #read(id: string, ifVersion: number | undefined): Promise<Stored<Notice>> {
    const current = await this.records.get(id);
    if (ifVersion === undefined || ifVersion === current.version) return current;
    throw new TocsinError('precondition', 'version_mismatch', `The notice "${id}" was changed since you read it`);
  }

  async #followUpProblems(notice: Notice): Promise<Problem[]> {
    const { followsUp } = notice;
    if (followsUp === undefined) return [];
    const first = await this.records.find(followsUp);
    if (first) return followUpProblems(notice, first.value);
    return [{ code: 'unknown_notice', at: '/followsUp', message: `there is no notice "${followsUp}"` }];
  }

  #routesOf(notice: Notice): { routes: Record<string, string[]>; problems: Problem[] } {
    try {
      return { routes: this.#deps.routesOf?.(notice) ?? {}, problems: [] };
    } catch (error) {
      return { routes: {}, problems: problemsOf(error) };
    }
  }

  /** What a submission at this time would freeze, and what it would be refused for. */
  async #tryOut(
    notice: Notice,
    nowMs: number,
  ): Promise<{
    audience?: AudienceView;
    composed: Composed;
    routes: Record<string, string[]>;
    /** Those that nobody waived. */
    problems: Problem[];
    waived: Waived[];
  }> {
    const template = this.#deps.templates.find(notice.template);
    const { routes, problems: routeProblems } = this.#routesOf(notice);
    const problems = [
      ...statementProblems(notice, template, nowMs),
      ...(await this.#followUpProblems(notice)),
      ...routeProblems,
    ];
    let audience: AudienceView | undefined;
    try {
      audience = await this.#deps.snapshot(notice.audience);
      problems.push(...audienceProblems(notice, audience));
    } catch (error) {
      if (!(error instanceof TocsinError && error.kind === 'not-found')) throw error;
      problems.push(...problemsOf(error).map((problem) => ({ ...problem, at: '/audience' })));
    }
    const writable = template && problems.every(({ at }) => !at.startsWith('/parameters'));
    const composed = writable
      ? await compose(this.#deps.directory, template, notice, audience, nowMs)
      : { renderings: [], problems: [] };
    problems.push(...composed.problems);
    const { standing, waived } = sift(problems, notice.waivers);
    return { ...(audience ? { audience } : {}), composed, routes, problems: standing, waived };
  }
}

/** A draft again: the frozen texts go, the authorities' reasons stay in sight. */
function thawed(notice: Notice): Notice {
  if (notice.state === 'draft') return notice;
  const draft = advance(notice, 'draft');
  const { renderings: _, renderingsHash: __, audienceDigest: ___, routes: ____, submitted: _____, ...rest } = draft;
  return rest;
}

function defined(patch: NoticePatch): Partial<NoticeInput> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

function act(by: Person, action: string, id: string, detail?: Record<string, unknown>) {
  const person = { person: by.person, ...detail };
  return { actor: by.actor, action, subject: `notice/${id}`, detail: person };
}
