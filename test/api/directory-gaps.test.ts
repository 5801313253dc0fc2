import { Script } from 'node:vm';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { newNotice, prepared, submitNotice, testCalled } from './notice-steps.ts';

describe('the directory’s gaps over HTTP', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
    const put = (place: string, number: string, owner: string) =>
      api.as('operator', 'put', `/v1/directory/${place}`).send({ number, owner });
    await put('35/15', '01 00 00 00 15', 'SAMU <b onclick="x()">35</b> & "others"');
    await put('R53/17', '01 00 00 00 17', 'Zone, Rennes');
    await put('35/18', '02 61 91 00 18', 'SDIS 35');
    await testCalled(api, '35', '15');
    await testCalled(api, '35', '18');
    const contact = { kind: 'webhook', address: 'https://crise.example/secret-path', owner: 'Cell', region: '35' };
    await api.as('operator', 'put', '/v1/contacts/on-call').send(contact);
  });
  afterAll(() => api.close());

  const gaps = (query: string, accept = 'application/json', who: Parameters<ApiFixture['as']>[0] = 'approver') =>
    api.as(who, 'get', `/v1/directory/gaps${query}`).set('Accept', accept);

  test('R2: as JSON they are what the query chose', async () => {
    const { body } = await gaps('?regions=35&services=15,17,18,112');
    expect(body.counts).toEqual({ missing: 1, stale: 1, fiction: 1, grows_stale: 0, ok: 1 });
    expect(
      body.numbers.map((row: { service: string; state: string; from?: string }) => [row.service, row.state, row.from]),
    ).toEqual([
      ['15', 'ok', 'departement'],
      ['17', 'stale', 'region'],
      ['18', 'fiction', 'departement'],
      ['112', 'missing', undefined],
    ]);
    expect((await gaps('?regions=R53&services=17')).body.numbers.map((row: { region: string }) => row.region)).toEqual([
      '22',
      '29',
      '35',
      '56',
    ]);
    expect((await gaps('')).body.numbers).toHaveLength(404);
    expect((await gaps('?regions=35&services=15&due=true')).body.numbers).toEqual([]);
    const refused = problemOf(await gaps('?regions=35,99&services=16&due=perhaps'));
    expect(refused.faults.map(({ at, message }) => `${at} ${message}`)).toEqual([
      expect.stringMatching(/^\?regions\.1 there is no region "99": 35 is/),
      '?services.0 there is no service "16"',
      expect.stringMatching(/^\?due /),
    ]);
  });

  test('as CSV they have a line for each number and contact, quoted where they must be', async () => {
    const response = await gaps('?regions=35&services=15,17', 'text/csv');
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [head, ...lines] = response.text.trimEnd().split('\r\n');
    expect(head).toBe('what,region,service,contact,state,reason,number,owner,from,place,verified_at,verified_by');
    expect(lines[0]).toMatch(/^number,35,15,,ok,,01 00 00 00 15,"SAMU <b onclick=""x\(\)"">35<\/b> & ""others""",dep/);
    expect(lines[1]).toBe('number,35,17,,stale,never verified,01 00 00 00 17,"Zone, Rennes",region,R53,,');
    expect(lines[2]).toBe('contact,35,,on-call (webhook),stale,never verified,,Cell,,,,');
  });

  describe('as HTML', () => {
    let table: XmlElement;
    let document: XmlDocument;
    const text = (path: string) => table.find(path).map((node) => (node as XmlElement).content.trim());
    beforeAll(async () => {
      const response = await gaps('?regions=35&services=15,17,18,112', 'text/html');
      expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(response.headers['cache-control']).toBe('no-store');
      document = XmlDocument.fromString(response.text);
      table = document.root;
    });
    afterAll(() => document.dispose());

    test('R2: the state stands in words, with its reason, where the number came from, and who called when', () => {
      expect(text('//table[1]/tbody/tr/th')).toEqual(Array(4).fill('35 Ille-et-Vilaine'));
      expect(text('//table[1]/tbody/tr/td[2]')).toEqual(['ok', 'stale', 'fiction', 'missing']);
      expect(text('//table[1]/tbody/tr[2]/td')).toEqual([
        ...[
          '17',
          'stale',
          'never verified',
          '01 00 00 00 17',
          'Zone, Rennes',
          'Bretagne (administrative region)',
          'never',
        ],
      ]);
      expect(text('//table[1]/tbody/tr[1]/td[7]')[0]).toMatch(/^\d{4}-\d\d-\d\d by bo$/);
      expect(text('//table[1]/tbody/tr[1]/td[6]')).toEqual(['its own']);
      expect(text('//table[1]/tbody/tr[4]/td').slice(3)).toEqual(['', '', '', '']);
      expect(text('//ul[1]/li')).toEqual(['1 missing', '1 stale', '1 fiction', '0 grows stale', '1 ok']);
      expect(text('//ul[1]/li[@class="none"]')).toEqual(['0 grows stale']);
      expect(text('//section/p[1]')[0]).toMatch(/^Services 15, 17, 18, 112 in département 35\. As of /);
    });

    test('where nothing is listed it says whether that is good', async () => {
      const good = await gaps('?regions=35&services=15&due=true', 'text/html');
      expect(good.text).toContain('<p>Alternative numbers that a notice would print: nothing to do, 1 in order.</p>');
      const none = await gaps('?regions=29&services=15&due=true', 'text/html');
      expect(none.text).toContain('<p>Contacts and follow-up channels: there are none.</p>');
      expect((await gaps('?services=15&due=true', 'text/html')).text).toContain('in all 101 départements.');
    });

    test('on a narrow screen each cell has the heading of its column again', () => {
      const heads = text('//table[1]/thead/tr/th');
      for (const row of table.find('//table[1]/tbody/tr')) {
        const labels = row.find('td').map((cell) => (cell as XmlElement).attr('data-label')?.value);
        expect(labels.filter((label, i) => label !== undefined && label !== heads[i + 1])).toEqual([]);
        expect(labels[1]).toBe('State');
      }
    });

    test('it is a table for those who hear it: captions, and headings of columns and rows', () => {
      expect(text('//caption')).toEqual([
        'Alternative numbers that a notice would print',
        'Contacts and follow-up channels',
      ]);
      expect(table.find('//thead//th[not(@scope="col")] | //tbody//th[not(@scope="row")]')).toEqual([]);
      for (const nth of [1, 2]) {
        const columns = table.find(`(//table)[${nth}]/thead/tr/th`).length;
        for (const row of table.find(`(//table)[${nth}]/tbody/tr`)) expect(row.find('th | td')).toHaveLength(columns);
      }
    });

    test('what people typed is text there, never markup; addresses of contacts are not there', () => {
      expect(text('//table[1]/tbody/tr[1]/td[5]')).toEqual(['SAMU <b onclick="x()">35</b> & "others"']);
      expect(table.find('//tbody//b | //script | //*[@onclick]')).toEqual([]);
      expect(table.content).not.toContain('secret-path');
    });
  });

  describe('the page at /directory', () => {
    test('takes no key, holds nothing of the directory, and asks nothing of other hosts', async () => {
      const page = await api.bare('get', '/directory');
      expect(page.status).toBe(200);
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect(page.text).not.toMatch(/SAMU|https?:/);
      const links = [...page.text.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, link]) => link);
      expect(links).toEqual(['data:,', '/directory/page.js']);
    });

    test('is sound: every field has a label, every note its place, and no script stands in it', async () => {
      const { text } = await api.bare('get', '/directory');
      const document = XmlDocument.fromString(text.replace('<!DOCTYPE html>', ''));
      try {
        const { root } = document;
        const unlabelled = root.find('//input[not(ancestor::label)]');
        expect(unlabelled).toEqual([]);
        const ids = root.find('//@id').map((id) => (id as { value?: string }).value);
        expect(new Set(ids).size).toBe(ids.length);
        for (const note of root.find('//@aria-describedby')) expect(ids).toContain((note as { value?: string }).value);
        expect(root.find('//script[not(@src)] | //@onclick | //@style')).toEqual([]);
        expect(root.find('//html[@lang] | //title | //h1 | //main')).toHaveLength(4);
        expect(root.find('//input[@name="services"]')).toHaveLength(12);
        expect(root.find('//input[@name="services"][@checked]')).toHaveLength(4);
      } finally {
        document.dispose();
      }
    });

    test('has a script that is JavaScript, and keeps the key out of addresses and lasting stores', async () => {
      const { text, headers } = await api.bare('get', '/directory/page.js');
      expect(headers['content-type']).toMatch(/^text\/javascript/);
      expect(() => new Script(text)).not.toThrow();
      expect(text).not.toMatch(/localStorage|document\.cookie|https?:|eval/);
    });
  });
});

