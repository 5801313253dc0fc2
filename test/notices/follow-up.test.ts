/** Follow-ups: the draft that a notice leads to, and what it must have in common with it. */
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, inputOf, noticesOver, refusalOf } from './samples.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

const NOTHING = { parameters: {} };

async function submitted() {
  const over = noticesOver(store);
  const { id } = await over.notices.create(inputOf(), AUTHOR);
  const { value } = await over.notices.submit(id, AUTHOR);
  return { ...over, id, first: value };
}

describe('a follow-up', () => {
  test.each([
    ['correction', 'correction', 'Update'],
    ['restored', 'restored-keep-alternative', 'Update'],
    ['all-clear', 'end', 'Cancel'],
  ] as const)(
    'R20: of kind %s is a message of its own, for the same people, with a reference',
    async (kind, template, msgType) => {
      const { notices, id, first } = await submitted();
      const { value } = await notices.followUp(id, kind, NOTHING, AUTHOR);
      expect(value).toMatchObject({ state: 'draft', template, msgType, followsUp: id });
      for (const same of ['status', 'regions', 'services', 'audience', 'severity', 'expires'] as const) {
        expect(value[same]).toEqual(first[same]);
      }
      expect(value.references).toEqual([`${first.sender},${first.identifier},${first.sent}`]);
    },
  );

  test('takes the parameters of its wording, fewer regions and a later end', async () => {
    const { notices, id } = await submitted();
    const expires = '2021-06-03T12:00:00+02:00';
    const input = { parameters: { until: '2021-06-03T10:00:00+02:00' }, regions: ['35'], expires };
    const { id: followUp, value } = await notices.followUp(id, 'restored', input, AUTHOR);
    expect(value).toMatchObject({ template: 'restored-keep-alternative', regions: ['35'], expires });
    expect((await notices.submit(followUp, AUTHOR)).value.state).toBe('submitted');
  });

  test('of a draft is refused: nobody can refer to it yet', async () => {
    const { notices } = noticesOver(store);
    const { id } = await notices.create(inputOf(), AUTHOR);
    expect(await refusalOf(() => notices.followUp(id, 'correction', NOTHING, AUTHOR))).toMatchObject({
      kind: 'conflict',
      code: 'wrong_state',
    });
  });

  test('of a notice that was given up is refused, of one whose broadcast was stopped it is not', async () => {
    const { notices, id } = await submitted();
    await notices.cancel(id, AUTHOR);
    expect(await refusalOf(() => notices.followUp(id, 'correction', NOTHING, AUTHOR))).toMatchObject({
      code: 'wrong_state',
    });
    const current = await notices.get(id);
    const act = { actor: 'test', action: 'test', subject: `notice/${id}` };
    await notices.records.update(current, { ...current.value, broadcast: 'b1' }, act);
    expect((await notices.followUp(id, 'all-clear', NOTHING, AUTHOR)).value.state).toBe('draft');
  });

  test.each([
    ['status', { status: 'Test' }, '/status'],
    ['audience', { audience: 'a2' }, '/audience'],
    ['region', { regions: ['35', '56'] }, '/regions/1'],
  ])('of another %s is refused, with the place named', async (_what, changes, at) => {
    const { notices, id } = await submitted();
    const input = inputOf({ ...changes, followsUp: id });
    const refusal = await refusalOf(() => notices.create(input, AUTHOR));
    expect(refusal.faults.map((fault) => fault.at)).toContain(at);
  });
});
