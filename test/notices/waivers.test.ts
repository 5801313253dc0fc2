import { regionHash } from '../../src/notices/hashes.ts';
import { sift, signed, type Waiver } from '../../src/notices/waivers.ts';
import { noticeOf } from './samples.ts';

const WAIVER: Waiver = {
  code: 'stale_verification',
  region: '35',
  reason: 'the SAMU confirmed it by radio',
  by: 'Ada',
  at: '2026-01-15T12:00:00Z',
};
const problem = (code: string, about: { region?: string; service?: string } = {}) => ({
  ...{ code, at: '/regions/0', message: 'a fault', about },
});

describe('a waiver', () => {
  test('takes away the problem that it names, in its region only, and says who answers for it', () => {
    const [here, there] = [
      problem('stale_verification', { region: '35', service: '15' }),
      problem('stale_verification', { region: '22' }),
    ];
    expect(sift([here, there], [WAIVER])).toEqual({ standing: [there], waived: [{ ...here, waiver: WAIVER }] });
  });

  test('never covers another problem, nor a problem of no region when it names one', () => {
    const others = [problem('expired_notice', { region: '35' }), problem('stale_verification')];
    expect(sift(others, [WAIVER]).standing).toEqual(others);
  });

  test('without a place holds everywhere', () => {
    const { region: _, ...everywhere } = WAIVER;
    expect(sift([problem('stale_verification', { region: '22', service: '17' })], [everywhere]).standing).toEqual([]);
  });

  test('keeps the name of who gave it first, and takes that of whoever changes it', () => {
    const { by: _, at: __, ...input } = WAIVER;
    expect(signed([input], [WAIVER], 'Bob', '2026-01-16T12:00:00Z')).toEqual([WAIVER]);
    const other = { ...input, reason: 'the line was called twice today' };
    expect(signed([other], [WAIVER], 'Bob', '2026-01-16T12:00:00Z')[0]?.by).toBe('Bob');
  });

  test("changes the hash of its region, so that an approval is of what was waived too, and no other's", () => {
    const [plain, waiving] = [noticeOf(), noticeOf({ waivers: [WAIVER] })];
    expect(regionHash(waiving, '35')).not.toBe(regionHash(plain, '35'));
    expect(regionHash(waiving, '22')).toBe(regionHash(plain, '22'));
  });
});
