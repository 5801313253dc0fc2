/** Standing approvals: given for a period, revoked, and what they let through. */
import { auditEntries } from '../../src/store/audit.ts';
import { AUTHOR, EDITOR, inputOf, MINISTER, noticesOver, PREFECT_35, refusalOf } from './samples.ts';
import { standingFixture } from './standing-fixture.ts';

const { here, give, submitted, reasonsFor } = standingFixture();

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
        at: new Date(here.world.nowMs).toISOString(),
        decision: 'approved',
        basis: { kind: 'standing', approval: id, givenAt: value.givenAt },
      },
    ]);
    const { regions } = await here.notices.preview(notice.identifier);
    expect(notice.decisions[0]?.hash).toBe(regions[0]?.hash);
  });

  test('waits for the authorities of its other regions', async () => {
    await give();
    const notice = await submitted();
    expect([notice.state, notice.decisions.map(({ region }) => region)]).toEqual(['submitted', ['35']]);
  });

  test('is told so in the preview of its draft', async () => {
    const { id } = await give();
    const draft = await here.notices.create(inputOf(), AUTHOR);
    const { beforehand } = await here.notices.preview(draft.id);
    expect(beforehand).toMatchObject([
      { region: '35', standing: [{ approval: id, by: PREFECT_35.person, holds: true, reasons: [] }] },
      { region: '29', standing: [], decisions: [] },
    ]);
  });

  test('is counted, and in the audit', async () => {
    const { id } = await give();
    const notice = await submitted();
    await submitted();
    expect((await here.notices.standing.get(id)).value).toMatchObject({ uses: 2 });
    const acts = [];
    for await (const { action, detail } of auditEntries(here.store)) acts.push({ action, detail });
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
    await here.notices.decide(id, { region: '35', decision: 'return', hash, reasons: 'not in this case' }, PREFECT_35);
    expect((await here.notices.get(id)).value.state).toBe('returned');
  });

  test('R7: a correction within one is approved although its numbers are others than those prepared', async () => {
    await give({ template: 'correction', parameters: {} });
    const first = await submitted({ regions: ['35'] });
    here.world.numbers = here.world.numbers.map((one) =>
      one.service === '15' ? { ...one, number: '33261910099', display: '02 61 91 00 99' } : one,
    );
    const draft = await here.notices.followUp(first.identifier, 'correction', { parameters: {} }, AUTHOR);
    const { value } = await here.notices.submit(draft.id, AUTHOR);
    expect([value.state, value.decisions[0]?.basis?.kind]).toEqual(['approved', 'standing']);
    expect(value.renderings?.[0]?.text).toContain('0261910099');
  });

  test('leaves its follow-ups to approvals of their own: nobody has seen those texts', async () => {
    await give();
    const { identifier: id, state } = await submitted({ regions: ['35'] });
    expect(state).toBe('approved');
    const draft = await here.notices.followUp(id, 'all-clear', { parameters: {} }, AUTHOR);
    expect((await here.notices.submit(draft.id, AUTHOR)).value.decisions).toEqual([]);
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
    const revoked = await here.notices.standing.revoke(id, PREFECT_35);
    expect(revoked.value.revoked).toEqual({ by: PREFECT_35.person, at: new Date(here.world.nowMs).toISOString() });
    expect(await reasonsFor()).toEqual([expect.stringMatching(/Paule Préfète revoked it/)]);
    expect((await submitted()).decisions).toEqual([]);
    expect((await here.notices.get(before.identifier)).value.state).toBe('approved');
    expect((await here.notices.standing.revoke(id, PREFECT_35)).version).toBe(revoked.version);
  });

  test('is revoked by its giver or by who decides for all its regions, and by nobody else', async () => {
    const { id } = await give({ regions: ['35', '29'] }, MINISTER);
    expect(await refusalOf(() => here.notices.standing.revoke(id, PREFECT_35))).toMatchObject({
      code: 'outside_jurisdiction',
    });
    const successor = { actor: 'key:s', person: 'Sam Successeur', regions: ['35', '29'] };
    expect((await here.notices.standing.revoke(id, successor)).value.revoked?.by).toBe('Sam Successeur');
  });

  test('a revocation that overtakes a submission wins', async () => {
    const { id } = await give();
    const draft = await here.notices.create(inputOf({ regions: ['35'] }), AUTHOR);
    const lookup = here.world.numbers;
    // Between the reading of the approvals and the writing of the notice.
    const { notices: slow } = noticesOver(here.store, {
      directory: {
        lookup: async (region, services) => {
          await here.notices.standing.revoke(id, PREFECT_35);
          return { found: lookup.filter((one) => one.region === region && services.includes(one.service)) };
        },
      },
    });
    expect((await slow.submit(draft.id, EDITOR)).value.decisions).toEqual([]);
  });
});
