import { readFileSync } from 'node:fs';
import { REGIONS } from '../../src/directory/regions.ts';
import { transliterate } from '../../src/sms/transliteration.ts';
import { FRENCH_EVERYWHERE } from '../../src/templates/languages.ts';
import { lintTemplates } from '../../src/templates/lint.ts';
import { Templates } from '../../src/templates/load.ts';
import { printMoment } from '../../src/templates/moments.ts';
import { render } from '../../src/templates/render.ts';
import type { Template, Wording } from '../../src/templates/template.ts';
import { allWordings, segmentsAllowed } from '../../src/templates/wordings.ts';
import { AT_MS, numberOf, REPOSITORY_TEMPLATES, sampleDirectory } from './samples.ts';

const templates = (await Templates.load(REPOSITORY_TEMPLATES)).list();
const sample = sampleDirectory();
const numbersOf = new Map(
  REGIONS.map(({ code }) => [
    code,
    [...sample.filter(({ region }) => region === code), numberOf(code, '114', '06 39 98 01 14')],
  ]),
);
const LANGUAGES = ['ar', 'br', 'co', 'de', 'en', 'es', 'eu', 'fr', 'gsw', 'it', 'oc', 'pt'];
function written(
  template: Template,
  wording: Wording,
  code: string,
  services: readonly string[] = ['15', '17', '18', '112', '114'],
) {
  const region = REGIONS.find((one) => one.code === code);
  if (!region) throw new Error(`no region ${code}`);
  return render({
    template,
    region,
    language: wording.language,
    status: 'Exercise',
    services,
    numbers: numbersOf.get(code) ?? [],
    parameters: template.id === 'restored-keep-alternative' ? { until: '2021-06-03T23:59:00+02:00' } : {},
    atMs: AT_MS,
  });
}

const plain = new Map<string, string>();

/** A part of a text as its alphabet carries it; the same few parts come again and again. */
function carried(part: string, { alphabet }: Wording): string {
  if (alphabet === 'ucs2') return part;
  const known = plain.get(part) ?? transliterate(part).text;
  plain.set(part, known);
  return known;
}

describe('all 101 départements in all 12 languages, every template', () => {
  test('R9: name source, place, time in its own zone, guidance and every number, the alternative to 114 too', () => {
    let texts = 0;
    for (const template of templates) {
      expect(Object.keys(template.wordings)).toEqual(LANGUAGES);
      for (const wording of Object.values(template.wordings)) {
        for (const region of REGIONS) {
          const { text, numbers, segments, encoding } = written(template, wording, region.code);
          texts += 1;
          const required = [
            wording.prefixes.Exercise,
            wording.source,
            region.name,
            printMoment(wording.moment, AT_MS, region.zone),
            wording.guidance,
            ...numbers.filter(({ service }) => service !== '114').map(({ display }) => display),
            template.numbers === 'none' ? '114' : '0639980114',
          ];
          const missing = required.filter((part) => !text.includes(carried(part, wording)));
          // One expectation for each text: a call of expect() costs more than the rendering.
          if (missing.length > 0 || /[{}]|undefined/.test(text)) {
            throw new Error(`${wording.file}, ${region.code}: ${missing.join(' | ')} is not in: ${text}`);
          }
          if (segments > segmentsAllowed(template, wording) || encoding !== wording.alphabet) {
            throw new Error(`${wording.file}, ${region.code}: ${segments} segments of ${encoding}`);
          }
        }
      }
    }
    expect(texts).toBe(4 * 12 * 101);
  });

  test('R17: give deaf people the 114 while it answers', () => {
    for (const template of templates) {
      for (const wording of Object.values(template.wordings)) {
        const { text } = written(template, wording, '35', ['17']);
        expect([wording.file, text]).toEqual([wording.file, expect.stringMatching(/SMS[^.]{0,8} 114$|text 114$/)]);
      }
    }
  });

  test('R17: tell nobody to call the 114, which is written to, when all services answer again', () => {
    const end = templates.find(({ id }) => id === 'end');
    for (const wording of Object.values(end?.wordings ?? {})) {
      const { text } = written(end!, wording, '35');
      expect([wording.file, text.split('114').length - 1, text.includes('15/17/18/112')]).toEqual([
        wording.file,
        1,
        true,
      ]);
    }
  });

  test('R9: pass the lint, at their longest too, and lose no letter', () => {
    const { findings, rows } = lintTemplates({ templates }, REGIONS, FRENCH_EVERYWHERE);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
    // What is sent is what stands in the files: nothing is left for the transliteration but the names of regions.
    expect(findings.filter(({ rule }) => rule === 'alphabet')).toEqual([]);
    expect(rows).toHaveLength(4 * 12);
    for (const { regions, segments, language, alphabet } of rows) {
      expect(regions).toBe(101);
      expect(segments?.max).toBeLessThanOrEqual(alphabet === 'gsm7' ? 2 : 4);
      expect(segments?.worst).toBeLessThanOrEqual(language === 'ar' ? 8 : 4);
    }
  });

  test('R10: nobody is said to have read them, since nobody has', () => {
    const { rows } = lintTemplates({ templates }, REGIONS.slice(0, 1), FRENCH_EVERYWHERE);
    expect(rows.filter(({ reviewed }) => reviewed)).toEqual([]);
  });

  test('R10: say so in each file, for who opens it to write', () => {
    for (const { file, reviewedBy } of templates.flatMap(allWordings)) {
      const head = readFileSync(new URL(file, REPOSITORY_TEMPLATES), 'utf8');
      const said = head.includes('reviewed_by: # nobody yet whose language it is\n');
      expect([file, said]).toEqual([file, reviewedBy === undefined]);
    }
  });
});

describe('the names of départements', () => {
  const firstText = (language: string, code: string) => {
    const template = templates.find(({ id }) => id === 'emergency-numbers-hard-to-reach');
    const wording = template?.wordings[language];
    if (!template || !wording) throw new Error(`no wording in ${language}`);
    return written(template, wording, code).text;
  };

  test.each([
    ['fr', '22', "Préfet des Cotes-d'Armor "],
    ['fr', '69', 'Préfet du Rhone '],
    ['fr', '974', 'Préfet de La Réunion '],
    ['fr', '75', 'Préfet de Paris '],
    ['de', '22', "Präfektur Cotes-d'Armor "],
    ['de', '69', 'Präfektur Rhone '],
    ['eu', '64', 'Prefetura (Pyrénées-Atlantiques) '],
    ['co', '2A', 'Prefettura Corse-du-Sud '],
    ['ar', '22', "محافظة Côtes-d'Armor يوم"],
    ['ar', '69', 'محافظة Rhône يوم'],
  ])('in %s, %s is printed so that people know it: %s', (language, code, start) => {
    expect(firstText(language, code)).toContain(start);
  });

  test.each([
    ['fr', '02/06 19h05'],
    ['de', '02.06. 19:05'],
    ['ar', '02/06 الساعة 19:05'],
  ])('in %s the time of La Réunion is its own: %s', (language, time) => {
    expect(firstText(language, '974')).toContain(time);
  });
});
