import type { Notice } from '../../src/notices/notice.ts';
import type { Preview } from '../../src/notices/preview.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { approveBoth, importAudience, NOTICE, newNotice, prepared, submitNotice } from './notice-steps.ts';

type NoticeBody = Notice & { id: string; version: number };

describe('notices over HTTP', () => {
  let api: ApiFixture;
  let audience: string;
  beforeAll(async () => {
    api = await apiFixture();
    audience = await prepared(api);
  });
  afterAll(() => api.close());

  const create = (changes: object = {}) =>
    api.as('operator', 'post', '/v1/notices').send({ ...NOTICE, audience, ...changes });
  const preview = async (id: string) =>
    (await api.as('auditor', 'get', `/v1/notices/${id}/preview`)).body as Preview & {
      launchPhrase: string;
      route?: string;
      forecast?: { segmentsPerSecond: number };
    };
  const decide = (who: Parameters<ApiFixture['as']>[0], id: string, body: object) =>
    api.as(who, 'post', `/v1/notices/${id}/approvals`).send(body);

  test('what is missing or of another kind is told in plain words', async () => {
    const response = await api.as('operator', 'post', '/v1/notices').send({ status: 'Real', regions: '35' });
    const told = new Map(problemOf(response).faults.map(({ at, message }) => [at, message]));
    expect(told.get('/audience')).toBe('is missing');
    expect(told.get('/regions')).toMatch(/^must be array/);
    expect(told.get('/status')).toMatch(/^must be one of "Actual"/);
  });

  test('a draft is made from JSON, and read back with its version as ETag', async () => {
    const created = await create();
    expect(created.status).toBe(201);
    const { id, version, state, author } = created.body as NoticeBody;
    expect({ version, state, author }).toEqual({ version: 1, state: 'draft', author: 'ana' });
    expect(created.headers).toMatchObject({ location: `/v1/notices/${id}`, etag: '"1"' });
    const read = await api.as('auditor', 'get', `/v1/notices/${id}`);
    expect(read.body).toEqual(created.body);
    expect(read.headers.etag).toBe('"1"');
    const again = await api.as('auditor', 'get', `/v1/notices/${id}`).set('If-None-Match', '"1"');
    expect(again.status).toBe(304);
  });

  test('the same notice goes out and comes in as CAP', async () => {
    const { id } = (await create()).body as NoticeBody;
    const cap = await api
      .as('auditor', 'get', `/v1/notices/${id}`)
      .set('Accept', 'application/cap+xml')
      .responseType('blob');
    expect(cap.headers['content-type']).toMatch(/^application\/cap\+xml/);
    expect(cap.headers.etag).toBe('"1-cap"');
    expect(String(cap.body)).toContain('<identifier>');
    const back = await api
      .as('operator', 'post', '/v1/notices')
      .set('Content-Type', 'application/cap+xml')
      .send(String(cap.body));
    expect(back.status).toBe(201);
    const { regions, services, identifier } = back.body as NoticeBody;
    expect({ regions, services, identifier }).toEqual({
      regions: ['22', '35'],
      services: ['15', '18'],
      identifier: id,
    });
  });

  test('broken CAP is refused by line', async () => {
    const response = await api
      .as('operator', 'post', '/v1/notices')
      .set('Content-Type', 'application/cap+xml')
      .send('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">\n<identifier>x</sender>');
    const problem = problemOf(response);
    expect([400, 422]).toContain(problem.status);
    expect(problem.faults[0]?.at).toMatch(/^line \d+/);
  });

  test.each([
    ['a route that is not there', { route: 'elsewhere' }, /no route "elsewhere"/],
    ['a status that no route carries', { status: 'Actual' }, /no live route/],
  ])('a notice for %s shows it in the preview, and is not submitted', async (_what, changes, message) => {
    const { id } = (await create(changes)).body as NoticeBody;
    const fault = { code: 'unknown_route', at: '/route', message: expect.stringMatching(message) };
    expect((await preview(id)).problems).toContainEqual(fault);
    const refused = problemOf(await api.as('operator', 'post', `/v1/notices/${id}/submit`));
    expect(refused.status).toBe(422);
    expect(refused.faults).toContainEqual(fault);
  });

  test.each([
    [{ regions: ['35', '99'] }, 'unknown_region', '/regions/1'],
    [{ regions: [] }, 'empty_area', '/regions'],
    [{ template: 'no-such' }, 'unknown_template', '/template'],
    [{ services: ['13'] }, 'unknown_service', '/services/0'],
    [{ expires: '2020-01-01T00:00:00Z' }, 'expired_notice', '/expires'],
  ])('%j is refused as %s', async (changes, code, at) => {
    const problem = problemOf(await create(changes));
    expect(problem).toMatchObject({ status: 422, code });
    expect(problem.faults.map((fault) => fault.at)).toContain(at);
  });

  test('an unknown field and a wrong one are named together', async () => {
    const problem = problemOf(await create({ colour: 'red', severity: 'Bad' }));
    expect(problem.faults.map(({ at }) => at).sort()).toEqual(['/colour', '/severity']);
  });

  test('an unknown audience shows in the preview, and refuses the submission', async () => {
    const { id } = (await create({ audience: 'none' })).body as NoticeBody;
    expect((await preview(id)).problems).toContainEqual(
      expect.objectContaining({ code: 'unknown_audience', at: '/audience' }),
    );
    const refused = problemOf(await api.as('operator', 'post', `/v1/notices/${id}/submit`));
    expect(refused).toMatchObject({ status: 422, faults: [{ at: '/audience' }] });
  });

  test('a draft changes by the version that If-Match names', async () => {
    const { id } = (await create()).body as NoticeBody;
    const patch = (tag: string | undefined, body: object) => {
      const request = api.as('operator', 'patch', `/v1/notices/${id}`);
      return (tag === undefined ? request : request.set('If-Match', tag)).send(body);
    };
    const changed = await patch('"1"', { severity: 'Minor' });
    expect(changed.body).toMatchObject({ version: 2, severity: 'Minor' });
    expect(changed.headers.etag).toBe('"2"');
    expect(problemOf(await patch('"1"', { severity: 'Severe' }))).toMatchObject({ status: 412 });
    expect(problemOf(await patch('W/"2"', { severity: 'Severe' }))).toMatchObject({
      status: 412,
      code: 'etag_mismatch',
    });
    expect((await patch('*', { severity: 'Severe' })).body).toMatchObject({ version: 3 });
    expect((await patch(undefined, { severity: 'Extreme' })).body).toMatchObject({ version: 4 });
    expect(problemOf(await patch('"4"', { state: 'approved' }))).toMatchObject({
      status: 422,
      faults: [{ at: '/state' }],
    });
  });

  test('a merge patch may be sent under its own type', async () => {
    const { id } = (await create()).body as NoticeBody;
    const changed = await api
      .as('operator', 'patch', `/v1/notices/${id}`)
      .set('Content-Type', 'application/merge-patch+json')
      .send('{"severity":"Minor"}');
    expect(changed.status).toBe(200);
  });

  test('the preview shows every text, its cost, its readers, the phrase and the forecast', async () => {
    const id = await newNotice(api, audience);
    const seen = await preview(id);
    expect(seen.problems).toEqual([]);
    expect(seen.frozen).toBe(false);
    expect(seen.totals.recipients).toBe(5);
    expect(seen.launchPhrase).toBe('EXERCISE 2 REGIONS 5 RECIPIENTS');
    expect(seen.regions.map(({ routes }) => routes)).toEqual([['exercise'], ['exercise']]);
    expect(seen).toMatchObject({ forecast: { segmentsPerSecond: 100, limitedBy: 'route' } });
    expect(seen.renderings.map(({ region, language }) => `${region} ${language}`)).toEqual(
      expect.arrayContaining(['22 fr', '35 en', '35 fr']),
    );
  });

  test('a preview without a usable route says so and shows the rest', async () => {
    const { id } = (await create({ route: 'no-such' })).body as NoticeBody;
    const seen = await preview(id);
    expect(seen.problems).toContainEqual(expect.objectContaining({ code: 'unknown_route', at: '/route' }));
    expect(seen.forecast).toBeUndefined();
    expect(seen.renderings.length).toBeGreaterThan(0);
  });

  test('from draft to broadcast: submitted by one, approved by another, launched by the phrase', async () => {
    const id = await newNotice(api, audience);
    const submitted = await api.as('operator', 'post', `/v1/notices/${id}/submit`).set('If-Match', '"1"');
    expect(submitted.body).toMatchObject({ state: 'submitted', submitted: { by: 'ana' } });
    const { regions, launchPhrase } = await preview(id);
    const [first, second] = regions;
    const approved = await decide('approver', id, { region: first!.region, decision: 'approve', hash: first!.hash });
    expect(approved.status).toBe(201);
    expect(approved.body).toMatchObject({ state: 'submitted', decisions: [{ by: 'bo', decision: 'approved' }] });
    await decide('approver', id, { region: second!.region, decision: 'approve', hash: second!.hash });

    const wrong = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase: 'yes' });
    expect(problemOf(wrong)).toMatchObject({ status: 422, code: 'wrong_phrase', faults: [{ at: '/phrase' }] });
    const launched = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase: launchPhrase });
    expect(launched.status).toBe(201);
    const broadcast = launched.body as { id: string; notice: string; recipients: number };
    expect(broadcast).toMatchObject({ notice: id, recipients: 5, state: 'running', launchedBy: 'ana' });
    expect(launched.headers.location).toBe(`/v1/broadcasts/${broadcast.id}`);
    const twice = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase: launchPhrase });
    expect(problemOf(twice)).toMatchObject({ status: 409, code: 'wrong_state' });
  });

  test('nobody decides on what they wrote, under whatever key', async () => {
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const { regions } = await preview(id);
    const body = { region: '35', decision: 'approve', hash: regions.find(({ region }) => region === '35')!.hash };
    const other = await api.newKey({ person: 'Ana', role: 'approver', regions: '*' });
    expect(problemOf(await decide(other, id, body))).toMatchObject({ status: 403, code: 'own_submission' });

    const byAdmin = await api.as('admin', 'post', '/v1/notices').send({ ...NOTICE, audience });
    const { id: own } = byAdmin.body as NoticeBody;
    await api.as('operator', 'post', `/v1/notices/${own}/submit`);
    const hash = (await preview(own)).regions[0]!.hash;
    expect(problemOf(await decide('admin', own, { ...body, region: '22', hash }))).toMatchObject({
      code: 'own_submission',
    });
  });

  test('an approver decides for his regions only, on the bytes he saw, and returns with reasons', async () => {
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const { regions } = await preview(id);
    const hash = regions.find(({ region }) => region === '35')!.hash;
    const elsewhere = await api.newKey({ person: 'hal', role: 'approver', regions: ['75'] });
    expect(problemOf(await decide(elsewhere, id, { region: '35', decision: 'approve', hash }))).toMatchObject({
      status: 403,
      code: 'outside_jurisdiction',
    });
    const stale = { region: '35', decision: 'approve', hash: '0'.repeat(64) };
    expect(problemOf(await decide('approver', id, stale))).toMatchObject({ status: 409, code: 'stale_hash' });
    expect(problemOf(await decide('approver', id, { region: '35', decision: 'return', hash })).faults).toMatchObject([
      { at: '/reasons' },
    ]);
    const returned = await decide('approver', id, { region: '35', decision: 'return', hash, reasons: 'Wrong number' });
    expect(returned.body).toMatchObject({ state: 'returned' });
    const launch = await api.as('operator', 'post', `/v1/notices/${id}/launch`).send({ phrase: 'x' });
    expect(problemOf(launch)).toMatchObject({ status: 409, code: 'wrong_state' });
  });

  test('a notice is given up before its launch, not after', async () => {
    const id = await newNotice(api, audience);
    expect((await api.as('operator', 'post', `/v1/notices/${id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    const other = await newNotice(api, audience);
    await submitNotice(api, other);
    const phrase = await approveBoth(api, other);
    await api.as('operator', 'post', `/v1/notices/${other}/launch`).send({ phrase });
    expect(problemOf(await api.as('operator', 'post', `/v1/notices/${other}/cancel`))).toMatchObject({ status: 409 });
  });

  test('lists give the newest first, without texts, by pages', async () => {
    const ids = [await newNotice(api, audience), await newNotice(api, audience)];
    const { body } = await api.as('approver', 'get', '/v1/notices?limit=1');
    const page = body as { items: NoticeBody[]; next: string };
    expect(ids).toContain(page.items[0]!.id);
    expect(page.items[0]).not.toHaveProperty('renderings');
    expect(page.next).toBe(page.items[0]!.id);
  });

  test('what is not there is a 404 by name', async () => {
    for (const path of ['', '/preview']) {
      expect(problemOf(await api.as('auditor', 'get', `/v1/notices/none${path}`))).toMatchObject({
        status: 404,
        code: 'unknown_notice',
      });
    }
  });

  test('a second audience with fiction in it serves no Actual notice', async () => {
    const other = await importAudience(api, 'other');
    const { id } = (await create({ status: 'Actual', audience: other })).body as NoticeBody;
    const refused = problemOf(await api.as('operator', 'post', `/v1/notices/${id}/submit`));
    expect(refused.status).toBe(422);
    expect(refused.faults.map(({ at }) => at)).toContain('/audience');
  });
});
