import { getCharCount } from '@trt2/gsm-charset-utils';
import fc from 'fast-check';
import { isGsm7, septetLength } from '../../src/sms/gsm7.ts';
import { segment } from '../../src/sms/segments.ts';
import { errorOf, gsm7Text, unicodeText } from './texts.ts';

const anyText = fc.oneof(gsm7Text(), unicodeText()).filter((text) => text !== '');
const unlimited = { maxSegments: 255 };

describe('limits', () => {
  test.each([
    ['a', 160, 1, 160, 0],
    ['a', 161, 2, 153, 145],
    ['a', 306, 2, 153, 0],
    ['a', 307, 3, 153, 152],
    ['€', 80, 1, 160, 0],
    ['€', 81, 2, 153, 143],
    ['ê', 70, 1, 70, 0],
    ['ê', 71, 2, 67, 63],
    ['ê', 134, 2, 67, 0],
    ['ê', 135, 3, 67, 66],
    ['😀', 35, 1, 70, 0],
    ['😀', 36, 2, 67, 61],
  ])('%s times %i makes %i segments of %i units with %i free', (char, count, segments, unitsPerSegment, remaining) => {
    const segmented = segment(char.repeat(count));
    expect(segmented.segments).toHaveLength(segments);
    expect(segmented).toMatchObject({ unitsPerSegment, remaining });
  });

  test('the euro sign is never cut: 152 septets, then it goes to the next segment', () => {
    const { segments, units } = segment(`${'a'.repeat(152)}€${'b'.repeat(10)}`);
    expect(segments).toEqual(['a'.repeat(152), `€${'b'.repeat(10)}`]);
    expect(units).toBe(164);
  });

  test('a surrogate pair is never cut: 66 units, then it goes to the next segment', () => {
    const { segments } = segment(`${'ê'.repeat(66)}😀${'ê'.repeat(10)}`);
    expect(segments).toEqual(['ê'.repeat(66), `😀${'ê'.repeat(10)}`]);
  });

  test('a letter keeps its combining mark when that costs no segment', () => {
    const { segments } = segment(`${'ê'.repeat(66)}q\u0303${'ê'.repeat(10)}`);
    expect(segments).toEqual(['ê'.repeat(66), `q\u0303${'ê'.repeat(10)}`]);
  });

  test('a letter loses its combining mark rather than cost one more segment', () => {
    const { segments } = segment(`${'ê'.repeat(66)}q\u0303${'ê'.repeat(66)}`);
    expect(segments).toEqual([`${'ê'.repeat(66)}q`, `\u0303${'ê'.repeat(66)}`]);
  });

  test('no surrogate pair is cut where whole graphemes would cost nothing less', () => {
    const { segments } = segment(`${'ê'.repeat(66)}😀${'ê'.repeat(66)}`);
    expect(segments).toEqual(['ê'.repeat(66), `😀${'ê'.repeat(65)}`, 'ê']);
  });

  test('a grapheme longer than a segment is cut between characters', () => {
    const { segments } = segment(`q${'\u0303'.repeat(140)}`);
    expect(segments.map((each) => each.length)).toEqual([67, 67, 7]);
    expect(segment(`q${'\u0303'.repeat(99)}`).segments.map((each) => each.length)).toEqual([67, 33]);
  });
});

describe('choice of encoding', () => {
  test('GSM 7-bit whenever it carries the text', () => {
    expect(segment('Numéro à composer en Isère : 15 ou 18')).toMatchObject({ encoding: 'gsm7', units: 37 });
  });

  test('one circumflex more than doubles the cost of a full segment', () => {
    expect(segment('a'.repeat(160)).segments).toHaveLength(1);
    expect(segment(`${'a'.repeat(159)}ô`)).toMatchObject({ encoding: 'ucs2', segments: { length: 3 } });
  });
});

describe('refusals', () => {
  test('an empty text', () => {
    expect(errorOf(() => segment(''))).toMatchObject({ kind: 'invalid', code: 'empty_text' });
  });

  test('a text above eight segments, with the place where the room ends', () => {
    expect(segment('a'.repeat(8 * 153)).segments).toHaveLength(8);
    expect(errorOf(() => segment('a'.repeat(8 * 153 + 1)))).toMatchObject({
      kind: 'invalid',
      code: 'text_too_long',
      message: 'the text takes 9 segments, 8 are allowed',
      faults: [{ at: `index ${8 * 153}` }],
    });
  });

  test('the caller sets another limit', () => {
    expect(segment('a'.repeat(160), { maxSegments: 1 }).segments).toHaveLength(1);
    expect(errorOf(() => segment('a'.repeat(161), { maxSegments: 1 }))).toMatchObject({ code: 'text_too_long' });
    expect(segment('a'.repeat(9 * 153), { maxSegments: 9 }).segments).toHaveLength(9);
  });

  test('half a surrogate pair', () => {
    expect(errorOf(() => segment('a\ud83d'))).toMatchObject({ code: 'lone_surrogate', faults: [{ at: 'index 1' }] });
  });
});

describe('for any text', () => {
  test('the segments joined are the text, each is within the limit and none is empty', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { encoding, units, segments, unitsPerSegment, remaining } = segment(text, unlimited);
        const lengths = segments.map((each) => (encoding === 'gsm7' ? septetLength(each) : each.length));
        expect(encoding).toBe(isGsm7(text) ? 'gsm7' : 'ucs2');
        expect(segments.join('')).toBe(text);
        expect(lengths.every((length) => length > 0 && length <= unitsPerSegment)).toBe(true);
        expect(lengths.reduce((sum, length) => sum + length)).toBe(units);
        expect(remaining).toBe(unitsPerSegment - lengths.at(-1)!);
        expect(unitsPerSegment).toBe({ gsm7: [160, 153], ucs2: [70, 67] }[encoding][segments.length > 1 ? 1 : 0]);
      }),
    );
  });

  test('no segment starts or ends in half a surrogate pair', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { segments } = segment(text, unlimited);
        for (const each of segments) expect(each).toMatch(/^(?![\udc00-\udfff]).*(?<![\ud800-\udbff])$/s);
      }),
    );
  });

  test('the count of segments is that of an independent counter', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const counted = getCharCount(text);
        const segmented = segment(text, unlimited);
        expect({
          encoding: { gsm7: 'GSM', ucs2: 'UCS2' }[segmented.encoding],
          msgCount: segmented.segments.length,
          charsPerSegment: segmented.unitsPerSegment,
        }).toEqual({
          encoding: counted.encoding,
          msgCount: counted.msgCount,
          charsPerSegment: counted.charsPerSegment,
        });
      }),
    );
  });
});
