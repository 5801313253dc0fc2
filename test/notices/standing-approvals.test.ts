/** Standing approvals: what an authority lets through for a period, and every way to be outside of it. */
import type { Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { StandingApprovalInput } from '../../src/notices/standing-approval.ts';
import { fits } from '../../src/notices/standing-bounds.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH } from '../templates/samples.ts';
import {
  AUTHOR,
  type Changeable,
  EDITOR,
  inputOf,
  MINISTER,
  noticesOver,
  PREFECT_29,
  PREFECT_35,
  refusalOf,
  templates,
} from './samples.ts';

let store: Store;
let close: () => Promise<void>;
let notices: Notices;
let world: Changeable;
beforeEach(async () => {
  ({ store, close } = await testStore());
  ({ notices, world } = noticesOver(store));
});
afterEach(() => close());

const DAY_MS = 86_400_000;

function approvalOf(changes: Record<string, unknown> = {}): StandingApprovalInput {
  return StandingApprovalInput.parse({
    regions: ['35'],
    template: HARD_TO_REACH,
    statuses: ['Exercise', 'Actual'],
    severities: ['Severe', 'Extreme'],
    services: ['15', '17', '18', '112'],
    languages: ['fr', 'en'],
    parameters: { advice: { allowed: ["N'appelez qu'en cas d'urgence."] } },
    numbersVerifiedWithinDays: 30,
    validUntil: '2021-12-01T00:00:00Z',
    ...changes,
  });
}

const give = (changes = {}, by = PREFECT_35) => notices.standing.give(approvalOf(changes), by);

async function submitted(changes: Record<string, unknown> = {}, by = AUTHOR): Promise<Notice> {
  const { id } = await notices.create(inputOf(changes), by);
  return (await notices.submit(id, by)).value;
}

/** Why the standing approvals of region 35 do not hold for a draft. */
async function reasonsFor(changes: Record<string, unknown> = {}, by = AUTHOR): Promise<string[]> {
  const { id } = await notices.create(inputOf(changes), by);
  const { beforehand } = await notices.preview(id);
  return beforehand.find(({ region }) => region === '35')?.standing.flatMap(({ reasons }) => reasons) ?? [];
}

describe('a notice within a standing approval', () => {
  test('is approved in its region when it is submitted, in the name of who gave it', async () => {
    const { id, value } = await give();
    const notice = await submitted({ regions: ['35'], parameters: { advice: "N'appelez qu'en cas d'urgence." } });
    expect(notice.state).toBe('approved');
    expect(notice.decisions).toMatchObject([
      {
        region: '35',
        authority: 'prefecture-35',
        by: PREFECT_35.person,
        at: new Date(world.nowMs).toISOString(),
        decision: 'approved',
        basis: { kind: 'standing', approval: id, givenAt: value.givenAt },
      },
    ]);
    const { regions } = await notices.preview(notice.identifier);
    expect(notice.decisions[0]?.hash).toBe(regions[0]?.hash);
  });

  test('waits for the authorities of its other regions', async () => {
    await give();
    const notice = await submitted();
    expect([notice.state, notice.decisions.map(({ region }) => region)]).toEqual(['submitted', ['35']]);
  });

  test('is told so in the preview of its draft', async () => {
    const { id } = await give();
    const draft = await notices.create(inputOf(), AUTHOR);
    const { beforehand } = await notices.preview(draft.id);
    expect(beforehand).toMatchObject([
      { region: '35', standing: [{ approval: id, by: PREFECT_35.person, holds: true, reasons: [] }] },
      { region: '29', standing: [], decisions: [] },
    ]);
  });

  test('is counted, and in the audit', async () => {
    const { id } = await give();
    const notice = await submitted();
    await submitted();
    expect((await notices.standing.get(id)).value).toMatchObject({ uses: 2 });
    const acts = [];
    for await (const { action, detail } of auditEntries(store)) acts.push({ action, detail });
    expect(acts[0]).toMatchObject({ action: 'standing-approval.give', detail: { person: PREFECT_35.person } });
    const submission = acts.find(({ action }) => action === 'notice.submit');
    expect(submission?.detail).toMatchObject({
      beforehand: [{ region: '35', by: PREFECT_35.person, basis: { approval: id } }],
      renderingsHash: notice.renderingsHash,
    });
  });

  test('may be returned all the same, by who thinks again', async () => {
    await give();
    const { identifier: id, decisions } = await submitted({ regions: ['35'] });
    const hash = decisions[0]?.hash ?? '';
    await notices.decide(id, { region: '35', decision: 'return', hash, reasons: 'not in this case' }, PREFECT_35);
    expect((await notices.get(id)).value.state).toBe('returned');
  });

  test('R7: a correction within one is approved although its numbers are others than those prepared', async () => {
    await give({ template: 'correction', parameters: {} });
    const first = await submitted({ regions: ['35'] });
    world.numbers = world.numbers.map((one) =>
      one.service === '15' ? { ...one, number: '33261910099', display: '02 61 91 00 99' } : one,
    );
    const draft = await notices.followUp(first.identifier, 'correction', { parameters: {} }, AUTHOR);
    const { value } = await notices.submit(draft.id, AUTHOR);
    expect([value.state, value.decisions[0]?.basis?.kind]).toEqual(['approved', 'standing']);
    expect(value.renderings?.[0]?.text).toContain('0261910099');
  });

  test('leaves its follow-ups to approvals of their own: nobody has seen those texts', async () => {
    await give();
    const { identifier: id, state } = await submitted({ regions: ['35'] });
    expect(state).toBe('approved');
    const draft = await notices.followUp(id, 'all-clear', { parameters: {} }, AUTHOR);
    expect((await notices.submit(draft.id, AUTHOR)).value.decisions).toEqual([]);
  });
});

describe('outside of a standing approval', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    ['another status', { statuses: ['Actual'] }, {}, /status Exercise is not among Actual/],
    ['another severity', {}, { severity: 'Minor' }, /severity Minor is not among Severe, Extreme/],
    ['another service', { services: ['15'] }, {}, /service 17 is not among 15/],
    ['another language', { languages: ['fr'] }, {}, /language en is not among fr/],
    [
      'a parameter that is none of those allowed',
      {},
      { parameters: { advice: 'Restez au chaud.' } },
      /advice is none of/,
    ],
    ['a parameter without bounds', { parameters: {} }, { parameters: { advice: 'Ici.' } }, /advice must be left out/],
    [
      'a parameter that is too long',
      { parameters: { advice: { maxLength: 5 } } },
      { parameters: { advice: 'Restez.' } },
      /advice has 7 characters, 5 are allowed/,
    ],
    [
      'a parameter of another form',
      { parameters: { advice: { maxLength: 60, pattern: 'Poste * ouvert.' } } },
      { parameters: { advice: 'Poste fermé.' } },
      /advice is not like/,
    ],
    [
      'a number verified too long ago',
      { numbersVerifiedWithinDays: 7 },
      {},
      /service 15 was not verified .* last 7 days/,
    ],
    [
      'something waived',
      {},
      { waivers: [{ code: 'stale_verification', region: '35', reason: 'rung up just now' }] },
      /something is waived/,
    ],
    ['a headline', {}, { headline: 'Panne' }, /the words of its headline/],
    ['a description', {}, { description: 'Appelez ailleurs.' }, /the words of its description/],
    ['another event', {}, { event: 'Panne, appelez ailleurs' }, /the words of its event/],
    ['before it holds', { validFrom: '2021-06-10T00:00:00Z' }, {}, /holds from 2021-06-10/],
  ])('is %s, and the preview says so', async (_what, changes, notice, reason) => {
    await give(changes);
    const reasons = await reasonsFor(notice);
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
    expect(reasons.every((one) => reason.test(one) || /service \d+ (was|is) not/.test(one))).toBe(true);
    expect((await submitted(notice)).decisions).toEqual([]);
  });

  test('is another region', async () => {
    await give({ regions: ['29'] }, PREFECT_29);
    expect((await submitted({ regions: ['35'] })).decisions).toEqual([]);
  });

  test('is what its giver wrote, changed or submitted', async () => {
    await give();
    const prefect = { actor: 'key:other', person: ' paule PRÉFÈTE ' };
    expect(await reasonsFor({}, prefect)).toEqual([expect.stringMatching(/gave it, and wrote this notice/)]);
    const { id } = await notices.create(inputOf(), AUTHOR);
    expect((await notices.submit(id, prefect)).value.decisions).toEqual([]);
  });

  test('is a time after its end', async () => {
    await give({ validUntil: '2021-06-03T00:00:00Z' });
    const later = { expires: '2021-06-05T00:00:00+02:00' };
    world.nowMs += DAY_MS;
    expect(await reasonsFor(later)).toEqual([expect.stringMatching(/held until 2021-06-03/)]);
  });

  test('is a moment beyond its window, or in the past', async () => {
    await give({ template: 'restored-keep-alternative', parameters: { until: { withinHours: 12 } } });
    const restored = (until: string) => ({ template: 'restored-keep-alternative', parameters: { until } });
    expect(await reasonsFor(restored('2021-06-03T05:00:00+02:00'))).toEqual([]);
    for (const until of ['2021-06-03T05:10:00+02:00', '2021-06-02T17:00:00+02:00']) {
      expect(await reasonsFor(restored(until))).toEqual([expect.stringMatching(/until is not within 12 hours/)]);
    }
  });

  test('is a wording that was changed since', async () => {
    await give();
    const own = templates.get(HARD_TO_REACH);
    const fr = own.wordings.fr!;
    const changed = { ...own, wordings: { ...own.wordings, fr: { ...fr, text: `${fr.text} Merci.` } } };
    const find = (id: string) => (id === HARD_TO_REACH ? changed : templates.find(id));
    const { notices: others } = noticesOver(store, { templates: { find } });
    const { id } = await others.create(inputOf(), AUTHOR);
    const { beforehand } = await others.preview(id);
    expect(beforehand[0]?.standing[0]?.reasons).toEqual([expect.stringMatching(/wording in fr has changed/)]);
  });

  test('is who looked the wording over: that changes no text', async () => {
    await give();
    const own = templates.get(HARD_TO_REACH);
    const fr = { ...own.wordings.fr!, reviewedBy: 'Rose Relectrice', reviewedAt: '2021-06-01' };
    const find = (id: string) =>
      id === HARD_TO_REACH ? { ...own, wordings: { ...own.wordings, fr } } : templates.find(id);
    const { notices: others } = noticesOver(store, { templates: { find } });
    const { id } = await others.create(inputOf(), AUTHOR);
    expect((await others.preview(id)).beforehand[0]?.standing[0]?.holds).toBe(true);
  });

  test('is a use more than it may have, and two at once are not two too many', async () => {
    const { id } = await give({ maxUses: 2 });
    const drafts = await Promise.all([1, 2, 3, 4].map(() => notices.create(inputOf({ regions: ['35'] }), AUTHOR)));
    const sent = await Promise.all(drafts.map((draft) => notices.submit(draft.id, AUTHOR)));
    expect(sent.filter(({ value }) => value.state === 'approved')).toHaveLength(2);
    expect((await notices.standing.get(id)).value.uses).toBe(2);
    expect(await reasonsFor()).toEqual([expect.stringMatching(/used 2 times/)]);
  });
});

