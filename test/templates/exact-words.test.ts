import { Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import { HARD_TO_REACH, inputOf, REPOSITORY_TEMPLATES } from './samples.ts';

const templates = await Templates.load(REPOSITORY_TEMPLATES);
const NUMBERS = '15/112:0261910035 17:0261910036 18:0261910037';

/** To the letter, as a reader in Ille-et-Vilaine gets them: who changes a wording sees here what becomes of it. */
describe('R9: who reads it knows which service, which number, what to do and until when', () => {
  test.each([
    [
      HARD_TO_REACH,
      'fr',
      `Préfet d'Ille-et-Vilaine 02/06 17h05. Urgence injoignable? Appelez ${NUMBERS}. Sourds: SMS 114`,
    ],
    [
      HARD_TO_REACH,
      'en',
      `Prefecture Ille-et-Vilaine 02/06 17:05. Emergency call failing? Dial ${NUMBERS}. Deaf: text 114`,
    ],
    [
      'correction',
      'fr',
      `Préfet d'Ille-et-Vilaine. CORRECTION du SMS du 02/06 17h05: appelez ${NUMBERS}. Sourds: SMS 114`,
    ],
    [
      'correction',
      'en',
      `Prefecture Ille-et-Vilaine. CORRECTION of our SMS of 02/06 17:05: dial ${NUMBERS}. Deaf: text 114`,
    ],
    [
      'restored-keep-alternative',
      'fr',
      `Préfet d'Ille-et-Vilaine. Suite à notre SMS du 02/06 17h05: les numéros d'urgence fonctionnent de nouveau. Si l'un d'eux ne répond pas, appelez jusqu'au 03/06 08h00: ${NUMBERS}. Sourds et malentendants: SMS au 114`,
    ],
    [
      'restored-keep-alternative',
      'en',
      `Prefecture Ille-et-Vilaine. Our SMS of 02/06 17:05: emergency numbers work again. If one does not answer, until 03/06 08:00 dial ${NUMBERS}. Deaf or hard of hearing: text 114`,
    ],
    [
      'restored-keep-alternative',
      'es',
      `Prefectura Ille-et-Vilaine. SMS del 02/06 17:05: los teléfonos de emergencia vuelven a funcionar. Si no responden, marque hasta el 03/06 08:00: ${NUMBERS}. Sordos: SMS al 114`,
    ],
    [
      'end',
      'fr',
      "Préfet d'Ille-et-Vilaine. SMS du 02/06 17h05: fin d'alerte. Urgence? Appelez le 15/17/18/112, pas les numéros provisoires. Sourds: SMS 114",
    ],
    [
      'end',
      'en',
      'Prefecture Ille-et-Vilaine. SMS of 02/06 17:05: end of alert. In an emergency, call 15/17/18/112, not the temporary numbers. Deaf: text 114',
    ],
  ])('%s in %s', (id, language, words) => {
    const template = templates.get(id);
    const parameters: Record<string, string> =
      id === 'restored-keep-alternative' ? { until: '2021-06-03T08:00:00+02:00' } : {};
    expect(render(inputOf(templates, { template, language, parameters, status: 'Actual' })).text).toBe(words);
  });
});
