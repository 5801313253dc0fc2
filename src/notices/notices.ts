/**
 * The notices: written, submitted, decided on, kept with their versions and an audit entry for every change. Refuses to
 * submit what could not be sent as it stands, with all faults at once; launching is for broadcasts/, by `records` and
 * the steps in stages.ts.
 */
import { setTimeout } from 'node:timers/promises';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { commit, Records, type Stored } from '../store/records.ts';
import { refuseProblems } from '../templates/problem.ts';
import { awaitApprovals } from './awaiting.ts';
import { type BeforehandRegion, judgeBeforehand, type Submitted, withBeforehand } from './beforehand.ts';
import { statementProblems } from './checks.ts';
import { detectionProblems } from './clock.ts';
import { decided } from './decide.ts';
import { followUpOf, followUpProblems } from './follow-up.ts';
import type { FollowUpKind } from './follow-up-kinds.ts';
import { type FullPreview, fullPreview } from './full-preview.ts';
import { identityOf, identityProblems } from './identity.ts';
import { requireChange } from './lifecycle.ts';
import type { Approver, Notice } from './notice.ts';
import type { DecisionInput, FollowUpInput, NoticeInput, NoticePatch } from './notice-input.ts';
import { type ApprovalPolicy, DEFAULT_POLICY } from './policy.ts';
import { type ShownProposal, showProposals } from './proposals.ts';
import { withRelated } from './related.ts';
import { cancelled } from './stages.ts';
import type { StandingApproval } from './standing-approval.ts';
import { StandingApprovals } from './standing-approvals.ts';
import { preparedRecords, submitted, thawed } from './submission.ts';
import { type TryOutDeps, tryOut } from './try-out.ts';
import { Turns } from './turns.ts';
import { signed, type Waiver } from './waivers.ts';

export interface NoticesDeps extends TryOutDeps {
  readonly store: Store;
  /** CAP sender of notices written here: a domain name. */
  readonly sender?: string;
  /** Who must approve; default: anybody who decides for the region. */
  readonly policy?: ApprovalPolicy;
  /** ms since epoch. */
  readonly now?: () => number;
}

/** A notice without its texts, for lists. */
export type NoticeSummary = Omit<Notice, 'renderings'>;

/** Rounds of a decision that other processes' decisions overtake. */
const MAX_DECISION_ROUNDS = 50;
const MAX_PAUSE_MS = 100;
/** Rounds of a submission while standing approvals that it uses are used or revoked by others. */
const MAX_SUBMIT_ROUNDS = 20;
const DEFAULT_SENDER = 'tocsin.invalid';

