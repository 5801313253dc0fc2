import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { fromCap } from '../../src/cap/reader.ts';
import { toCap, toCapTime } from '../../src/cap/writer.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { render } from '../../src/templates/render.ts';
import { noticeOf, templates } from '../notices/samples.ts';
import { inputOf as renderInput } from '../templates/samples.ts';
import { CAP_MESSAGE } from './messages.ts';

/** Written from the text of CAP 1.2 §3.2, apart from the table that the code uses. */
const ORDER: Record<string, string> = {
  alert: 'identifier sender sent status msgType source scope restriction addresses code note references incidents info',
  info:
    'language category event responseType urgency severity certainty audience eventCode effective onset expires ' +
    'senderName headline description instruction web contact parameter resource area',
  area: 'areaDesc polygon circle geocode altitude ceiling',
  parameter: 'valueName value',
  geocode: 'valueName value',
  eventCode: 'valueName value',
};
const REQUIRED: Record<string, string> = {
  alert: 'identifier sender sent status msgType scope',
  info: 'category event urgency severity certainty',
  area: 'areaDesc',
};

interface Plain {
  readonly name: string;
  readonly text: string;
  readonly children: Plain[];
}

function parse(xml: string): Plain {
  const document = XmlDocument.fromString(xml);
  const plain = (element: XmlElement): Plain => {
    const children: Plain[] = [];
    for (let node = element.firstChild; node; node = node.next) {
      if (node instanceof XmlElement) children.push(plain(node));
    }
    expect(element.namespaceUri).toBe('urn:oasis:names:tc:emergency:cap:1.2');
    return { name: element.name, text: element.content, children };
  };
  const root = plain(document.root);
  document.dispose();
  return root;
}

function everyElement(element: Plain): Plain[] {
  return [element, ...element.children.flatMap(everyElement)];
}

const texts = (element: Plain, name: string): string[] =>
  everyElement(element)
    .filter((one) => one.name === name)
    .map(({ text }) => text);

const full = (): Notice =>
  noticeOf({
    msgType: 'Update',
    references: ['a,b,2021-06-02T15:00:00-00:00', 'c,d,2021-06-02T14:00:00-00:00'],
    followsUp: 'n0',
    headline: 'Numéros <d\'urgence> & "secours"',
    description: 'Première ligne.\nSeconde ligne, 50 % & plus ]]>.',
    parameters: { advice: 'Restez calmes.' },
    route: 'exercise',
    inDoubt: 'hold',
    expires: '2021-06-02T23:00:00+02:00',
    renderings: [render(renderInput(templates)), render(renderInput(templates, { language: 'en' }))],
  });

