import { fromCap } from '../../src/cap/reader.ts';
import { CAP_MESSAGE, edxl } from './messages.ts';

const NOTICE = {
  identifier: 'COGIC-2021-0602-1',
  sender: 'cogic@example.org',
  sent: '2021-06-02T17:00:00+02:00',
  status: 'Exercise',
  msgType: 'Update',
  references: [
    'cogic@example.org,COGIC-2021-0602-0,2021-06-02T16:30:00+02:00',
    'cogic@example.org,COGIC-2021-0601-9,2021-06-01T16:30:00+02:00',
  ],
  event: "Numéros d'urgence difficiles à joindre",
  category: 'Infra',
  urgency: 'Immediate',
  severity: 'Severe',
  certainty: 'Observed',
  expires: '2021-06-02T23:00:00+02:00',
  headline: "Numéros d'urgence & secours",
  description: 'Panne nationale.',
  template: 'emergency-numbers-hard-to-reach',
  parameters: { advice: 'Restez calmes.' },
  services: ['15', '112'],
  regions: ['35', '2A'],
  audience: 'a1',
  route: 'exercise',
  inDoubt: 'hold',
  waivers: [],
};

describe('a CAP message', () => {
  test('becomes a notice, by its French info; numbers and parameters of others stay outside', async () => {
    expect(await fromCap(CAP_MESSAGE)).toEqual(NOTICE);
  });

  test('is read from octets of any encoding that XML declares', async () => {
    const latin = Buffer.from(CAP_MESSAGE.replace('UTF-8', 'ISO-8859-1'), 'latin1');
    expect(await fromCap(latin)).toEqual(NOTICE);
    expect(await fromCap(Buffer.from(`\ufeff${CAP_MESSAGE.replace('UTF-8', 'UTF-16')}`, 'utf16le'))).toEqual(NOTICE);
    expect(await fromCap(Buffer.from(`\ufeff${CAP_MESSAGE}`))).toEqual(NOTICE);
    // A string is decoded already, whatever its declaration says.
    expect(await fromCap(CAP_MESSAGE.replace('UTF-8', 'ISO-8859-1'))).toEqual(NOTICE);
  });

  test('may use a prefix, comments and CDATA', async () => {
    const prefixed = CAP_MESSAGE.replaceAll(/<(\/?)(\w)/g, '<$1cap:$2')
      .replace('xmlns=', 'xmlns:cap=')
      .replace('Panne nationale.', '<!-- x --><![CDATA[Panne nationale.]]>');
    expect(await fromCap(prefixed)).toEqual(NOTICE);
  });

  test('may carry a signature at its end', async () => {
    const signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature></alert>';
    expect(await fromCap(CAP_MESSAGE.replace('</alert>', signature))).toEqual(NOTICE);
  });

  test('without a French info is led by its first; what the others add counts too', async () => {
    const english = CAP_MESSAGE.replace('fr-FR', 'de-DE').replace('<language>en-GB</language>\n', '');
    expect(await fromCap(english)).toEqual({
      ...NOTICE,
      event: 'Emergency numbers hard to reach',
      headline: 'Emergency numbers',
      description: undefined,
    });
  });

  test('is unwrapped from EDXL', async () => {
    expect(await fromCap(edxl(1))).toEqual(NOTICE);
  });
});
