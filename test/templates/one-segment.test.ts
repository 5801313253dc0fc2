import { REGIONS } from '../../src/directory/regions.ts';
import { Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import { AT_MS, HARD_TO_REACH, REPOSITORY_TEMPLATES, sampleDirectory } from './samples.ts';

const templates = await Templates.load(REPOSITORY_TEMPLATES);
const numbers = sampleDirectory();
const services = ['15', '17', '18', '112'];

function renderAll(templateId: string, language: string) {
  const template = templates.get(templateId);
  const parameters: Record<string, string> =
    templateId === 'restored-keep-alternative' ? { until: '2021-12-31T23:59:00+01:00' } : {};
  return REGIONS.map((region) =>
    render({ template, region, language, status: 'Exercise', services, numbers, parameters, atMs: AT_MS }),
  );
}

describe('with the sample directory, in which every service has a number of its own', () => {
  test('every service of every region has one', () => {
    for (const { code } of REGIONS) {
      const own = services.map((service) => numbers.find((n) => n.region === code && n.service === service)?.number);
      expect(new Set(own).size).toBe(4);
      expect(own).not.toContain(undefined);
    }
  });

  describe.each(['fr', 'en'])('in %s', (language) => {
    test.each(renderAll(HARD_TO_REACH, language).map((rendering) => [rendering.region, rendering] as const))(
      'the exercise text of region %s takes one segment of GSM 7-bit',
      (_, { encoding, segments, units }) => {
        expect({ encoding, segments }).toEqual({ encoding: 'gsm7', segments: 1 });
        expect(units).toBeLessThanOrEqual(160);
      },
    );
  });

  test.each([
    [HARD_TO_REACH, 'fr', 1],
    [HARD_TO_REACH, 'en', 1],
    ['correction', 'fr', 1],
    ['correction', 'en', 1],
    ['end', 'fr', 1],
    ['end', 'en', 1],
    ['restored-keep-alternative', 'fr', 2],
    ['restored-keep-alternative', 'en', 2],
  ])('%s in %s takes %i at most, anywhere', (template, language, most) => {
    expect(Math.max(...renderAll(template, language).map(({ segments }) => segments))).toBe(most);
  });
});
