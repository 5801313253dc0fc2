import type { AlternativeNumber } from '../../src/directory/alternative-numbers.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

const ENTRY = { number: '02 61 91 00 35', owner: 'SAMU 35' };

describe('the directory over HTTP', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
  });
  afterAll(() => api.close());

  const put = (region: string, service: string, body: object = ENTRY) =>
    api.as('operator', 'put', `/v1/directory/${region}/${service}`).send(body);
  const verify = (who: Parameters<ApiFixture['as']>[0], region: string, service: string, body: object) =>
    api.as(who, 'post', `/v1/directory/${region}/${service}/verifications`).send(body);
  const importCsv = (csv: string) =>
    api.as('operator', 'post', '/v1/directory/import').set('Content-Type', 'text/csv').send(csv);

  test('a number is entered, read back with its version, and listed', async () => {
    const entered = await put('35', '15');
    expect(entered.status).toBe(200);
    expect(entered.headers.etag).toBe('"1"');
    expect(entered.body).toMatchObject({
      number: '33261910035',
      display: '02 61 91 00 35',
      enteredBy: 'ana',
      version: 1,
    });
    const read = await api.as('approver', 'get', '/v1/directory/35/15');
    expect(read.body).toEqual(entered.body);
    expect(read.headers.etag).toBe('"1"');
    const { body } = await api.as('approver', 'get', '/v1/directory?region=35&service=15');
    expect(body).toEqual({ items: [entered.body] });
  });

  test('a replacement honours If-Match', async () => {
    await put('35', '17');
    const replace = (tag: string, number: string) => put('35', '17', { ...ENTRY, number }).set('If-Match', tag);
    expect((await replace('"1"', '02 61 91 00 36')).body).toMatchObject({ version: 2 });
    expect(problemOf(await replace('"1"', '02 61 91 00 37'))).toMatchObject({ status: 412 });
  });

  test('every fault is named at its field', async () => {
    const problem = problemOf(
      await put('35', '13', {
        number: '12',
        owner: ' ',
        validFrom: '2026-06-02T18:00:00Z',
        validUntil: '2026-06-02T17:00:00Z',
      }),
    );
    expect(problem).toMatchObject({ status: 422, code: 'invalid_alternative_number' });
    expect(problem.faults.map(({ at }) => at).sort()).toEqual(['/number', '/owner', '/service', '/validUntil']);
    expect(problemOf(await put('35', '15', { ...ENTRY, region: '22' })).faults).toMatchObject([{ at: '/region' }]);
  });

  test('what is not entered is a 404 by name', async () => {
    expect(problemOf(await api.as('approver', 'get', '/v1/directory/22/196'))).toMatchObject({
      status: 404,
      code: 'unknown_alternative_number',
    });
  });

  test('another person of the region records the test call', async () => {
    await put('35', '18');
    const at = '2026-01-15T09:00:00+01:00';
    const verified = await verify('approver', '35', '18', { at, note: 'answered at once' });
    expect(verified.status).toBe(201);
    expect((verified.body as AlternativeNumber).verification).toEqual({ by: 'bo', at, note: 'answered at once' });
  });

  test('nobody verifies what they entered, under whatever key, nor for another’s region', async () => {
    await put('35', '112');
    await put('75', '112');
    const at = '2026-01-15T09:00:00+01:00';
    const ownHand = await api.newKey({ person: 'ana', role: 'approver', regions: '*' });
    expect(problemOf(await verify(ownHand, '35', '112', { at }))).toMatchObject({ status: 403, code: 'own_entry' });
    expect(problemOf(await verify('approver', '75', '112', { at }))).toMatchObject({
      status: 403,
      code: 'outside_jurisdiction',
    });
    expect(
      problemOf(await verify('approver', '35', '112', { at: 'yesterday', by: 'me' }))
        .faults.map((f) => f.at)
        .sort(),
    ).toEqual(['/at', '/by']);
    expect(problemOf(await verify('approver', '35', '112', { at: '2099-01-01T00:00:00Z' })).faults).toMatchObject([
      { at: '/at' },
    ]);
  });

  test('a CSV file is entered whole', async () => {
    const imported = await importCsv(
      'region,service,number,owner\n22,15,02 61 91 00 22,SAMU 22\n22,18,02 61 91 00 23,SDIS 22\n',
    );
    expect(imported.status).toBe(200);
    expect(imported.body).toEqual({ accepted: 2, rejected: [], testCallsLeftOut: 0 });
    expect((await api.as('approver', 'get', '/v1/directory/22/18')).body).toMatchObject({ owner: 'SDIS 22' });
  });

  test('a CSV file with faults enters nothing, and every line at fault is named', async () => {
    const problem = problemOf(
      await importCsv(
        'region,service,number,owner\n29,15,02 61 91 00 29,SAMU 29\n99,15,02 61 91 00 30,X\n29,18,abc,SDIS 29\n',
      ),
    );
    expect(problem).toMatchObject({ status: 422, code: 'invalid_directory' });
    expect(problem.faults.map(({ at }) => at)).toEqual([
      expect.stringContaining('line 3'),
      expect.stringContaining('line 4'),
    ]);
    expect((await api.as('approver', 'get', '/v1/directory/29/15')).status).toBe(404);
  });

  test('a CSV file above 8 MiB is refused', async () => {
    const problem = problemOf(await importCsv(`region,service,number,owner\n${'x'.repeat(9_000_000)}`));
    expect(problem.status).toBe(413);
  });

  test('what is missing is listed by region and service', async () => {
    const missing = async (query: string) =>
      (
        (await api.as('auditor', 'get', `/v1/directory/missing${query}`)).body as {
          items: { region: string; service: string }[];
        }
      ).items;
    expect(await missing('?regions=22,%2035&services=15,197')).toEqual([
      { region: '22', service: '197' },
      { region: '35', service: '197' },
    ]);
    expect((await missing('')).length).toBeGreaterThan(1_000);
    await put('35', '197', { ...ENTRY, validUntil: '2030-01-01T00:00:00Z' });
    expect(await missing('?regions=35&services=197&at=2029-12-31T23:59:59Z')).toEqual([]);
    expect(await missing('?regions=35&services=197&at=2030-01-01T00:00:00Z')).toHaveLength(1);
  });
});

describe('templates over HTTP', () => {
  test('they are listed with their wordings, and read one by one', async () => {
    const api = await apiFixture();
    const { body } = await api.as('approver', 'get', '/v1/templates');
    const { items } = body as { items: { id: string; wordings: Record<string, { text: string }> }[] };
    expect(items.map(({ id }) => id)).toContain('emergency-numbers-hard-to-reach');
    expect(Object.keys(items[0]!.wordings).length).toBeGreaterThan(0);
    const one = await api.as('approver', 'get', `/v1/templates/${items[0]!.id}`);
    expect(one.body).toEqual(items[0]);
    expect(problemOf(await api.as('approver', 'get', '/v1/templates/none'))).toMatchObject({
      status: 404,
      code: 'unknown_template',
    });
    await api.close();
  });
});
