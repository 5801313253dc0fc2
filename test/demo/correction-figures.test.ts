import { type CorrectionFigures, correctionFaults, correctionTable } from '../../src/demo/correction-figures.ts';

const SMSC = { submits: 900, accepted: 900, recipients: 300, duplicates: 0, firstSubmitAt: 1, lastSubmitAt: 2 };
const FIGURES: CorrectionFigures = {
  recipients: 1_000,
  told: { notice: 300, correction: 300, allClear: 300 },
  detectedToFirstSubmitMs: 700,
  foundToFirstCorrectedMs: 900,
  correctionMs: 400,
  allClearMs: 300,
  targetMs: 120_000,
  duplicates: 0,
};

describe('the figures of a correction', () => {
  test('are as they should be', () => {
    expect(correctionFaults(FIGURES, SMSC)).toEqual([]);
  });

  test.each<[string, Partial<CorrectionFigures>, RegExp]>([
    ['R7: a correction that takes longer than two minutes', { correctionMs: 120_001 }, /correction took 120\.0 s/],
    ['R7: an all-clear that does', { allClearMs: 130_000 }, /all-clear took/],
    ['R20: a first text after half an hour', { detectedToFirstSubmitMs: 1_800_001 }, /first text took/],
    ['fewer corrected than told', { told: { notice: 300, correction: 299, allClear: 300 } }, /reached 299 people/],
    ['more ended than told', { told: { notice: 300, correction: 300, allClear: 301 } }, /all-clear reached 301/],
    ['nobody left out', { recipients: 300 }, /everybody had the first text/],
    ['R3: somebody told twice', { duplicates: 2 }, /2 people were sent a text twice/],
  ])('tell %s', (_what, changes, fault) => {
    const faults = correctionFaults({ ...FIGURES, ...changes }, SMSC);
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  test('tell people whom the SMSC saw beside those told', () => {
    expect(correctionFaults(FIGURES, { ...SMSC, recipients: 310 })).toEqual([
      expect.stringMatching(/310 people in all/),
    ]);
  });

  test('show the target beside what it took, within 80 columns', () => {
    const lines = correctionTable(FIGURES);
    expect(lines.join('\n')).toContain('0.40 s (of 120.0 s allowed)');
    // Control sequences aside.
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
