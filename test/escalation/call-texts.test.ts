import { REGIONS } from '../../src/directory/regions.ts';
import { callPayload, callText } from '../../src/escalation/call-texts.ts';
import { segment } from '../../src/sms/segments.ts';
import { noticeOf } from '../notices/samples.ts';

const ALL = REGIONS.map(({ code }) => code);
const ID = 'b5b0a6a4-6d2e-4f0e-9c7b-000000000000';

const cases = (['submitted', 'escalated'] as const).flatMap((stage) =>
  (['fr', 'en'] as const).flatMap((language) =>
    (['Actual', 'Exercise', 'Test'] as const).map((status) => [stage, language, status] as const),
  ),
);

describe('the SMS to an official', () => {
  test.each(cases)(
    'of stage %s in %s for %s: one segment in every alphabet, however many regions',
    (stage, language, status) => {
      const value = noticeOf({ status, severity: 'Moderate', submitted: { by: 'Sam', at: '2021-06-02T15:05:00Z' } });
      for (const regions of [['35'], ALL, ALL.slice(-6)]) {
        const text = callText({ id: ID, value }, stage, regions, language);
        // ASCII without what GSM 7-bit has at other places.
        expect(text).toMatch(/^[A-Za-z0-9 .,:-]+$/);
        expect(segment(text).segments).toHaveLength(1);
        expect(text.length).toBeLessThanOrEqual(160);
      }
    },
  );

  test('tells severity, regions, the time on the wall there, and which notice', () => {
    const value = noticeOf({ submitted: { by: 'Sam', at: '2021-06-02T15:05:00Z' } });
    expect(callText({ id: ID, value }, 'submitted', ['35', '22'], 'fr')).toBe(
      'EXERCICE TOCSIN: un avis attend votre approbation. Gravite Severe, dep. 35 22, soumis a 17:05, avis b5b0a6a4.',
    );
    expect(callText({ id: ID, value }, 'escalated', ['974'], 'en')).toBe(
      'EXERCISE TOCSIN: approval is overdue, you may approve as deputy. Severity Severe, dep. 974, submitted at 19:05, notice b5b0a6a4.',
    );
    expect(callText({ id: ID, value }, 'submitted', ALL, 'fr')).toContain('dep. 01 02 03 04 05 et 96 autres,');
  });
});

test('a webhook is told no parameter and no text of the notice', () => {
  const value = noticeOf({ parameters: { advice: 'secret advice' }, description: 'a long description' });
  const body = JSON.stringify(callPayload({ id: ID, value }, 'escalated', ['35'], ['Dora'], '2021-06-02T15:15:00Z'));
  expect(JSON.parse(body)).toMatchObject({ type: 'approval.escalated', notice: { id: ID }, people: ['Dora'] });
  expect(body).not.toMatch(/secret advice|a long description/);
});
