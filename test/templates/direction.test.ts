import { REGIONS } from '../../src/directory/regions.ts';
import { SERVICES } from '../../src/directory/services.ts';
import { isRightToLeft, leftToRight } from '../../src/templates/direction.ts';
import { Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import { isShownRightToLeft, shown } from './bidi.ts';
import { AT_MS, HARD_TO_REACH, numberOf, REPOSITORY_TEMPLATES, regionOf } from './samples.ts';

const templates = await Templates.load(REPOSITORY_TEMPLATES);
const MARK = '\u200e';
const services = SERVICES.map(({ number }) => number);

function arabic(id: string, code: string, prefix: string, parameters: Record<string, string> = {}) {
  const template = templates.get(id);
  const until: Record<string, string> =
    id === 'restored-keep-alternative' ? { until: '2021-06-03T08:00:00+02:00' } : {};
  const numbers = services.map((service, i) => numberOf(code, service, `${prefix}${String(i).padStart(2, '0')}`));
  return render({
    template,
    region: regionOf(code),
    language: 'ar',
    status: 'Exercise',
    services,
    numbers,
    parameters: { ...until, ...parameters },
    atMs: AT_MS,
  });
}

describe('an Arabic text on a telephone', () => {
  test.each(templates.list().map(({ id }) => id))(
    '%s: numbers, names and times stay in one piece, everywhere',
    (id) => {
      for (const { code, name } of REGIONS) {
        for (const prefix of ['02 61 91 00 ', '+999 123 456 7']) {
          const { text, numbers } = arabic(id, code, prefix);
          expect(isShownRightToLeft(text)).toBe(true);
          const seen = shown(text);
          expect(seen).toContain(name);
          expect(seen).toContain('02/06');
          for (const { service, display } of numbers) {
            expect(seen).toContain(service === '114' ? display : `${service}:${display}`);
          }
          const spoken = services.filter((service) => service !== '114');
          if (numbers.length === 0) expect(seen).toContain(spoken.join('/'));
        }
      }
    },
  );

  test('reads date before time, from the right', () => {
    expect(shown(arabic('end', '35', '02 61 91 00 ').text)).toMatch(/17:05 ةعاسلا 02\/06 موي/);
  });

  test('would show a plus on the wrong side without the marks: they are needed', () => {
    const { text } = arabic(HARD_TO_REACH, '35', '+999 123 456 7');
    expect(shown(text)).toContain('15:+999123456700');
    expect(shown(text.replaceAll(MARK, ''))).not.toContain('15:+999123456700');
  });

  test('keeps the full stop of a French sentence at its end', () => {
    const advice = "N'appelez qu'en cas d'urgence.";
    expect(shown(arabic(HARD_TO_REACH, '35', '02 61 91 00 ', { advice }).text)).toContain(advice);
  });

  test('has no sign that turns words around, and the digits that keys have', () => {
    for (const { id } of templates.list()) {
      const { text } = arabic(id, '35', '02 61 91 00 ');
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      expect(text.match(/\p{Nd}/gu)?.join('')).toMatch(/^[0-9]+$/);
    }
  });
});

describe('a value from left to right', () => {
  test.each([
    ['15:0261910035', true],
    ['15/17', true],
    ['+999123456', true],
    ["N'appelez pas.", true],
    ['114', false],
    ['Ille-et-Vilaine', false],
    ["Côtes-d'Armor", false],
    ['الساعة 17:05', false],
    ['', false],
  ])('"%s" is marked: %s', (value, marked) => {
    expect(leftToRight(value)).toBe(marked ? `${MARK}${value}${MARK}` : value);
  });

  test('a text is from right to left by its letters', () => {
    expect([isRightToLeft('{source} اتصلوا'), isRightToLeft('Appelez')]).toEqual([true, false]);
  });

  test('French texts have no marks', () => {
    const { text } = render({
      template: templates.get('end'),
      region: regionOf('35'),
      language: 'fr',
      status: 'Exercise',
      services,
      numbers: [],
      parameters: {},
      atMs: AT_MS,
    });
    expect(text).not.toContain(MARK);
  });
});