export class Notices {
  /** For whoever commits a change of a notice together with a record of its own. */
  readonly records: Records<Notice>;
  readonly standing: StandingApprovals;
  readonly #deps: NoticesDeps;
  readonly #now: () => number;
  readonly #policy: ApprovalPolicy;
  readonly #turns = new Turns();

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    this.records = new Records<Notice>(deps.store, 'notice');
    this.#now = deps.now ?? Date.now;
    this.#policy = deps.policy ?? DEFAULT_POLICY;
    const { store, templates } = deps;
    this.standing = new StandingApprovals({ store, templates, now: this.#now });
  }

  /** A new draft. Throws `invalid` with the faults of the statement, `conflict/duplicate_notice` for a known CAP message. */
  create(input: NoticeInput, by: Person): Promise<Stored<Notice>> {
    return this.#create(input, by, []);
  }

  /** `held`: waivers that others have answered for already. */
  async #create(input: NoticeInput, by: Person, held: readonly Waiver[]): Promise<Stored<Notice>> {
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
      waivers: signed(input.waivers, held, by.person, at),
      decisions: [],
      timings: { created: at },
    };
    refuseProblems('The notice has faults', [
      ...detectionProblems(notice, nowMs),
      ...identityProblems(input),
      ...statementProblems(notice, template, nowMs),
      ...followUpProblems(notice, await this.#firstOf(notice)),
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
    const draft = followUpOf(id, first.value, kind, input);
    return this.#create(await withRelated(this.records, id, draft, this.#now()), by, first.value.waivers);
  }

  /** What those who returned it would say instead. */
  async proposals(id: string): Promise<ShownProposal[]> {
    const { value: notice } = await this.records.get(id);
    return showProposals(this.#deps, notice, await this.#firstOf(notice), this.#now());
  }

  /** Changes a draft, or takes a returned notice back to draft. `proposer`: whose words the change is, besides. */
  async change(
    id: string,
    patch: NoticePatch,
    by: Person,
    ifVersion?: number,
    proposer?: string,
  ): Promise<Stored<Notice>> {
    const current = await this.#read(id, ifVersion);
    if (current.value.state !== 'draft') requireChange(current.value.state, 'draft');
    const base = thawed(current.value);
    const writers = [by.person, ...(proposer === undefined ? [] : [proposer])].filter((one) => one !== base.author);
    const editors = [...new Set([...base.editors, ...writers])];
    const template = this.#deps.templates.find(patch.template ?? base.template);
    const event = patch.event ?? (patch.template === undefined ? base.event : (template?.event ?? base.event));
    const waivers = patch.waivers
      ? signed(patch.waivers, base.waivers, by.person, new Date(this.#now()).toISOString())
      : base.waivers;
    const notice: Notice = { ...base, ...defined(patch), event, editors, waivers };
    const nowMs = this.#now();
    const problems = [...statementProblems(notice, template, nowMs), ...detectionProblems(notice, nowMs)];
    refuseProblems('The notice has faults', [...problems, ...followUpProblems(notice, await this.#firstOf(notice))]);
    return this.records.update(
      current,
      notice,
      act(by, 'notice.change', id, { fields: Object.keys(patch), ...(proposer === undefined ? {} : { proposer }) }),
    );
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
  async preview(id: string): Promise<FullPreview> {
    const current = await this.records.get(id);
    const judge = (candidate: Submitted) => this.#judge(candidate);
    const deps = { ...this.#deps, policy: this.#policy, judge };
    return fullPreview(deps, current, await this.#firstOf(current.value), this.#now());
  }

  /** Freezes the texts. Throws `invalid` with every fault of the notice, its audience and its regions. */
  async submit(id: string, by: Person, ifVersion?: number): Promise<Stored<Notice>> {
    const current = await this.#read(id, ifVersion);
    requireChange(current.value.state, 'submitted');
    if (current.value.state !== 'draft') {
      throw new TocsinError('conflict', 'wrong_state', `A notice that is ${current.value.state} was submitted already`);
    }
    for (let round = 1; ; round += 1) {
      try {
        return await this.#submitAsItIs(current, by);
      } catch (error) {
        const overtaken = error instanceof TocsinError && error.code === 'version_conflict';
        const same = overtaken && (await this.records.get(id)).version === current.version;
        // A standing approval was used or revoked meanwhile, so what holds is judged anew.
        if (!same || round === MAX_SUBMIT_ROUNDS) throw error;
      }
    }
  }

  async #submitAsItIs(current: Stored<Notice>, by: Person): Promise<Stored<Notice>> {
    const { id, version, value: draft } = current;
    const { store } = this.#deps;
    const nowMs = this.#now();
    const first = await this.#firstOf(draft);
    const tried = await tryOut(this.#deps, draft, first, nowMs);
    refuseProblems('The notice cannot be submitted', tried.problems);
    const requires = this.#policy.requirements(draft, nowMs);
    const waiting = { ...submitted(id, draft, tried, by, nowMs), requires };
    const standing = await this.standing.forTemplate(waiting.template);
    const { notice, used } = withBeforehand(waiting, await this.#judge({ notice: waiting, first, nowMs }, standing));
    const detail = {
      renderings: tried.composed.renderings.length,
      renderingsHash: notice.renderingsHash,
      ...(notice.decisions.length === 0 ? {} : { beforehand: notice.decisions.map(({ hash: _, ...one }) => one) }),
    };
    const texts = preparedRecords(store);
    await awaitApprovals(store, id, nowMs);
    await commit(store, act(by, 'notice.submit', id, detail), [
      this.records.put(current, notice),
      texts.put((await texts.find(id)) ?? { id, version: 0 }, { followUps: tried.followUps }),
      ...this.standing.uses(standing, used, id, nowMs),
    ]);
    return { id, version: version + 1, value: notice };
  }

  /** One region's approval or return, by somebody who may and who did not write it. */
  async decide(id: string, input: DecisionInput, by: Approver, ifVersion?: number): Promise<Stored<Notice>> {
    const { region, hash, reasons } = input;
    const detail = { region, hash, person: by.person, ...(reasons === undefined ? {} : { reasons }) };
    return this.#turns.next(id, async () => {
      for (let round = 1; ; round += 1) {
        const current = await this.#read(id, ifVersion);
        const notice = decided(current.value, input, by, new Date(this.#now()).toISOString(), this.#policy);
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

  async #read(id: string, ifVersion: number | undefined): Promise<Stored<Notice>> {
    const current = await this.records.get(id);
    if (ifVersion === undefined || ifVersion === current.version) return current;
    throw new TocsinError('precondition', 'version_mismatch', `The notice "${id}" was changed since you read it`);
  }

  /** What was approved beforehand, by approvals that may have been read already. */
  async #judge(candidate: Submitted, standing?: readonly Stored<StandingApproval>[]): Promise<BeforehandRegion[]> {
    const given = standing ?? (await this.standing.forTemplate(candidate.notice.template));
    return judgeBeforehand({ ...this.#deps, policy: this.#policy }, candidate, given);
  }

  async #firstOf({ followsUp }: Pick<Notice, 'followsUp'>): Promise<Notice | undefined> {
    return followsUp === undefined ? undefined : (await this.records.find(followsUp))?.value;
  }
}

function defined(patch: NoticePatch): Partial<NoticeInput> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

function act(by: Person, action: string, id: string, detail?: Record<string, unknown>) {
  const person = { person: by.person, ...detail };
  return { actor: by.actor, action, subject: `notice/${id}`, detail: person };
}
