import type { Notice } from '../../src/notices/notice.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { newNotice, prepared, submitNotice } from './notice-steps.ts';

type Body = Notice & { id: string; remarks?: string[] };

describe('CAP messages about notices of ours, over HTTP', () => {
  let api: ApiFixture;
  let audience: string;
  let first: Body;
  beforeAll(async () => {
    api = await apiFixture();
    audience = await prepared(api);
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    first = (await api.as('operator', 'get', `/v1/notices/${id}`)).body as Body;
  });
  afterAll(() => api.close());

  const send = (identifier: string, references: string, body = '') =>
    api
      .as('operator', 'post', '/v1/notices')
      .set('Content-Type', 'application/cap+xml')
      .send(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>${identifier}</identifier><sender>cogic@example.org</sender><sent>2021-06-02T18:00:00+02:00</sent>
<status>Exercise</status><msgType>Cancel</msgType><scope>Public</scope><references>${references}</references>
${body}</alert>`);
  const nameOf = ({ sender, identifier, sent }: Notice) => `${sender},${identifier},${sent}`;

  test('a Cancel without an info becomes the all-clear of the notice that it names', async () => {
    const response = await send('C-1', nameOf(first));
    expect(response.status).toBe(201);
    const { followsUp, template, regions, audience: to, remarks } = response.body as Body;
    expect({ followsUp, template, regions, to }).toEqual({
      followsUp: first.id,
      template: 'end',
      regions: ['22', '35'],
      to: audience,
    });
    expect(remarks).toBeUndefined();
  });

  test('a reference to a message that is not known is taken and told', async () => {
    const response = await send('C-2', `${nameOf(first)} cogic@example.org,C-0,2021-06-02T17:00:00+02:00`);
    expect(response.status).toBe(201);
    expect((response.body as Body).remarks).toEqual([
      'cogic@example.org,C-0,2021-06-02T17:00:00+02:00: there is no such notice here',
    ]);
  });

  test('a reference to a message that came in as CAP is known', async () => {
    const { remarks = [] } = (await send('C-3', 'cogic@example.org,C-1,2021-06-02T18:00:00+02:00', INFO(audience)))
      .body as Body;
    expect(remarks).toEqual([expect.stringMatching(/^cogic@example\.org,C-1,.*notice "cap-.*" was not submitted/)]);
  });

  test('a Cancel of a message that is not known, without an info, is refused with its line', async () => {
    const problem = problemOf(await send('C-4', 'cogic@example.org,C-0,2021-06-02T17:00:00+02:00'));
    expect(problem).toMatchObject({ status: 422, code: 'invalid_cap' });
    expect(problem.faults).toContainEqual({ at: 'line 1', message: expect.stringMatching(/must have an info/) });
  });
});

const INFO = (audience: string) => `<info><category>Infra</category><event>x</event><urgency>Past</urgency>
<severity>Minor</severity><certainty>Observed</certainty><expires>2098-12-31T00:00:00-00:00</expires>
<parameter><valueName>tocsin:audience</valueName><value>${audience}</value></parameter>
<parameter><valueName>tocsin:service</valueName><value>15</value></parameter>
<area><areaDesc>x</areaDesc><geocode><valueName>INSEE:DEP</valueName><value>35</value></geocode></area></info>`;
