import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audienceLines, numberOf, shufflingStep, spread, writeAudience } from '../../src/demo/audience-file.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { parseMsisdn } from '../../src/sms/msisdn.ts';

const rowsOf = (recipients: number, seed = 1, regions = REGIONS): string[][] =>
  [...audienceLines({ recipients, regions, seed })]
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

describe('the audience of the demo', () => {
  test('spreads people by population, one in each region at least, and loses nobody', () => {
    for (const recipients of [101, 102, 1_000, 99_999, 67_000_000]) {
      const counts = spread(recipients, REGIONS);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(recipients);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    }
    const [nord, lozere] = ['59', '48'].map(
      (code) => spread(100_000, REGIONS)[REGIONS.findIndex((r) => r.code === code)]!,
    );
    expect(nord! / lozere!).toBeGreaterThan(20);
  });

  test('has a line for everybody, each number once', () => {
    const [header, ...rows] = rowsOf(15_000);
    expect(header).toEqual(['msisdn', 'region', 'language']);
    expect(new Set(rows.map(([msisdn]) => msisdn)).size).toBe(15_000);
    expect(new Set(rows.map(([, region]) => region)).size).toBe(REGIONS.length);
  });

  test('holds only numbers that nobody has', () => {
    const kinds = rowsOf(10_050)
      .slice(1)
      .map(([msisdn]) => parseMsisdn(msisdn!));
    expect(kinds.filter((parsed) => parsed.ok && parsed.kind === 'fictional')).toHaveLength(10_000);
    expect(kinds.filter((parsed) => parsed.ok && parsed.kind === 'unassigned')).toHaveLength(50);
  });

  test('gives 12 digits to a number of country code 999, far out too', () => {
    for (const i of [10_000, 99_999, 66_999_999]) expect(numberOf(i, 5)).toMatch(/^\+999\d{9}$/);
  });

  test('reads English at about four in a hundred', () => {
    const english = rowsOf(10_000).filter(([, , language]) => language === 'en').length;
    expect(english).toBe(400);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(rowsOf(2_000, 7)).toEqual(rowsOf(2_000, 7));
    expect(rowsOf(20_000, 8).slice(15_000)).not.toEqual(rowsOf(20_000, 7).slice(15_000));
  });

  test('mixes the regions, so that no part of the file is one region only', () => {
    const first = rowsOf(50_000).slice(1, 500);
    expect(new Set(first.map(([, region]) => region)).size).toBeGreaterThan(40);
  });

  test('takes a step through the places that meets all of them', () => {
    for (const count of [1, 2, 101, 1_000, 20_000]) {
      const step = shufflingStep(count);
      expect(new Set(Array.from({ length: count }, (_, i) => (i * step) % count)).size).toBe(count);
    }
  });

  test('is written to a file, and breaks off when told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-audience-'));
    const plan = { recipients: 300, regions: REGIONS, seed: 1 };
    await writeAudience(join(folder, 'a.csv'), plan, new AbortController().signal);
    expect(readFileSync(join(folder, 'a.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(301);
    await expect(writeAudience(join(folder, 'b.csv'), plan, AbortSignal.abort())).rejects.toThrow(/abort/i);
    rmSync(folder, { recursive: true, force: true });
  });
});