describe('places and test calls over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await apiFixture();
  });
  afterEach(() => api.close());

  test('R2: who decides for every département of a region tests its number, others do not', async () => {
    const at = new Date().toISOString();
    for (const region of ['R53', 'FR'])
      await api.as('operator', 'put', `/v1/directory/${region}/15`).send({ number: '02 61 91 00 53', owner: 'Zone' });
    const breton = await api.newKey({ person: 'zo', role: 'approver', regions: ['22', '29', '35', '56'] });
    const verify = (who: Parameters<ApiFixture['as']>[0], region: string) =>
      api.as(who, 'post', `/v1/directory/${region}/15/verifications`).send({ at });
    expect(problemOf(await verify('approver', 'R53'))).toMatchObject({ status: 403, code: 'outside_jurisdiction' });
    expect(problemOf(await verify(breton, 'FR'))).toMatchObject({ status: 403, code: 'outside_jurisdiction' });
    expect(problemOf(await verify(breton, 'R99'))).toMatchObject({ status: 403 });
    expect((await verify(breton, 'R53')).body).toMatchObject({ region: 'R53', verification: { by: 'zo', at } });
    expect((await verify('admin', 'FR')).status).toBe(201);
  });

  test('R2: a failed test call is recorded, and stands in the history', async () => {
    await api.as('operator', 'put', '/v1/directory/35/17').send({ number: '02 61 91 00 17', owner: 'DDSP 35' });
    const body = { at: new Date().toISOString(), number: '0261910017', answered: false, note: 'a bakery' };
    const failed = await api.as('approver', 'post', '/v1/directory/35/17/verifications').send(body);
    expect(failed.body).toMatchObject({ failedCall: { by: 'bo', note: 'a bakery' } });
    const { body: history } = await api.as('auditor', 'get', '/v1/directory/35/17/history');
    expect(history.items.map(({ act, by }: { act: string; by: string }) => [act, by])).toEqual([
      ['entered', 'ana'],
      ['test_call_failed', 'bo'],
    ]);
  });

  test('R2: a number that changes or fails after the submission is told to whoever approves', async () => {
    const audience = await prepared(api);
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const warnings = async () => {
      const { body } = await api.as('approver', 'get', `/v1/notices/${id}/preview`);
      const told = body.warnings as { code: string; at: string }[];
      return told.filter(({ code }) => /number|verification/.test(code)).map(({ code, at }) => `${code} ${at}`);
    };
    expect(await warnings()).toEqual([]);
    await api.as('operator', 'put', '/v1/directory/35/15').send({ number: '02 61 91 09 99', owner: 'SAMU 35' });
    const call = { at: new Date().toISOString(), answered: false };
    await api.as('approver', 'post', '/v1/directory/22/18/verifications').send(call);
    expect(await warnings()).toEqual([
      'failed_verification region 22, service 18',
      'number_changed region 35, service 15',
    ]);
  });

  test('R2: a file through the API proves no test call', async () => {
    const csv =
      'region,service,number,owner,verified_by,verified_at\n22,18,0261910018,SDIS 22,bo,2026-01-01T00:00:00Z\n';
    const imported = await api.as('operator', 'post', '/v1/directory/import').set('Content-Type', 'text/csv').send(csv);
    expect(imported.body).toEqual({ accepted: 1, rejected: [], testCallsLeftOut: 1 });
    expect((await api.as('operator', 'get', '/v1/directory/22/18')).body).not.toHaveProperty('verification');
  });

  test('a number that follows another is entered, listed and taken out again', async () => {
    const put = (body: object) => api.as('operator', 'put', '/v1/directory/22/15').send({ owner: 'SAMU 22', ...body });
    await put({ number: '02 61 91 00 22' });
    const next = { number: '02 61 91 01 22', validFrom: '2027-01-01T00:00:00Z' };
    expect(problemOf(await put(next))).toMatchObject({ status: 409, code: 'overlapping_validity' });
    await put({ number: '02 61 91 00 22', validUntil: '2027-01-01T00:00:00Z' });
    expect((await put(next)).status).toBe(200);
    const csv = await api.as('auditor', 'get', '/v1/directory?region=22').set('Accept', 'text/csv');
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(
      csv.text
        .split('\r\n')
        .slice(1, 3)
        .map((line) => line.split(',').slice(0, 6).join()),
    ).toEqual([
      '22,15,02 61 91 00 22,SAMU 22,,2027-01-01T00:00:00Z',
      '22,15,02 61 91 01 22,SAMU 22,2027-01-01T00:00:00Z,',
    ]);
    const path = '/v1/directory/22/15?validFrom=2027-01-01T01:00:00%2B01:00';
    const stale = await api.as('operator', 'delete', path).set('If-Match', '"1"');
    expect(problemOf(stale)).toMatchObject({ status: 412 });
    const left = await api.as('operator', 'delete', path);
    expect(left.body.items).toMatchObject([{ display: '02 61 91 00 22' }]);
    expect(problemOf(await api.as('operator', 'delete', path))).toMatchObject({ status: 404 });
  });

  test('R5: a contact is entered, tried by another person of its region, and shown to who has to reach it', async () => {
    const input = { kind: 'phone', address: '06 39 98 00 35', owner: 'Préfet de permanence', region: '35' };
    const entered = await api.as('operator', 'put', '/v1/contacts/prefet-35').send(input);
    expect(entered.body).toMatchObject({ id: 'prefet-35', address: '+33639980035', version: 1 });
    expect(problemOf(await api.as('approver', 'get', '/v1/contacts'))).toMatchObject({ status: 403 });
    expect((await api.as('approver', 'get', '/v1/contacts/prefet-35')).status).toBe(200);
    await api.as('operator', 'put', '/v1/contacts/cell').send({ ...input, region: 'FR' });
    expect(problemOf(await api.as('approver', 'get', '/v1/contacts/cell'))).toMatchObject({
      status: 403,
      code: 'outside_jurisdiction',
    });
    expect((await api.as('auditor', 'get', '/v1/contacts')).body.items).toHaveLength(2);
    const at = new Date().toISOString();
    const tried = await api.as('approver', 'post', '/v1/contacts/prefet-35/verifications').send({ at });
    expect(tried.body).toMatchObject({ verification: { by: 'bo', at }, version: 2 });
    const elsewhere = api.as('approver', 'post', '/v1/contacts/cell/verifications').send({ at });
    expect(problemOf(await elsewhere)).toMatchObject({ status: 403, code: 'outside_jurisdiction' });
    expect((await api.as('operator', 'delete', '/v1/contacts/cell')).body.items).toHaveLength(1);
    const { body: audit } = await api.as('auditor', 'get', '/v1/audit');
    expect(JSON.stringify(audit)).not.toContain('639980035');
  });
});
