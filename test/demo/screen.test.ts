import type { Progress } from '../../src/broadcasts/progress.ts';
import { bar, progressBlock, progressLine, Screen, wrap } from '../../src/demo/screen.ts';
import { findRegion, REGIONS } from '../../src/directory/regions.ts';

const nameOf = (code: string) => findRegion(code)?.name ?? code;

const progress = (regions = REGIONS.length): Progress =>
  ({
    recipients: 67_000_000,
    submitted: 33_500_000,
    final: 20_000_000,
    messagesPerSecond: 37_300,
    segmentsPerSecond: 74_600,
    finishAt: '2026-06-02T18:00:00Z',
    counts: { pending: 33_500_000, accepted: 13_500_000, delivered: 19_000_000, undeliverable: 1_000_000 },
    regions: REGIONS.slice(0, regions).map(({ code }, i) => ({
      region: code,
      recipients: 1_000 + i,
      submitted: 500,
      delivered: 200,
      final: 300,
    })),
  }) as unknown as Progress;

describe('the screen of the demo', () => {
  test('draws progress within 80 columns, whatever the regions are called', () => {
    for (const lines of [progressBlock(progress(), nameOf), [progressLine(progress())]]) {
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  test('gives the largest regions a line each, and the rest one together', () => {
    const lines = progressBlock(progress(), nameOf);
    expect(lines.find((line) => line.includes('976 Mayotte'))).toBeDefined();
    expect(lines.at(-1)).toMatch(/93 other regions/);
    expect(progressBlock(progress(9), nameOf).join()).not.toContain('other regions');
  });

  test('tells rate, forecast and states in a line', () => {
    expect(progressLine(progress())).toMatch(/33,500,000\/67,000,000 submitted, 20,000,000 final, 37,300\/s, done by/);
    expect(progressBlock(progress(), nameOf).join('\n')).toContain('undeliverable 1,000,000');
  });

  test('fills a bar from empty to full, never beyond', () => {
    expect([bar(0, 10, 4), bar(5, 10, 4), bar(10, 10, 4), bar(12, 10, 4), bar(0, 0, 4)]).toEqual([
      '░░░░',
      '██░░',
      '████',
      '████',
      '░░░░',
    ]);
  });

  test('breaks long texts at spaces', () => {
    const lines = wrap('Appelez le 02 61 91 00 35 '.repeat(8).trim(), '    ');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(/^ {4}\S.{0,74}$/);
  });

  test('draws over the last progress on a terminal', () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text), redraws: true });
    screen.progress(progress(), nameOf, false);
    screen.progress(progress(), nameOf, false);
    screen.say('after it');
    screen.progress(progress(), nameOf, false);
    const lines = progressBlock(progress(), nameOf).length;
    expect(written.map((text) => text.startsWith(`\x1b[${lines}A`))).toEqual([false, true, false, false]);
  });

  test('writes one line a second elsewhere, without colours or cursors, and always the last', () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text), redraws: false });
    for (let i = 0; i < 5; i += 1) screen.progress(progress(), nameOf, false);
    screen.progress(progress(), nameOf, true);
    expect(written).toHaveLength(2);
    expect(written.join('')).not.toContain('\x1b');
  });

  test('numbers its steps', () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text), redraws: false });
    screen.step('First');
    screen.step('Second');
    expect(written.join('')).toMatch(/1\. First[\s\S]*2\. Second/);
  });
});
