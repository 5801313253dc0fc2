import { XmlDocument } from 'libxml2-wasm';
import { PublicAlerts } from '../../src/cap/public-alerts.ts';
import type { Notice } from '../../src/notices/notice.ts';
import type { Rendering } from '../../src/templates/rendering.ts';
import { templates } from '../notices/samples.ts';
import { approval, LAUNCHED_AT, launchedNotice } from './launched.ts';
import { schemaFaults } from './schema.ts';

const NOW = Date.parse(LAUNCHED_AT) + 60_000;

/** Public alerts over notices that the test holds; counts how often each was read. */
function alertsOver(notices: Record<string, { version: number; value: Notice }>, slow?: Promise<void>) {
  const world = { nowMs: NOW, reads: [] as string[], lists: 0 };
  const alerts = new PublicAlerts({
    records: {
      versions: async (limit) => {
        world.lists += 1;
        await slow;
        return Object.entries(notices)
          .map(([id, { version }]) => ({ id, version }))
          .slice(0, limit);
      },
      find: async (id) => {
        world.reads.push(id);
        const found = notices[id];
        return found && { id, ...found };
      },
    },
    templates,
    now: () => world.nowMs,
  });
  return { alerts, world };
}
const one = (value: Notice, version = 1) => ({ version, value });

const hidden: [string, Partial<Notice>][] = [
  ['a draft', { state: 'draft', timings: {}, decisions: [] }],
  ['submitted', { state: 'submitted', timings: {}, decisions: [] }],
  ['approved, but not launched', { state: 'approved', timings: {} }],
  ['given up before its launch', { state: 'cancelled', timings: { cancelled: LAUNCHED_AT } }],
  ['launched, and no region approves it any more', { decisions: [] }],
];
test.each(hidden)('a notice that is %s is never public', async (_, changes) => {
  const { alerts } = alertsOver({ n1: one(launchedNotice(changes)) });
  expect(await alerts.list('Actual')).toEqual([]);
  expect(await alerts.find('n1')).toBeUndefined();
});

test.each<[string, Partial<Notice>]>([
  ['launched', {}],
  ['closed', { state: 'closed' }],
  ['cancelled after its launch', { state: 'cancelled' }],
])('a notice that is %s is public', async (_, changes) => {
  const { alerts } = alertsOver({ n1: one(launchedNotice(changes)) });
  expect((await alerts.list('Actual')).map(({ id }) => id)).toEqual(['n1']);
  expect(schemaFaults((await alerts.find('n1'))!.xml())).toEqual([]);
});

describe('regions that are not approved yet', () => {
  const text = (region: string): Rendering => ({
    ...{ region, language: 'fr', wording: 'fr', text: `Texte ${region}`, encoding: 'gsm7', units: 8, segments: 1 },
    ...{ sha256: '', numbers: [], transliterated: [] },
  });
  const partly = launchedNotice({ decisions: [approval('35')], renderings: [text('29'), text('35')] });

  test('are in neither the feed nor the document', async () => {
    const { alerts } = alertsOver({ n1: one(partly) });
    expect((await alerts.list('Actual'))[0]?.regions).toEqual(['35']);
    const xml = (await alerts.find('n1'))!.xml();
    expect(xml).toContain('Texte 35');
    for (const secret of ['Texte 29', 'Finistère', 'tocsin:text:29']) expect(xml).not.toContain(secret);
  });

  test('come with their approval, which is news', async () => {
    const later = '2021-06-02T15:20:00.000Z';
    const notices = { n1: one(partly), n0: one(launchedNotice({ identifier: 'n0' })) };
    const { alerts, world } = alertsOver(notices);
    expect((await alerts.list('Actual')).map(({ id }) => id)).toEqual(['n1', 'n0']);
    notices.n0 = one({ ...notices.n0.value, decisions: [approval('35'), approval('29', later)] }, 2);
    world.nowMs += 2_000;
    const [newest] = await alerts.list('Actual');
    expect(newest).toMatchObject({ id: 'n0', updatedMs: Date.parse(later), launchedMs: Date.parse(LAUNCHED_AT) });
  });
});

test('R6: exercises and tests are listed apart', async () => {
  const { alerts } = alertsOver({
    n1: one(launchedNotice()),
    n2: one(launchedNotice({ status: 'Exercise' })),
    n3: one(launchedNotice({ status: 'Test' })),
  });
  for (const [status, id] of [
    ['Actual', 'n1'],
    ['Exercise', 'n2'],
    ['Test', 'n3'],
  ] as const) {
    expect((await alerts.list(status)).map((alert) => alert.id)).toEqual([id]);
  }
});