describe('giving and revoking', () => {
  test('is for the regions one decides for', async () => {
    const refusal = await refusalOf(() => give({ regions: ['35', '29'] }));
    expect(refusal).toMatchObject({ kind: 'forbidden', code: 'outside_jurisdiction' });
    expect(refusal.faults.map(({ at }) => at)).toEqual(['/regions/1']);
    expect((await give({ regions: ['35', '29'] }, MINISTER)).value).toMatchObject({ forAll: true });
  });

  test('the ministry decides as the ministry', async () => {
    await give({ regions: ['35', '29'] }, MINISTER);
    const { state, decisions } = await submitted();
    expect([state, decisions.map(({ authority }) => authority)]).toEqual(['approved', ['ministry', 'ministry']]);
  });

  test.each([
    ['an unknown template', { template: 'none' }, '/template'],
    ['a parameter that the template has not', { parameters: { until: { withinHours: 1 } } }, '/parameters/until'],
    ['an end in the past', { validUntil: '2021-06-01T00:00:00Z' }, '/validUntil'],
    ['an end too far away', { validUntil: '2022-07-01T00:00:00Z' }, '/validUntil'],
    [
      'a text bound for a moment',
      { template: 'restored-keep-alternative', parameters: { until: { maxLength: 5 } } },
      '/parameters/until',
    ],
  ])('is refused with %s', async (_what, changes, at) => {
    const refusal = await refusalOf(() => give(changes));
    expect(refusal).toMatchObject({ code: 'invalid_standing_approval' });
    expect(refusal.faults.map((fault) => fault.at)).toEqual([at]);
  });

  test('of an unknown region is refused', async () => {
    expect(await refusalOf(() => give({ regions: ['99'] }, MINISTER))).toMatchObject({ code: 'unknown_region' });
  });

  test('once revoked it lets nothing through, and what it let through stays approved', async () => {
    const { id } = await give();
    const before = await submitted({ regions: ['35'] });
    const revoked = await notices.standing.revoke(id, PREFECT_35);
    expect(revoked.value.revoked).toEqual({ by: PREFECT_35.person, at: new Date(world.nowMs).toISOString() });
    expect(await reasonsFor()).toEqual([expect.stringMatching(/Paule Préfète revoked it/)]);
    expect((await submitted()).decisions).toEqual([]);
    expect((await notices.get(before.identifier)).value.state).toBe('approved');
    expect((await notices.standing.revoke(id, PREFECT_35)).version).toBe(revoked.version);
  });

  test('is revoked by its giver or by who decides for all its regions, and by nobody else', async () => {
    const { id } = await give({ regions: ['35', '29'] }, MINISTER);
    expect(await refusalOf(() => notices.standing.revoke(id, PREFECT_35))).toMatchObject({
      code: 'outside_jurisdiction',
    });
    const successor = { actor: 'key:s', person: 'Sam Successeur', regions: ['35', '29'] };
    expect((await notices.standing.revoke(id, successor)).value.revoked?.by).toBe('Sam Successeur');
  });

  test('a revocation that overtakes a submission wins', async () => {
    const { id } = await give();
    const draft = await notices.create(inputOf({ regions: ['35'] }), AUTHOR);
    const lookup = world.numbers;
    // Between the reading of the approvals and the writing of the notice.
    const { notices: slow } = noticesOver(store, {
      directory: {
        lookup: async (region, services) => {
          await notices.standing.revoke(id, PREFECT_35);
          return { found: lookup.filter((one) => one.region === region && services.includes(one.service)) };
        },
      },
    });
    expect((await slow.submit(draft.id, EDITOR)).value.decisions).toEqual([]);
  });
});

describe('a pattern with *', () => {
  test.each([
    ['Poste * ouvert.', 'Poste de Rennes ouvert.', true],
    ['Poste * ouvert.', 'Poste ouvert.', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['a*a', 'a', false],
    ['*b*b*', 'abcb', true],
    ['*b*b*', 'abc', false],
    ['a*bc*c', 'abc', false],
  ])('%s and "%s": %s', (pattern, value, expected) => {
    expect(fits(pattern, value)).toBe(expected);
  });

  test('takes no time however it is made', () => {
    const startedMs = performance.now();
    expect(fits(`${'*a'.repeat(250)}b`, 'a'.repeat(500))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});
