import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { groupAt, lineAt, msisdnAt, putEntry, WORDS } from '../../src/audience/entries.ts';
import { GROUPS } from '../../src/audience/groups.ts';
import { SortedRuns } from '../../src/audience/sorted-runs.ts';

type Entry = [msisdn: number, group: number, line: number];
const LARGEST: Entry = [999_999_999_999_999, GROUPS - 1, 2 ** 32 - 1];

describe('entries', () => {
  test.each([LARGEST, [10_000_000, 0, 0], [2 ** 32, 1, 1], [2 ** 32 - 1, GROUPS - 1, 0]] as Entry[])(
    'holds %d, %d, %d in three words',
    (...entry) => {
      const entries = new Uint32Array(WORDS);
      putEntry(entries, 0, ...entry);
      expect([msisdnAt(entries, 0), groupAt(entries, 0), lineAt(entries, 0)]).toEqual(entry);
    },
  );
});

describe('sorted runs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-runs-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function sorted(entries: readonly Entry[], perRun: number): Promise<Entry[]> {
    const runs = await SortedRuns.open(join(folder, 'entries'), perRun);
    for (const entry of entries) {
      await runs.makeRoom(1);
      runs.add(...entry);
    }
    const all: Entry[] = [];
    for await (const { entries: words, count } of runs.merged()) {
      for (let at = 0; at < count * WORDS; at += WORDS)
        all.push([msisdnAt(words, at), groupAt(words, at), lineAt(words, at)]);
    }
    await runs.close();
    return all;
  }
  const expected = (entries: readonly Entry[]) => [...entries].sort(([a, , i], [b, , j]) => a - b || i - j);

  test('come by number, then by line, none lost, whatever the numbers and however many fit in a run', async () => {
    const msisdn = fc.oneof(
      fc.integer({ min: 10_000_000, max: 999_999_999_999_999 }),
      fc.integer({ min: 33_600_000_000, max: 33_600_000_050 }),
      fc.constantFrom(2 ** 32, 2 ** 32 - 1, 2 ** 33, 2 ** 44, 2 ** 44 - 1, 2 ** 49, LARGEST[0]),
    );
    const input = fc.array(fc.tuple(msisdn, fc.nat(GROUPS - 1)), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(input, fc.integer({ min: 1, max: 120 }), async (pairs, perRun) => {
        const entries = pairs.map(([number, group], i): Entry => [number, group, i + 2]);
        expect(await sorted(entries, perRun)).toEqual(expected(entries));
      }),
      { numRuns: 100 },
    );
  });

  test('come whole where every run is read back in several parts', async () => {
    const entries = Array.from(
      { length: 250_000 },
      (_, i): Entry => [33_600_000_000 + ((i * 7_919) % 100_003), i % 99, i],
    );
    // As text: so many arrays are slow to compare.
    expect((await sorted(entries, 100_000)).join() === expected(entries).join()).toBe(true);
  });

  test('refuse what they have no room for, rather than lose it', async () => {
    const runs = await SortedRuns.open(join(folder, 'entries'), 1);
    runs.add(33_261_910_035, 0, 2);
    expect(() => runs.add(33_261_910_036, 0, 3)).toThrow(RangeError);
    await runs.makeRoom(1);
    expect(() => runs.add(33_261_910_036, 0, 2 ** 32)).toThrow(RangeError);
    await runs.close();
  });

  test('fail when their file has lost its end', async () => {
    const runs = await SortedRuns.open(join(folder, 'entries'), 2);
    for (let line = 2; line < 8; line += 1) {
      await runs.makeRoom(1);
      runs.add(33_261_910_035, 0, line);
    }
    await runs.makeRoom(2);
    await truncate(join(folder, 'entries'), 30);
    await expect(runs.merged().next()).rejects.toMatchObject({ code: 'work_file_cut' });
    await runs.close();
  });
});
