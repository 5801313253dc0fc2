import fc from 'fast-check';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { atomFeed } from '../../src/cap/feed.ts';
import type { PublicAlert } from '../../src/cap/public-alerts.ts';

const ATOM = 'http://www.w3.org/2005/Atom';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const LAUNCHED = Date.UTC(2021, 5, 2, 15, 10);

const alertOf = (changes: Partial<PublicAlert> = {}): PublicAlert => ({
  ...{ id: 'n1', identifier: 'n1', sender: 'tocsin.example', sent: '2021-06-02T15:05:00-00:00' },
  ...{ status: 'Actual', msgType: 'Alert', event: "Numéros d'urgence difficiles à joindre", regions: ['35', '29'] },
  ...{ launchedMs: LAUNCHED, updatedMs: LAUNCHED + 60_000, expiresMs: LAUNCHED + 3_600_000 },
  ...changes,
});

/** What RFC 4287 §4.1 asks of a feed and its entries, by name: how often each may come. */
const RULES: Record<string, Record<string, [least: number, most: number]>> = {
  feed: { id: [1, 1], title: [1, 1], updated: [1, 1], author: [1, 9], link: [1, 9], entry: [0, 999] },
  entry: {
    ...{ id: [1, 1], title: [1, 1], updated: [1, 1], published: [0, 1], author: [0, 9], category: [0, 9] },
    ...{ summary: [0, 1], link: [1, 9] },
  },
};

interface Plain {
  readonly name: string;
  readonly text: string;
  readonly attributes: Record<string, string>;
  readonly children: Plain[];
}

function parsed(xml: string): Plain {
  const document = XmlDocument.fromString(xml);
  const plain = (element: XmlElement): Plain => {
    expect(element.namespaceUri).toBe(ATOM);
    const children: Plain[] = [];
    for (let node = element.firstChild; node; node = node.next) {
      if (node instanceof XmlElement) children.push(plain(node));
    }
    const attributes = Object.fromEntries(element.attrs.map(({ name, value }) => [name, value]));
    return { name: element.name, text: element.content, attributes, children };
  };
  const root = plain(document.root);
  document.dispose();
  return root;
}

function requireValid(element: Plain): void {
  const rules = RULES[element.name] ?? {};
  const names = element.children.map(({ name }) => name);
  for (const name of names) expect(Object.keys(rules)).toContain(name);
  for (const [name, [least, most]] of Object.entries(rules)) {
    const count = names.filter((one) => one === name).length;
    expect([name, count >= least && count <= most]).toEqual([name, true]);
  }
  const textOf = (name: string) => element.children.find((child) => child.name === name)?.text ?? '';
  expect(textOf('updated')).toMatch(TIME);
  expect(new URL(textOf('id')).protocol).toBe('urn:');
  for (const entry of element.children.filter(({ name }) => name === 'entry')) requireValid(entry);
}

const child = (element: Plain, name: string) => element.children.find((one) => one.name === name)!;
const entriesOf = (xml: string) => parsed(xml).children.filter(({ name }) => name === 'entry');

test('an entry says what, where and when, and links to its document', () => {
  const { xml, updatedMs } = atomFeed([alertOf()], 'Actual');
  const feed = parsed(xml);
  requireValid(feed);
  expect(updatedMs).toBe(LAUNCHED + 60_000);
  expect(child(feed, 'updated').text).toBe('2021-06-02T15:11:00Z');
  const entry = child(feed, 'entry');
  expect(child(entry, 'title').text).toBe("Alerte : Numéros d'urgence difficiles à joindre");
  expect(child(entry, 'summary').text).toBe('Ille-et-Vilaine, Finistère');
  expect(child(entry, 'published').text).toBe('2021-06-02T15:10:00Z');
  expect(child(entry, 'updated').text).toBe('2021-06-02T15:11:00Z');
  expect(child(entry, 'category').attributes).toEqual({ term: 'Alert' });
  const { href, type } = child(entry, 'link').attributes;
  expect(type).toBe('application/cap+xml');
  expect(new URL(href!, 'https://tocsin.example/v1/cap/feed').pathname).toBe('/v1/cap/alerts/n1.xml');
});

test('an empty feed is a valid one, the same each time', () => {
  const empty = atomFeed([], 'Actual');
  requireValid(parsed(empty.xml));
  expect(empty).toEqual({ xml: atomFeed([], 'Actual').xml, updatedMs: 0 });
});

test('R6: exercises and tests say so in every title', () => {
  for (const [status, word] of [
    ['Exercise', /^EXERCICE – /],
    ['Test', /^TEST – /],
  ] as const) {
    const feed = parsed(atomFeed([alertOf({ status })], status).xml);
    expect(child(feed, 'title').text).toMatch(word);
    expect(child(child(feed, 'entry'), 'title').text).toMatch(word);
    expect(child(feed, 'link').attributes.href).toBe(`feed?status=${status}`);
  }
});

test('a headline goes before the event, and an end is called one', () => {
  const [entry] = entriesOf(atomFeed([alertOf({ msgType: 'Cancel', headline: 'Tout est rétabli' })], 'Actual').xml);
  expect(child(entry!, 'title').text).toBe('Fin d’alerte : Tout est rétabli');
});

test('the id of an entry stays with its message: it is another for another sender, identifier or time', () => {
  const idOf = (changes: Partial<PublicAlert>) =>
    child(entriesOf(atomFeed([alertOf(changes)], 'Actual').xml)[0]!, 'id').text;
  const id = idOf({});
  expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(idOf({ updatedMs: 0, regions: ['35'], id: 'n9' })).toBe(id);
  const others = [{ sender: 'x' }, { identifier: 'x' }, { sent: 'x' }].map(idOf);
  expect(new Set([id, ...others]).size).toBe(4);
});

test('whatever an alert holds, the feed is valid', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, text, text, (id, headline, event, sender) => {
      requireValid(parsed(atomFeed([alertOf({ id, headline, event, sender })], 'Actual').xml));
    }),
    { numRuns: 200 },
  );
});
