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
  expect(texts(alert, 'language')).toEqual(['fr-FR']);
  expect(texts(alert, 'category')).toEqual(['Infra']);
  expect(texts(alert, 'scope')).toEqual(['Public']);
  expect(texts(alert, 'references')).toEqual(['a,b,2021-06-02T15:00:00-00:00 c,d,2021-06-02T14:00:00-00:00']);
  expect(
    everyElement(alert)
      .find(({ name }) => name === 'eventCode')
      ?.children.map(({ text }) => text),
  ).toEqual(['OET:v1.2', 'OET-074']);
  expect(texts(alert, 'areaDesc')).toEqual(['Ille-et-Vilaine', 'Finistère']);
  const geocodes = everyElement(alert).filter(({ name }) => name === 'geocode');
  expect(geocodes.map(({ children }) => children.map(({ text }) => text))).toEqual([
    ['INSEE:DEP', '35'],
    ['INSEE:DEP', '29'],
  ]);
});

test('names the alternative numbers for other systems, each once', () => {
  const parameters = everyElement(parse(toCap(full()))).filter(({ name }) => name === 'parameter');
  const values = parameters.map(({ children }) => children.map(({ text }) => text).join(' = '));
  expect(values.filter((value) => value.startsWith('tocsin:alternativeNumber'))).toEqual([
    'tocsin:alternativeNumber = 35 15 +33261910035',
    'tocsin:alternativeNumber = 35 17 +33261910036',
    'tocsin:alternativeNumber = 35 18 +33261910037',
    'tocsin:alternativeNumber = 35 112 +33261910035',
  ]);
});

test.each([
  ['2021-06-02T15:05:00Z', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00.123Z', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00+00:00', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T15:05:00-00:00', '2021-06-02T15:05:00-00:00'],
  ['2021-06-02T17:05:00+02:00', '2021-06-02T17:05:00+02:00'],
  ['2021-06-02T19:05+04:00', '2021-06-02T19:05:00+04:00'],
])('%s is written %s', (from, to) => {
  expect(toCapTime(from)).toBe(to);
  expect(Date.parse(to)).toBe(Math.floor(Date.parse(from) / 1_000) * 1_000);
});

test.each([
  ['a short notice', noticeOf()],
  ['a full one', full()],
  ['a cancel', noticeOf({ msgType: 'Cancel', references: ['a,b,2021-06-02T15:00:00-00:00'] })],
])('%s comes back as it went out', (_, notice) => {
  const { scope, state, author, editors, createdAt, decisions, timings, renderings, ...input } = notice;
  expect([scope, state, author, editors, createdAt, decisions, timings, renderings].length).toBe(8);
  expect(fromCap(toCap(notice))).toEqual(input);
});

test('a message from elsewhere goes out with what it came with', () => {
  const input = fromCap(CAP_MESSAGE);
  const notice = { ...noticeOf(), ...input, event: input.event ?? '', waivers: [] } as Notice;
  expect(fromCap(toCap(notice))).toEqual(input);
});
