import type { Notices } from '../../src/notices/notices.ts';
import { testStore } from '../support/redis.ts';
import {
  AUTHOR,
  audienceOf,
  type Changeable,
  inputOf,
  NUMBERS,
  noticesOver,
  PREFECT_29,
  PREFECT_35,
} from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

describe('a preview of a draft', () => {
  test('shows every text with its cost, its readers and its numbers', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const preview = await notices.preview(id);
    expect(preview).toMatchObject({ frozen: false, problems: [], totals: { recipients: 720, segments: 720 } });
    expect(preview.renderings[1]).toMatchObject({
      region: '35',
      language: 'en',
      recipients: 20,
      segments: 1,
      encoding: 'gsm7',
      numbers: expect.arrayContaining([
        expect.objectContaining({ service: '15', number: '33261910030', display: '0261910030', from: 'departement' }),
      ]),
    });
    expect(preview.regions).toEqual([
      {
        region: '35',
        name: 'Ille-et-Vilaine',
        authority: 'prefecture-35',
        recipients: 420,
        routes: [],
        hash: expect.any(String),
        decisions: [],
        approved: false,
        missing: [{ from: ['prefecture-35', 'ministry'], count: 1, people: [], deputies: [] }],
      },
      {
        region: '29',
        name: 'Finistère',
        authority: 'prefecture-29',
        recipients: 300,
        routes: [],
        hash: expect.any(String),
        decisions: [],
        approved: false,
        missing: [{ from: ['prefecture-29', 'ministry'], count: 1, people: [], deputies: [] }],
      },
    ]);
  });

  test('tells of what is wrong instead of failing, and shows the rest', async () => {
    world.numbers = NUMBERS.filter(({ region, service }) => region !== '35' || service !== '17');
    const { id } = await notices.create(inputOf(), AUTHOR);
    const preview = await notices.preview(id);
    expect(preview.problems).toEqual([
      { code: 'missing_number', at: 'region 35, service 17', message: expect.stringContaining('Ille-et-Vilaine') },
    ]);
    expect(preview.renderings.map(({ region }) => region)).toEqual(['29']);
  });

  test('R8: tells of far more recipients than a region has inhabitants', async () => {
    const groups = [{ region: '48', language: 'fr', recipients: 1_000_000 }];
    world.audience = audienceOf({ groups, recipients: 1_000_000 });
    const { id } = await notices.create(inputOf({ regions: ['48'] }), AUTHOR);
    expect(await notices.preview(id)).toMatchObject({
      warnings: [],
      problems: [{ code: 'implausible_audience', at: '/regions/0', about: { region: '48' } }],
    });
  });

  test('R10: that was returned shows no approval of the bytes that it had, nor calls anybody done with it', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    await notices.submit(id, AUTHOR);
    const [{ hash: of35 = '' } = {}, { hash: of29 = '' } = {}] = (await notices.preview(id)).regions;
    await notices.decide(id, { region: '35', decision: 'approve', hash: of35 }, PREFECT_35);
    await notices.decide(id, { region: '29', decision: 'return', hash: of29, reasons: 'Too late' }, PREFECT_29);
    await notices.change(id, { headline: 'Autrement' }, AUTHOR);
    expect((await notices.preview(id)).regions).toMatchObject([
      { region: '35', approved: false, decisions: [], missing: [{ count: 1 }] },
      { region: '29', approved: false, decisions: [{ decision: 'returned', reasons: 'Too late' }] },
    ]);
    expect((await notices.get(id)).value.decisions).toMatchObject([{ region: '29', decision: 'returned' }]);
  });
});
