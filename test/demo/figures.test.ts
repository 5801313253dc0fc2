import type { Progress } from '../../src/broadcasts/progress.ts';
import { faultsOf, figuresOf, figureTable, type SmscRecord } from '../../src/demo/figures.ts';

const LAUNCH = 1_000_000;

const progress = (changes: object = {}) =>
  ({
    recipients: 100,
    counts: { pending: 0, delivered: 97, expired: 3 },
    unaccounted: 0,
    inDoubt: 0,
    ...changes,
  }) as unknown as Progress;

const smsc = (changes: Partial<SmscRecord> = {}): SmscRecord => ({
  submits: 200,
  accepted: 200,
  recipients: 100,
  duplicates: 0,
  firstSubmitAt: LAUNCH + 250.4,
  lastSubmitAt: LAUNCH + 2_250.4,
  ...changes,
});

describe('the figures of the demo', () => {
  test('count messages and segments between the first and the last submission', () => {
    expect(figuresOf(progress(), smsc(), LAUNCH, 'e.tar.gz')).toEqual({
      recipients: 100,
      final: { delivered: 97, expired: 3 },
      unaccounted: 0,
      duplicates: 0,
      inDoubt: 0,
      firstSubmitMs: 250,
      seconds: 2,
      messagesPerSecond: 50,
      segmentsPerSecond: 100,
      evidence: 'e.tar.gz',
    });
  });

  test('find no fault when everybody is accounted for and was told once', () => {
    expect(faultsOf(figuresOf(progress(), smsc(), LAUNCH, ''), smsc())).toEqual([]);
  });

  test.each([
    ['somebody is in no final state', progress({ unaccounted: 2 }), smsc(), /2 recipients are in no final state/],
    ['the counts do not add up', progress({ counts: { delivered: 99 } }), smsc(), /add up to 99 of 100/],
    ['somebody was told twice', progress(), smsc({ duplicates: 1 }), /1 recipients were sent the text twice/],
    ['the SMSC saw fewer', progress(), smsc({ recipients: 98 }), /saw 98 of 100/],
  ])('find fault when %s', (_what, books, seen, message) => {
    expect(faultsOf(figuresOf(books, seen, LAUNCH, ''), seen)).toEqual([expect.stringMatching(message)]);
  });

  test('fit into 80 columns', () => {
    const lines = figureTable(
      figuresOf(progress(), smsc(), LAUNCH, 'data/demo/2026-11-22T04-17-00/evidence-b1.tar.gz'),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
