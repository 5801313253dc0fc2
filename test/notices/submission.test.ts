import { regionHash } from '../../src/notices/hashes.ts';
import type { Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import type { Stored } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, audienceOf, type Changeable, EDITOR, inputOf, noticesOver, PREFECT_35, refusalOf } from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

async function submittedNotice(changes: Record<string, unknown> = {}): Promise<Stored<Notice>> {
  const { id } = await notices.create(inputOf(changes), AUTHOR);
  return notices.submit(id, AUTHOR);
}

describe('a submission', () => {
  test('freezes a text for each group of the regions, and nothing of other regions', async () => {
    const { value } = await submittedNotice();
    expect(value).toMatchObject({
      state: 'submitted',
      submitted: { by: 'Alix Author', at: '2021-06-02T15:05:00.000Z' },
      sent: '2021-06-02T15:05:00-00:00',
      audienceDigest: 'd1',
      renderingsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(value.renderings?.map(({ region, language, wording }) => [region, language, wording])).toEqual([
      ['29', 'fr', 'fr'],
      ['35', 'en', 'en'],
      ['35', 'fr', 'fr'],
    ]);
  });

  test('R4: adds the default language of a region whose audience has nobody of it', async () => {
    world.audience = audienceOf({ groups: [{ region: '35', language: 'en', recipients: 5 }], recipients: 5 });
    const { value } = await submittedNotice({ regions: ['35'] });
    expect(value.renderings?.map(({ language }) => language)).toEqual(['en', 'fr']);
  });

  test('R10: the frozen texts stay, whatever becomes of directory, audience and clock', async () => {
    const { id, value } = await submittedNotice();
    world.numbers = [];
    world.audience = audienceOf({ digest: 'd2' });
    world.nowMs += 600_000;
    expect((await notices.get(id)).value.renderings).toEqual(value.renderings);
    const preview = await notices.preview(id);
    expect(preview).toMatchObject({ frozen: true, problems: [] });
    expect(preview.renderings.map(({ sha256 }) => sha256)).toEqual(value.renderings?.map(({ sha256 }) => sha256));
    expect(preview.regions.map(({ hash }) => hash)).toEqual(['35', '29'].map((region) => regionHash(value, region)));
  });

  test('R10: freezes the routes that may carry it, and shows them to whoever is to approve', async () => {
    world.routes = { '29': ['south'], '35': ['north', 'south'] };
    const { id, value } = await submittedNotice();
    world.routes = { '29': ['other'], '35': ['other'] };
    expect((await notices.get(id)).value.routes).toEqual({ '29': ['south'], '35': ['north', 'south'] });
    const { regions } = await notices.preview(id);
    expect(regions.map(({ region, routes }) => [region, routes])).toEqual([
      ['35', ['north', 'south']],
      ['29', ['south']],
    ]);
    expect(regions.map(({ hash }) => hash)).toEqual(['35', '29'].map((region) => regionHash(value, region)));
    await notices.decide(
      id,
      { region: '35', decision: 'return', hash: regionHash(value, '35'), reasons: 'No' },
      PREFECT_35,
    );
    expect((await notices.change(id, {}, AUTHOR)).value).not.toHaveProperty('routes');
  });

  test('of a draft is previewed with the hash that it will have, routes and all', async () => {
    world.routes = { '29': ['south'], '35': ['north'] };
    const { id } = await notices.create(inputOf(), AUTHOR);
    const before = await notices.preview(id);
    await notices.submit(id, AUTHOR);
    const after = await notices.preview(id);
    expect(before.regions.map(({ hash }) => hash)).toEqual(after.regions.map(({ hash }) => hash));
  });

  test('happens once', async () => {
    const { id } = await submittedNotice();
    expect(await refusalOf(() => notices.submit(id, AUTHOR))).toMatchObject({ kind: 'conflict', code: 'wrong_state' });
  });

  test('of one draft by two at once is taken from one only', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const outcomes = await Promise.allSettled([notices.submit(id, AUTHOR), notices.submit(id, EDITOR)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
