/** Every way to be outside of a standing approval. */
import { HARD_TO_REACH } from '../templates/samples.ts';
import { AUTHOR, inputOf, noticesOver, PREFECT_29, templates } from './samples.ts';
import { standingFixture } from './standing-fixture.ts';

const { here, give, submitted, reasonsFor } = standingFixture();

const DAY_MS = 86_400_000;

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
      /stale_verification is waived, which it does not accept/,
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
    const { id } = await here.notices.create(inputOf(), AUTHOR);
    expect((await here.notices.submit(id, prefect)).value.decisions).toEqual([]);
  });

  test('is a time after its end', async () => {
    await give({ validUntil: '2021-06-03T00:00:00Z' });
    const later = { expires: '2021-06-05T00:00:00+02:00' };
    here.world.nowMs += DAY_MS;
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

  const OWN = templates.get(HARD_TO_REACH);
  const FRENCH = OWN.wordings.fr!;
  test.each([
    ['text', { wordings: { ...OWN.wordings, fr: { ...FRENCH, text: `${FRENCH.text} Merci.` } } }],
    ['event, which CAP names', { event: 'Panne, appelez votre mairie' }],
  ])('is a wording that was changed since: its %s', async (_what, changes) => {
    await give();
    const find = (id: string) => (id === HARD_TO_REACH ? { ...OWN, ...changes } : templates.find(id));
    const { notices: others } = noticesOver(here.store, { templates: { find } });
    const { id } = await others.create(inputOf(), AUTHOR);
    const { beforehand } = await others.preview(id);
    expect(beforehand[0]?.standing[0]?.reasons).toContainEqual(expect.stringMatching(/wording in fr has changed/));
  });

  test('is who looked the wording over: that changes no text', async () => {
    await give();
    const own = templates.get(HARD_TO_REACH);
    const fr = { ...own.wordings.fr!, reviewedBy: 'Rose Relectrice', reviewedAt: '2021-06-01' };
    const find = (id: string) =>
      id === HARD_TO_REACH ? { ...own, wordings: { ...own.wordings, fr } } : templates.find(id);
    const { notices: others } = noticesOver(here.store, { templates: { find } });
    const { id } = await others.create(inputOf(), AUTHOR);
    expect((await others.preview(id)).beforehand[0]?.standing[0]?.holds).toBe(true);
  });

  test('is a use more than it may have, and two at once are not two too many', async () => {
    const { id } = await give({ maxUses: 2 });
    const drafts = await Promise.all([1, 2, 3, 4].map(() => here.notices.create(inputOf({ regions: ['35'] }), AUTHOR)));
    const sent = await Promise.all(drafts.map((draft) => here.notices.submit(draft.id, AUTHOR)));
    expect(sent.filter(({ value }) => value.state === 'approved')).toHaveLength(2);
    expect((await here.notices.standing.get(id)).value.uses).toBe(2);
    expect(await reasonsFor()).toEqual([expect.stringMatching(/used 2 times/)]);
  });
});
