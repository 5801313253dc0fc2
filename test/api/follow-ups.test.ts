/** Follow-ups over HTTP: from the order to the launch in one call, and the standing approvals that let it through. */
import type { FullPreview } from '../../src/notices/full-preview.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { approveBoth, newNotice, prepared, submitNotice } from './notice-steps.ts';

interface OrderBody {
  id: string;
  state: string;
  version: number;
  decisions: { region: string; basis?: { kind: string } }[];
  order: {
    launchPhrase: string;
    ready: string[];
    waiting: { region: string; why: string[] }[];
    broadcast?: string;
    refused?: { step: string; code: string; detail: string };
  };
}

describe('follow-ups over HTTP', () => {
  let api: ApiFixture;
  let audience: string;
  beforeAll(async () => {
    api = await apiFixture();
    audience = await prepared(api);
  });
  afterAll(() => api.close());

  const order = (id: string, kind: string, body: object = {}) =>
    api.as('operator', 'post', `/v1/notices/${id}/${kind}`).send(body);
  const preview = async (id: string) =>
    (await api.as('auditor', 'get', `/v1/notices/${id}/preview`)).body as FullPreview & { launchPhrase: string };
  const progress = async (id: string) => (await api.as('auditor', 'get', `/v1/broadcasts/${id}`)).body.progress;

  /** A notice that runs; gives the ids of notice and broadcast. */
  async function running() {
    const notice = await newNotice(api, audience);
    await submitNotice(api, notice);
    const phrase = await approveBoth(api, notice);
    const { body } = await api.as('operator', 'post', `/v1/notices/${notice}/launch`).send({ phrase });
    return { notice, broadcast: (body as { id: string }).id };
  }

  const CORRECTION = 'EXERCISE CORRECTION 2 REGIONS 5 RECIPIENTS';

  test('R7: a correction is ordered, approved and launched in one call with the typed phrase', async () => {
    const { notice, broadcast } = await running();
    const response = await order(notice, 'correction', { upTo: 'launched', phrase: CORRECTION });
    expect(response.status).toBe(201);
    const { order: ordered, state, decisions, id } = response.body as OrderBody;
    expect(ordered).toEqual({
      launchPhrase: CORRECTION,
      ready: ['22', '35'],
      waiting: [],
      broadcast: expect.stringMatching(/^b\d+$/),
    });
    expect([state, decisions.map(({ basis }) => basis?.kind)]).toEqual(['launched', ['prepared', 'prepared']]);
    expect(response.headers.location).toBe(`/v1/notices/${id}`);
    expect(await progress(broadcast)).toMatchObject({ state: 'cancelled' });
    expect(await progress(ordered.broadcast ?? '')).toMatchObject({ state: 'running', clock: { targetMinutes: 2 } });
  });

  test('R12: the all-clear puts an end to the correction too', async () => {
    const { notice } = await running();
    const { body } = await order(notice, 'correction', { upTo: 'launched', phrase: CORRECTION });
    const corrected = (body as OrderBody).order.broadcast ?? '';
    const phrase = 'EXERCISE ALL-CLEAR 2 REGIONS 5 RECIPIENTS';
    const end = (await order(notice, 'all-clear', { upTo: 'launched', phrase })).body as OrderBody;
    expect(end.state).toBe('launched');
    expect(await progress(corrected)).toMatchObject({ state: 'cancelled' });
    expect(await progress(end.order.broadcast ?? '')).toMatchObject({ state: 'running' });
  });

  test('the phrase names the kind: that of another is refused, before anything is written', async () => {
    const { notice } = await running();
    const before = (await api.as('auditor', 'get', '/v1/notices')).body.items.length;
    for (const phrase of ['EXERCISE 2 REGIONS 5 RECIPIENTS', 'EXERCISE ALL-CLEAR 2 REGIONS 5 RECIPIENTS', undefined]) {
      const response = await order(notice, 'correction', { upTo: 'launched', phrase });
      expect(problemOf(response)).toMatchObject({ status: 422, code: 'wrong_phrase' });
    }
    expect((await api.as('auditor', 'get', '/v1/notices')).body.items).toHaveLength(before);
  });

  test('a draft says what it would take', async () => {
    const { notice } = await running();
    const body = (await order(notice, 'restored')).body as OrderBody;
    expect(body).toMatchObject({ state: 'draft', order: { ready: ['22', '35'], waiting: [] } });
    expect((await preview(body.id)).launchPhrase).toBe(body.order.launchPhrase);
  });

  test('fewer regions may be ordered, once nobody of the others waits for what it stops; the phrase counts those', async () => {
    const { notice, broadcast } = await running();
    const phrase = 'EXERCISE CORRECTION 1 REGION 3 RECIPIENTS';
    const fewer = { regions: ['35'], upTo: 'launched', phrase };
    const early = (await order(notice, 'correction', fewer)).body as OrderBody;
    expect(early).toMatchObject({
      state: 'approved',
      order: { refused: { step: 'launch', code: 'would_stop_others' } },
    });
    expect(await progress(broadcast)).toMatchObject({ state: 'running' });
    await api.as('operator', 'post', `/v1/broadcasts/${broadcast}/cancel`);
    const { body } = await order(notice, 'correction', fewer);
    expect(body).toMatchObject({ state: 'launched', order: { ready: ['35'], waiting: [] } });
    // Another region's correction leaves this one alone.
    const other = { regions: ['22'], upTo: 'launched', phrase: 'EXERCISE CORRECTION 1 REGION 2 RECIPIENTS' };
    expect((await order(notice, 'correction', other)).body).toMatchObject({ state: 'launched' });
    expect(await progress((body as OrderBody).order.broadcast ?? '')).toMatchObject({ state: 'running' });
  });

  test('what stops it on its way is told beside what there is', async () => {
    const notice = await newNotice(api, audience);
    await submitNotice(api, notice);
    const unapproved = (await order(notice, 'correction', { upTo: 'launched', phrase: CORRECTION })).body as OrderBody;
    expect(unapproved).toMatchObject({
      state: 'submitted',
      order: { ready: [], refused: { step: 'launch', code: 'not_approved' } },
    });
    expect(unapproved.order.waiting).toEqual([
      { region: '22', why: ['the region has not approved the notice that it follows'] },
      { region: '35', why: ['the region has not approved the notice that it follows'] },
    ]);
    const unfit = { parameters: { until: 'tomorrow' }, upTo: 'submitted' };
    expect(problemOf(await order(notice, 'restored', unfit))).toMatchObject({ code: 'invalid_parameter' });
  });

  test('R20: the clock runs from detection, and stops when people are told', async () => {
    const detectedAt = new Date(Date.now() - 12 * 60_000).toISOString();
    const made = await api.as('operator', 'post', '/v1/notices').send({
      ...{ status: 'Exercise', severity: 'Severe', expires: '2099-01-01T00:00:00Z', audience, detectedAt },
      ...{ template: 'emergency-numbers-hard-to-reach', services: ['15', '18'], regions: ['22', '35'] },
    });
    const { id } = made.body as { id: string };
    const { clock } = await preview(id);
    expect(clock).toMatchObject({ detectedAt, targetMinutes: 30, running: true });
    expect([clock.minutes, clock.minutesLeft]).toEqual([12, 18]);
    await submitNotice(api, id);
    const phrase = await approveBoth(api, id);
    const { body } = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase });
    expect(await progress((body as { id: string }).id)).toMatchObject({
      clock: { detectedAt, minutes: 12, running: true },
    });
    expect((await preview(id)).clock).toMatchObject({ minutes: 12, running: false });
    const { timings } = (await api.as('operator', 'get', `/v1/notices/${id}`)).body as { timings: object };
    expect(timings).toMatchObject({ detected: detectedAt });
  });

  test('R21: the forecast stands before any approval, with the rate and the segments that it rests on', async () => {
    const id = await newNotice(api, audience);
    const { body } = await api.as('approver', 'get', `/v1/notices/${id}/preview`);
    const { totals, renderings, forecast } = body as FullPreview & {
      forecast: { segments: number; segmentsPerSecond: number; limitedBy: string; seconds: number; finishAt: string };
    };
    const segments = renderings.reduce((sum, one) => sum + one.recipients * one.segments, 0);
    expect(totals.segments).toBe(segments);
    expect(forecast).toMatchObject({ segments, segmentsPerSecond: 100, limitedBy: 'route', seconds: segments / 100 });
    expect(Date.parse(forecast.finishAt)).toBeGreaterThan(Date.now());
  });

  describe('standing approvals', () => {
    const APPROVAL = {
      regions: ['22', '35'],
      template: 'correction',
      statuses: ['Exercise'],
      severities: ['Severe'],
      services: ['15', '18'],
      languages: ['fr', 'en'],
      validUntil: new Date(Date.now() + 86_400_000).toISOString(),
    };
    const give = (body: object = APPROVAL, who: Parameters<ApiFixture['as']>[0] = 'approver') =>
      api.as(who, 'post', '/v1/standing-approvals').send(body);

    test('are given, listed, read and revoked', async () => {
      const given = await give();
      expect(given.status).toBe(201);
      const { id, by } = given.body as { id: string; by: string };
      expect([by, given.headers.location]).toEqual(['bo', `/v1/standing-approvals/${id}`]);
      expect((await api.as('auditor', 'get', `/v1/standing-approvals/${id}`)).body).toEqual(given.body);
      const { items } = (await api.as('operator', 'get', '/v1/standing-approvals')).body as { items: { id: string }[] };
      expect(items.map((one) => one.id)).toContain(id);
      const revoked = await api.as('approver', 'delete', `/v1/standing-approvals/${id}`);
      expect([revoked.status, revoked.body.revoked.by]).toEqual([200, 'bo']);
    });

    test('are for deciders, and for their own regions', async () => {
      for (const who of ['operator', 'auditor'] as const) {
        expect(problemOf(await give(APPROVAL, who))).toMatchObject({ status: 403, code: 'role_not_allowed' });
      }
      expect(problemOf(await give({ ...APPROVAL, regions: ['75'] }))).toMatchObject({ code: 'outside_jurisdiction' });
      expect(problemOf(await give({ ...APPROVAL, regions: [] }))).toMatchObject({ status: 422 });
    });

    test('may accept wordings that nobody has read; another waiver is refused with its place', async () => {
      const given = await give({ ...APPROVAL, waives: ['unreviewed_wording'] });
      expect([given.status, given.body.waives]).toEqual([201, ['unreviewed_wording']]);
      await api.as('approver', 'delete', `/v1/standing-approvals/${(given.body as { id: string }).id}`);
      const refused = problemOf(await give({ ...APPROVAL, waives: ['stale_verification'] }));
      expect([refused.status, refused.faults.map(({ at }) => at)]).toEqual([422, ['/waives/0']]);
    });

    test('R7: let a correction through whose number was corrected, from order to launch in one call', async () => {
      const { notice } = await running();
      const number = '02 61 91 00 77';
      const path = '/v1/directory/35/15';
      await api.as('operator', 'put', path).send({ number, owner: 'SAMU 35' });
      const at = new Date().toISOString();
      expect((await api.as('approver', 'post', `${path}/verifications`).send({ at })).status).toBe(201);

      const without = (await order(notice, 'correction', { upTo: 'submitted' })).body as OrderBody;
      expect(without.order).toMatchObject({ ready: ['22'], waiting: [{ region: '35' }] });
      expect(without.order.waiting[0]?.why[0]).toContain('not those prepared');

      await give();
      const withOne = (await order(notice, 'correction', { upTo: 'launched', phrase: CORRECTION })).body as OrderBody;
      expect(withOne.order).toMatchObject({ ready: expect.arrayContaining(['22', '35']), waiting: [] });
      const kinds = withOne.decisions.map(({ region, basis }) => [region, basis?.kind]);
      expect(kinds.sort()).toEqual([
        ['22', 'prepared'],
        ['35', 'standing'],
      ]);
      expect(withOne.state).toBe('launched');
    });
  });
});
