/**
 * The standing approvals: given, shown, revoked. A use is written together with the notice that it lets through, so none
 * is used once too often, nor after it was revoked.
 */
import { randomUUID } from 'node:crypto';
import { mayDecide } from '../directory/authorities.ts';
import { requireRegions } from '../directory/regions.ts';
import { refuseFaults, TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { isSamePerson } from '../store/person.ts';
import { allRecords, type Change, Records, type Stored } from '../store/records.ts';
import type { Templates } from '../templates/load.ts';
import type { Approver } from './notice.ts';
import {
  type StandingApproval,
  type StandingApprovalInput,
  standingFaults,
  wordingHashes,
} from './standing-approval.ts';

export class StandingApprovals {
  readonly records: Records<StandingApproval>;
  readonly #templates: Pick<Templates, 'find'>;
  readonly #now: () => number;

  constructor(deps: { store: Store; templates: Pick<Templates, 'find'>; now: () => number }) {
    this.records = new Records<StandingApproval>(deps.store, 'standing_approval');
    this.#templates = deps.templates;
    this.#now = deps.now;
  }

  /** Throws `outside_jurisdiction` for a region that the giver does not decide for, `invalid_standing_approval`. */
  async give(input: StandingApprovalInput, by: Approver): Promise<Stored<StandingApproval>> {
    const nowMs = this.#now();
    const template = this.#templates.find(input.template);
    requireRegions(input.regions, '/regions');
    requireScope(by, input.regions);
    refuseFaults('invalid_standing_approval', 'The approval has faults', standingFaults(input, template, nowMs));
    const givenAt = new Date(nowMs).toISOString();
    const approval: StandingApproval = {
      ...input,
      validFrom: input.validFrom ?? givenAt,
      ...(by.authority === undefined ? {} : { authority: by.authority }),
      forAll: by.regions === '*',
      by: by.person,
      givenAt,
      wordings: template ? wordingHashes(template, input.regions, input.languages) : [],
      uses: 0,
    };
    const id = randomUUID();
    const { template: of, regions, validUntil, waives } = approval;
    const detail = { person: by.person, template: of, regions, validUntil, ...(waives ? { waives } : {}) };
    return this.records.create(id, approval, act(by, 'standing-approval.give', id, detail));
  }

  get(id: string): Promise<Stored<StandingApproval>> {
    return this.records.get(id);
  }

  /** Newest first. */
  list(page: { limit?: number; before?: string } = {}): Promise<Stored<StandingApproval>[]> {
    return this.records.list(page);
  }

  /** All that were ever given for a template. */
  async forTemplate(template: string): Promise<Stored<StandingApproval>[]> {
    const found: Stored<StandingApproval>[] = [];
    for await (const one of allRecords(this.records)) if (one.value.template === template) found.push(one);
    return found;
  }

  /** The writes that count one use more of each, to be committed with the notice `id` that they let through. */
  uses(read: readonly Stored<StandingApproval>[], used: readonly string[], notice: string, nowMs: number): Change[] {
    const lastUse = { notice, at: new Date(nowMs).toISOString() };
    return read
      .filter(({ id }) => used.includes(id))
      .map((stored) => this.records.put(stored, { ...stored.value, uses: stored.value.uses + 1, lastUse }));
  }

  /** For good, by its giver or by somebody who decides for all its regions. Again is no fault. */
  async revoke(id: string, by: Approver): Promise<Stored<StandingApproval>> {
    const current = await this.records.get(id);
    if (current.value.revoked) return current;
    if (!isSamePerson(current.value.by, by.person)) requireScope(by, current.value.regions);
    const revoked = { by: by.person, at: new Date(this.#now()).toISOString() };
    const detail = { person: by.person };
    return this.records.update(current, { ...current.value, revoked }, act(by, 'standing-approval.revoke', id, detail));
  }
}

function requireScope(by: Approver, regions: readonly string[]): void {
  const faults = regions.flatMap((region, i) =>
    mayDecide(by.regions, region) ? [] : [{ at: `/regions/${i}`, message: 'is not among the regions you decide for' }],
  );
  if (faults.length === 0) return;
  throw new TocsinError('forbidden', 'outside_jurisdiction', 'Some regions are outside your jurisdiction', { faults });
}

function act(by: Approver, action: string, id: string, detail: Record<string, unknown>) {
  return { actor: by.actor, action, subject: `standing_approval/${id}`, detail };
}
