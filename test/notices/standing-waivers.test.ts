/** What may be waived in a notice that a standing approval lets through: wordings that its giver saw, and nothing else. */
import { StandingApprovalInput } from '../../src/notices/standing-approval.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Template } from '../../src/templates/template.ts';
import { AUTHOR, inputOf, NUMBERS_FOR_ACTUAL, noticesOver, PREFECT_35, templates } from './samples.ts';
import { approvalOf, standingFixture } from './standing-fixture.ts';

const { here, give } = standingFixture();

const UNREVIEWED = { code: 'unreviewed_wording', reason: 'no native reader can be had' } as const;
const STALE = { code: 'stale_verification', reason: 'rung up just now' } as const;
const ACCEPTING = { waives: ['unreviewed_wording'] };

/** As the repository has them: nobody has read any. */
const unread = (template: Template): Template => ({
  ...template,
  wordings: Object.fromEntries(
    Object.entries(template.wordings).map(
      ([language, { reviewedBy: _, reviewedAt: __, reviewedText: ___, ...wording }]) => [language, wording],
    ),
  ),
});

beforeEach(() => {
  const find = (id: string) => {
    const template = templates.find(id);
    return template && unread(template);
  };
  Object.assign(here, noticesOver(here.store, { templates: { find } }));
  here.world.numbers = NUMBERS_FOR_ACTUAL;
});

const draft = (waivers: readonly object[]) =>
  here.notices.create(inputOf({ status: 'Actual', regions: ['35'], waivers }), AUTHOR);

async function judged(waivers: readonly object[]) {
  const { id } = await draft(waivers);
  const { beforehand } = await here.notices.preview(id);
  const { state } = (await here.notices.submit(id, AUTHOR)).value;
  return { state, reasons: beforehand[0]?.standing.flatMap(({ reasons }) => reasons) };
}

describe('a standing approval that accepts unreviewed wordings', () => {
  test('holds for an Actual notice in which these are waived, in the region or in all', async () => {
    await give(ACCEPTING);
    expect(await judged([UNREVIEWED])).toEqual({ state: 'approved', reasons: [] });
    expect(await judged([{ ...UNREVIEWED, region: '35' }])).toEqual({ state: 'approved', reasons: [] });
  });

  test('holds for none in which something else is waived too, and the preview names that', async () => {
    await give(ACCEPTING);
    expect(await judged([UNREVIEWED, STALE])).toEqual({
      state: 'submitted',
      reasons: ['stale_verification is waived, which it does not accept'],
    });
  });

  test('holds for none whose wording was changed since: its giver saw another', async () => {
    const { id } = await give(ACCEPTING);
    const held = await here.notices.standing.get(id);
    const act = { actor: 'test', action: 'test', subject: 'test' };
    await here.notices.standing.records.update(held, { ...held.value, wordings: [] }, act);
    const { state, reasons } = await judged([UNREVIEWED]);
    expect([state, reasons]).toEqual(['submitted', expect.arrayContaining([expect.stringContaining('has changed')])]);
  });

  test('says so in the audit log', async () => {
    await give(ACCEPTING);
    const acts = [];
    for await (const { action, detail } of auditEntries(here.store)) acts.push({ action, detail });
    expect(acts.at(-1)).toMatchObject({ action: 'standing-approval.give', detail: ACCEPTING });
  });
});

test.each([{}, { waives: [] }])(
  'one that does not say so (%j) holds for no Actual notice with such a waiver',
  async (one) => {
    await give(one);
    expect(await judged([UNREVIEWED])).toEqual({
      state: 'submitted',
      reasons: ['unreviewed_wording is waived, which it does not accept'],
    });
  },
);

test.each(['stale_verification', 'missing_language', 'number_ends', 'implausible_audience', 'anything'])(
  'none can accept that %s is waived',
  (code) => {
    const parsed = StandingApprovalInput.safeParse({ ...approvalOf(), waives: [code] });
    expect(parsed.error?.issues).toMatchObject([{ path: ['waives', 0], message: /^must be unreviewed_wording: / }]);
  },
);

test('R7: a correction keeps the waivers of the first notice, so one that accepts them lets it through', async () => {
  await give({ ...ACCEPTING, template: 'correction', parameters: {} });
  const { id } = await draft([UNREVIEWED]);
  await here.notices.submit(id, AUTHOR);
  here.world.numbers = NUMBERS_FOR_ACTUAL.map((one) =>
    one.service === '15' ? { ...one, number: '33100000099' } : one,
  );
  const correction = await here.notices.followUp(id, 'correction', { parameters: {} }, AUTHOR);
  const { value } = await here.notices.submit(correction.id, AUTHOR);
  expect([value.state, value.decisions.map(({ by }) => by)]).toEqual(['approved', [PREFECT_35.person]]);
});