test('R12: what expired a day ago is listed no longer, its document stays', async () => {
  const { alerts, world } = alertsOver({ n1: one(launchedNotice()) });
  const expired = Date.parse(launchedNotice().expires);
  world.nowMs = expired + 86_400_000 - 1;
  expect(await alerts.list('Actual')).toHaveLength(1);
  world.nowMs = expired + 86_400_000;
  expect(await alerts.list('Actual')).toEqual([]);
  expect(await alerts.find('n1')).toBeDefined();
});

describe('however many ask', () => {
  test('a notice is read once for each of its versions', async () => {
    const notices = { n1: one(launchedNotice()), n2: one(launchedNotice({ state: 'draft', timings: {} })) };
    const { alerts, world } = alertsOver(notices);
    await Promise.all(Array.from({ length: 10 }, () => alerts.list('Actual')));
    expect([world.lists, world.reads]).toEqual([1, ['n1', 'n2']]);
    world.nowMs += 2_000;
    await alerts.list('Actual');
    expect([world.lists, world.reads]).toEqual([2, ['n1', 'n2']]);
    notices.n2 = one(launchedNotice(), 2);
    world.nowMs += 2_000;
    expect(await alerts.list('Actual')).toHaveLength(2);
    expect(world.reads).toEqual(['n1', 'n2', 'n2']);
  });

  test('a document is written once for each version, and anew for the next', async () => {
    const notices = { n1: one(launchedNotice({ headline: 'Avant' })) };
    const { alerts } = alertsOver(notices);
    const xmlOf = async () => (await alerts.find('n1'))!.xml();
    expect(await xmlOf()).toContain('Avant');
    notices.n1 = one(launchedNotice({ headline: 'Ailleurs' }));
    expect(await xmlOf()).toContain('Avant');
    notices.n1 = one(launchedNotice({ headline: 'Maintenant' }), 2);
    expect(await xmlOf()).toContain('Maintenant');
  });

  test('of more than fifty documents those that are asked for stay', async () => {
    const notices: Parameters<typeof alertsOver>[0] = { n0: one(launchedNotice({ headline: 'Avant' })) };
    for (let i = 1; i <= 51; i += 1) notices[`n${i}`] = one(launchedNotice());
    const { alerts } = alertsOver(notices);
    const xmlOf = async (id: string) => (await alerts.find(id))!.xml();
    await xmlOf('n0');
    // Of the same version: whoever reads this has had it written anew.
    notices.n0 = one(launchedNotice({ headline: 'Ailleurs' }));
    for (let i = 1; i < 50; i += 1) await xmlOf(`n${i}`);
    await xmlOf('n0');
    await xmlOf('n50');
    expect(await xmlOf('n0')).toContain('Avant');
    for (let i = 1; i <= 51; i += 1) await xmlOf(`n${i}`);
    expect(await xmlOf('n0')).toContain('Ailleurs');
  });

  test('a reading that takes long is not begun a second time', async () => {
    let goOn = () => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const notices = { n1: one(launchedNotice()) };
    const { alerts, world } = alertsOver(notices, slow);
    const asked = [alerts.list('Actual')];
    world.nowMs += 5_000;
    asked.push(alerts.list('Actual'));
    goOn();
    expect((await Promise.all(asked)).map((listed) => listed.length)).toEqual([1, 1]);
    expect(world.lists).toBe(1);
    await alerts.list('Actual');
    expect(world.lists).toBe(2);
  });

  test('a store that fails once fails once only', async () => {
    let fails = true;
    const alerts = new PublicAlerts({
      records: {
        versions: async () => {
          if (fails) throw new Error('gone');
          return [];
        },
        find: async () => undefined,
      },
      templates,
      now: () => NOW,
    });
    await expect(alerts.list('Actual')).rejects.toThrow('gone');
    fails = false;
    expect(await alerts.list('Actual')).toEqual([]);
  });

  test('a hundred are listed, the newest', async () => {
    const launched = (i: number) => new Date(NOW - i * 1_000).toISOString();
    const notices = Object.fromEntries(
      Array.from({ length: 101 }, (_, i) => [`n${i}`, one(launchedNotice({ timings: { launched: launched(i) } }))]),
    );
    const listed = await alertsOver(notices).alerts.list('Actual');
    expect(listed).toHaveLength(100);
    expect(listed.map(({ id }) => id)).not.toContain('n100');
  });
});

test('R19: the document for everybody names neither the audience nor a person', async () => {
  const notice = launchedNotice({ route: 'route-7', audience: 'audience-7', author: 'Alix Author' });
  const xml = (await alertsOver({ n1: one(notice) }).alerts.find('n1'))!.xml();
  for (const secret of ['route-7', 'audience-7', 'Alix', 'Paule']) expect(xml).not.toContain(secret);
  XmlDocument.fromString(xml).dispose();
});
