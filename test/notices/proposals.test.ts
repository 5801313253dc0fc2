import { regionHash } from '../../src/notices/hashes.ts';
import type { Notice, Proposal } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { takeOver } from '../../src/notices/take-over.ts';
import { wordDiff } from '../../src/notices/word-diff.ts';
import type { Stored } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, type Changeable, inputOf, noticesOver, PREFECT_29, PREFECT_35, refusalOf } from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

async function returned(proposal: Proposal): Promise<Stored<Notice>> {
  const { id } = await notices.create(inputOf({ parameters: { advice: 'Gardez votre calme.' } }), AUTHOR);
  const submitted = await notices.submit(id, AUTHOR);
  const hash = regionHash(submitted.value, '35');
  const reasons = 'Nobody keeps calm when told to';
  const { parameters, ...fields } = proposal;
  const given = { ...fields, ...(parameters ? { parameters: { ...parameters } } : {}) };
  return notices.decide(id, { region: '35', decision: 'return', hash, reasons, proposal: given }, PREFECT_35);
}

describe('a proposal of whoever returns a notice', () => {
  test('is shown beside what there is: fields, texts, and each word that differs', async () => {
    const { id } = await returned({ parameters: { advice: 'Gardez votre sang-froid.' }, headline: 'Urgences' });
    world.nowMs += 3_600_000;
    const [shown, ...others] = await notices.proposals(id);
    expect(others).toEqual([]);
    expect(shown).toMatchObject({
      region: '35',
      by: PREFECT_35.person,
      reasons: 'Nobody keeps calm when told to',
      changes: [
        { at: '/headline', to: 'Urgences' },
        { at: '/parameters/advice', from: 'Gardez votre calme.', to: 'Gardez votre sang-froid.' },
      ],
      problems: [],
    });
    expect(shown?.changes[0]).not.toHaveProperty('from');
    const french = shown?.texts.find(({ language }) => language === 'fr');
    expect(french?.words.filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'removed', text: expect.stringMatching(/^calme\./) },
      { kind: 'added', text: expect.stringMatching(/^sang-froid\./) },
    ]);
  });

  test('tells what a submission with it would be refused for', async () => {
    const { id } = await returned({ parameters: { advice: 'Appelez le 01 99 00 12 34' } });
    expect((await notices.proposals(id))[0]?.problems).toMatchObject([{ code: 'phone_number_in_text' }]);
  });

  test('is taken over by the author: then it is in the draft, and whoever proposed it has written it', async () => {
    const { id } = await returned({ parameters: { advice: 'Gardez votre sang-froid.' } });
    const [shown] = await notices.proposals(id);
    const { value } = await takeOver(notices, id, shown!.id, AUTHOR);
    expect(value).toMatchObject({
      state: 'draft',
      parameters: { advice: 'Gardez votre sang-froid.' },
      editors: [PREFECT_35.person],
    });
    const again = await notices.submit(id, AUTHOR);
    expect(again.value.renderings?.some(({ text }) => text.includes('sang-froid'))).toBe(true);
    const hash = regionHash(again.value, '35');
    const approve = (by: typeof PREFECT_35) => notices.decide(id, { region: '35', decision: 'approve', hash }, by);
    expect(await refusalOf(() => approve(PREFECT_35))).toMatchObject({ code: 'own_submission' });
    expect((await approve({ ...PREFECT_29, regions: ['35'] })).value.decisions).toHaveLength(1);
  });

  test('is left where the author changes it otherwise, and gone with the next submission', async () => {
    const { id } = await returned({ headline: 'Urgences' });
    const { value } = await notices.change(id, { headline: 'Secours' }, AUTHOR);
    expect(value).toMatchObject({ headline: 'Secours', editors: [] });
    expect(await notices.proposals(id)).toHaveLength(1);
    await notices.submit(id, AUTHOR);
    expect(await notices.proposals(id)).toEqual([]);
    expect(await refusalOf(() => takeOver(notices, id, 'gone', AUTHOR))).toMatchObject({
      kind: 'not-found',
      code: 'unknown_proposal',
    });
  });

  test('is taken over as it was seen, or not at all', async () => {
    const { id, version } = await returned({ headline: 'Urgences' });
    const [shown] = await notices.proposals(id);
    await notices.change(id, { headline: 'Secours' }, AUTHOR);
    expect(await refusalOf(() => takeOver(notices, id, shown!.id, AUTHOR, version))).toMatchObject({
      code: 'version_mismatch',
    });
  });

  test('goes with no approval', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const { value } = await notices.submit(id, AUTHOR);
    const hash = regionHash(value, '35');
    const input = { region: '35', decision: 'approve', hash, proposal: { headline: 'x' } } as const;
    expect(await refusalOf(() => notices.decide(id, input, PREFECT_35))).toMatchObject({
      code: 'proposal_with_approval',
      faults: [{ at: '/proposal' }],
    });
  });
});

describe('the difference of two texts', () => {
  test.each([
    ['a b c', 'a b c', 'a b c'],
    ['a b c', 'a x c', 'a -b +x c'],
    ['', 'a', '+a'],
    ['a', '', '-a'],
    ['a b', 'b', '-a b'],
    ['one two three four', 'one three five four', 'one -two three +five four'],
  ])('%j to %j', (from, to, expected) => {
    const sign = { same: '', removed: '-', added: '+' } as const;
    const shown = wordDiff(from, to).map(({ kind, text }) => sign[kind] + text.trim());
    expect(shown.join(' ')).toBe(expected);
  });

  test('gives both texts again, whatever they are', () => {
    const [from, to] = [
      'Le 15 ne répond pas.  Appelez le 02 61 91 00 35.\nMerci',
      ' Le 15  répond mal. Appelez\nle 02 61 91 00 36. ',
    ];
    const changes = wordDiff(from, to);
    const of = (kinds: string[]) =>
      changes
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ text }) => text)
        .join('');
    expect(of(['same', 'removed'])).toBe(from);
    expect(of(['same', 'added'])).toBe(to);
  });
});