test.each([
  ['a short notice', noticeOf()],
  ['a full one', full()],
])('the children of %s are in the order of CAP, and none that is required is missing', (_, notice) => {
  for (const { name, children } of everyElement(parse(toCap(notice)))) {
    const names = children.map((child) => child.name);
    const order = ORDER[name]?.split(' ') ?? [];
    expect(names).toEqual([...names].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    for (const child of names) expect(order).toContain(child);
    for (const required of REQUIRED[name]?.split(' ') ?? []) expect(names).toContain(required);
  }
});

test('says what it is in the terms of CAP', () => {
  const alert = parse(toCap(full()));
  expect(texts(alert, 'language')).toEqual(['fr-FR', 'en']);
  expect(texts(alert, 'category')).toEqual(['Infra', 'Infra']);
  expect(texts(alert, 'scope')).toEqual(['Public']);
  expect(texts(alert, 'references')).toEqual(['a,b,2021-06-02T15:00:00-00:00 c,d,2021-06-02T14:00:00-00:00']);
  const pairs = (name: string) =>
    everyElement(alert)
      .filter((element) => element.name === name)
      .map(({ children }) => children.map(({ text }) => text));
  // CAP 1.2 §3.2.2: all infos share category and eventCode.
  expect(pairs('eventCode')).toEqual([
    ['OET:v1.2', 'OET-074'],
    ['OET:v1.2', 'OET-074'],
  ]);
  expect(texts(alert, 'areaDesc')).toEqual(['Ille-et-Vilaine', 'Finistère', 'Ille-et-Vilaine', 'Finistère']);
  expect(pairs('geocode').slice(0, 2)).toEqual([
    ['INSEE:DEP', '35'],
    ['INSEE:DEP', '29'],
  ]);
});

describe('the info of each language', () => {
  const infos = (xml: string) => parse(xml).children.filter(({ name }) => name === 'info');
  const [french, english] = infos(toCap(full(), { templates }));

  test('has its own words, the French ones those of the author', () => {
    expect([texts(french!, 'event'), texts(french!, 'headline')]).toEqual([
      ["Numéros d'urgence difficiles à joindre"],
      ['Numéros <d\'urgence> & "secours"'],
    ]);
    const { title } = templates.get('emergency-numbers-hard-to-reach').wordings.en!;
    expect([texts(english!, 'event'), texts(english!, 'headline')]).toEqual([[title], []]);
  });

  test('R10, R16: holds the exact text of each region in that language', () => {
    const [fr, en] = full().renderings!;
    const sent = (info: Plain) =>
      everyElement(info)
        .filter(({ name, children }) => name === 'parameter' && children[0]?.text.startsWith('tocsin:text:'))
        .map(({ children }) => children.map(({ text }) => text));
    expect(sent(french!)).toEqual([['tocsin:text:35', fr!.text]]);
    expect(sent(english!)).toEqual([['tocsin:text:35', en!.text]]);
  });

  test('instructs with the text where it is the same in all regions, and with none where they differ', () => {
    const [fr] = full().renderings!;
    expect(texts(french!, 'instruction')).toEqual([fr!.text]);
    const differing = { ...full(), renderings: [fr!, { ...fr!, region: '29', text: 'Autre texte' }] };
    expect(texts(infos(toCap(differing))[0]!, 'instruction')).toEqual([]);
  });

  test('comes once for all groups that are sent it: a wording stands in for languages that have none', () => {
    const [fr] = full().renderings!;
    const xml = toCap({ ...full(), renderings: [fr!, { ...fr!, language: 'br' }] });
    expect(texts(parse(xml), 'language')).toEqual(['fr-FR']);
    expect(xml.match(/tocsin:text:35/g)).toHaveLength(1);
  });

  test('has the event code of the template', () => {
    const disruption = { find: () => ({ ...templates.get('end'), eventCode: 'OET-045' }) };
    const xml = toCap(full(), { templates: disruption });
    expect(xml.match(/OET-045/g)).toHaveLength(2);
    expect(xml).not.toContain('OET-074');
  });
});

test('a cancel asks to do nothing more', () => {
  const cancel = noticeOf({ msgType: 'Cancel', references: ['a,b,2021-06-02T15:00:00-00:00'] });
  expect(texts(parse(toCap(cancel)), 'responseType')).toEqual(['AllClear']);
  expect(texts(parse(toCap(full())), 'responseType')).toEqual([]);
});

test('R19: what is for everybody names neither audience nor route', () => {
  const [mine, everybody] = [toCap(full()), toCap(full(), { forPublic: true })];
  for (const name of ['tocsin:audience', 'tocsin:route', 'tocsin:inDoubt', 'tocsin:followsUp']) {
    expect(mine).toContain(name);
    expect(everybody).not.toContain(name);
  }
  expect(everybody).toContain('tocsin:alternativeNumber');
});

test('R2: names the alternative numbers for other systems, each once, with the time of their test call', () => {
  const parameters = everyElement(parse(toCap(full()))).filter(({ name }) => name === 'parameter');
  const values = parameters.map(({ children }) => children.map(({ text }) => text).join(' = '));
  expect(values.filter((value) => value.startsWith('tocsin:alternativeNumber'))).toEqual([
    'tocsin:alternativeNumber = 35 15 +33261910035 2021-05-20T09:00:00-00:00',
    'tocsin:alternativeNumber = 35 17 +33261910036 2021-05-20T09:00:00-00:00',
    'tocsin:alternativeNumber = 35 18 +33261910037 2021-05-20T09:00:00-00:00',
    'tocsin:alternativeNumber = 35 112 +33261910035 2021-05-20T09:00:00-00:00',
  ]);
});

test.each([
  ['2021-06-02T15:05:00Z', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00.123Z', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00+00:00', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00-00:00', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T17:05:00+02:00', '2021-06-02T17:05:00+02:00'],
  ['2021-06-02T19:05+04:00', '2021-06-02T19:05:00+04:00'],
  // XML Schema has no offset beyond 14 hours.
  ['2021-06-02T19:05:00+15:30', '2021-06-02T03:35:00-00:00'],
])('%s is written %s', (from, to) => {
  expect(toCapTime(from)).toBe(to);
  expect(Date.parse(to)).toBe(Math.floor(Date.parse(from) / 1_000) * 1_000);
});

test.each([
  ['a short notice', noticeOf()],
  ['a full one', full()],
  ['a cancel', noticeOf({ msgType: 'Cancel', references: ['a,b,2021-06-02T15:00:00-00:00'] })],
])('%s comes back as it went out', async (_, notice) => {
  const { scope, state, author, editors, createdAt, decisions, timings, renderings, ...input } = notice;
  expect([scope, state, author, editors, createdAt, decisions, timings, renderings].length).toBe(8);
  expect(await fromCap(toCap(notice))).toEqual(input);
});

test('a message from elsewhere goes out with what it came with', async () => {
  const input = await fromCap(CAP_MESSAGE);
  const notice = { ...noticeOf(), ...input, event: input.event ?? '', waivers: [] } as Notice;
  expect(await fromCap(toCap(notice))).toEqual(input);
});
