import fc from 'fast-check';
import { SERVICES } from '../../src/directory/services.ts';
import { TocsinError } from '../../src/errors.ts';
import { Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import type { RenderInput } from '../../src/templates/rendering.ts';
import {
  inputOf,
  loadTemplate,
  NUMBERS_35,
  numberOf,
  REPOSITORY_TEMPLATES,
  refusalOf,
  templateYaml,
  wordingFile,
} from './samples.ts';

const templates = await Templates.load(REPOSITORY_TEMPLATES);
const renderWith = (changes: Partial<RenderInput> = {}) => render(inputOf(templates, changes));
const refusal = (changes: Partial<RenderInput>) => refusalOf(templates, changes);

describe('R1: a number typed into free text is refused, naming the parameter', () => {
  test.each([
    'Ou le 01 99 00 12 34.',
    'Ou 0199001234',
    'Ou +33 1 99 00 12 34',
    'Ou 01.99.00.12.34',
    'Ou 00331 99 00 12 34',
    'Ou ０１９９００１２３４',
    'Ou 01\u202f99\u202f00\u202f12\u202f34',
    '0-1-9-9-0-0-1-2-3-4',
  ])('%s', (advice) => {
    expect(refusal({ parameters: { advice } })).toMatchObject({
      kind: 'invalid',
      code: 'phone_number_in_text',
      faults: [{ at: '/parameters/advice', message: expect.stringMatching(/character \d+/) }],
    });
  });

  test('and so is one in the source', () => {
    expect(refusal({ source: 'Mairie 01 99 00 12 34' })).toMatchObject({
      code: 'phone_number_in_text',
      faults: [{ at: '/source', message: expect.any(String) }],
    });
  });

  test('and so are values that join to one', async () => {
    const template = await loadTemplate({
      'essai/template.yaml': templateYaml('parameters: {a: {description: x}, b: {description: x}}'),
      'essai/fr.txt': wordingFile('{source} {region} {time} {numbers} {deaf}. {a} {b}'),
    });
    const joined = refusal({ template, parameters: { a: '01 99 0', b: '0 12 3' } });
    expect(joined).toMatchObject({ code: 'phone_number_in_text', faults: [{ at: 'region 35, language fr' }] });
    expect(renderWith({ template, parameters: { a: '2 000', b: 'agents' } }).text).toContain('2 000 agents');
  });

  test('no accepted advice ever adds a number to those of the directory', () => {
    // Without 1, so that no short number of a service comes about: these may stand in a text.
    const advice = fc.array(fc.constantFrom('9', '04', '86', ' ', 'ab'), { minLength: 1, maxLength: 20 });
    let accepted = 0;
    fc.assert(
      fc.property(advice, (pieces) => {
        let text: string;
        try {
          ({ text } = renderWith({ parameters: { advice: pieces.join('') }, status: 'Actual' }));
        } catch (error) {
          return error instanceof TocsinError && error.code === 'phone_number_in_text';
        }
        accepted += 1;
        const rest = NUMBERS_35.reduce((left, { display }) => left.replaceAll(display.replaceAll(' ', ''), '#'), text);
        return !/\d(?: ?\d){5}/.test(rest.replace('02/06 17h05', ''));
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test('numbers of the directory are no strangers, whatever they look like side by side', () => {
    const services = SERVICES.map(({ number }) => number);
    for (const shared of [1, 2, 12]) {
      for (const prefix of ['02 61 91 00 1', '+999 123 45 6']) {
        const numbers = services.map((service, i) => numberOf('35', service, `${prefix}${i % shared}`));
        expect(renderWith({ services, numbers }).numbers).toHaveLength(12);
      }
    }
  });

  test('a time or a date is no number', () => {
    expect(renderWith({ parameters: { advice: 'Point à 18h30 le 02/06/2021.' } }).text).toContain('Point à 18h30');
  });

  test('the refusal does not repeat the number', () => {
    const error = refusal({ parameters: { advice: 'Ou le 01 99 00 12 34.' } });
    expect(JSON.stringify([error.message, error.faults])).not.toContain('12 34');
  });
});

describe('parameters are refused by name', () => {
  const restored = () => templates.get('restored-keep-alternative');

  test.each<[string, Partial<RenderInput>, string, string]>([
    ['one the template does not have', { parameters: { colour: 'red' } }, 'unknown_parameter', '/parameters/colour'],
    [
      'one that every object has',
      { parameters: JSON.parse('{"__proto__": "x"}') },
      'unknown_parameter',
      '/parameters/__proto__',
    ],
    ['one that is needed and not given', { template: restored() }, 'missing_parameter', '/parameters/until'],
    [
      'one that is blank',
      { template: restored(), parameters: { until: '  ' } },
      'missing_parameter',
      '/parameters/until',
    ],
    [
      'a moment that is none',
      { template: restored(), parameters: { until: 'demain' } },
      'invalid_parameter',
      '/parameters/until',
    ],
    [
      'a moment without an offset',
      { template: restored(), parameters: { until: '2021-06-03T08:00:00' } },
      'invalid_parameter',
      '/parameters/until',
    ],
    ['a text that is too long', { parameters: { advice: 'a'.repeat(61) } }, 'invalid_parameter', '/parameters/advice'],
    ['a text with a line break', { parameters: { advice: 'a\nb' } }, 'invalid_parameter', '/parameters/advice'],
    [
      'a text that turns the reading direction',
      { parameters: { advice: 'a\u202eb' } },
      'invalid_parameter',
      '/parameters/advice',
    ],
  ])('%s', (_, changes, code, at) => {
    expect(refusal(changes)).toMatchObject({ kind: 'invalid', code, faults: [{ code, at }] });
  });

  test('all faults at once', () => {
    const { faults } = refusal({ services: ['196'], parameters: { advice: '01 99 00 12 34', x: 'y' } });
    expect(faults.map(({ at }) => at)).toEqual(['/parameters/x', '/parameters/advice', 'region 35, service 196']);
  });
});
