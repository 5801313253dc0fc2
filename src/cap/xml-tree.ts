/**
 * Reads XML into plain elements with their lines. Refuses documents with a DOCTYPE (CAP has none, entity tricks need
 * one), broken encodings, and what is larger or deeper than any alert; frees libxml2's memory.
 */
import { ParseOption, XmlDocument, XmlElement, XmlParseError } from 'libxml2-wasm';
import { type Fault, TocsinError } from '../errors.ts';
import { SIGNATURE_NAMESPACE } from './elements.ts';

/** An element with its child elements; `text` is trimmed, and empty where there are children. */
export interface CapElement {
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  readonly text: string;
  readonly children: readonly CapElement[];
  /** Of signatures only: CAP has no attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const MAX_OCTETS = 1_000_000;
const MAX_DEPTH = 20;
/** A national alert with all its regions in twelve languages has half of these. */
const MAX_ELEMENTS = 20_000;
const MAX_FAULTS = 50;

/** Throws when there are faults; those beyond fifty are counted only. */
export function refuse(faults: readonly Fault[], code = 'invalid_cap', message = 'This is no CAP 1.2 alert'): void {
  if (faults.length === 0) return;
  const more = faults.length - MAX_FAULTS;
  const told = more > 0 ? [...faults.slice(0, MAX_FAULTS), { at: '', message: `and ${more} more faults` }] : faults;
  throw new TocsinError('invalid', code, message, { faults: told });
}

/** As `refuse`, for one fault that nothing can go on after. */
export function refuseAt(line: number, message: string, code?: string, title?: string): never {
  refuse([{ at: `line ${line}`, message }], code, title);
  throw new Error('a fault is always refused');
}

export function childrenOf(element: CapElement, name: string): CapElement[] {
  return element.children.filter((child) => child.name === name);
}

export function childOf(element: CapElement, name: string): CapElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** Every element at or under `element` that matches, none inside another match. */
export function findAll(element: CapElement, matches: (element: CapElement) => boolean): CapElement[] {
  return matches(element) ? [element] : element.children.flatMap((child) => findAll(child, matches));
}

/** The whole document as a tree. Throws `invalid/invalid_cap` with the line, `too-large/cap_too_large`. */
export function readTree(xml: Uint8Array | string): CapElement {
  return withDocument(xml, (document) => plainTree(document.root));
}

/** What `use` makes of the parsed document, which lives as long as that only. */
export function withDocument<T>(xml: Uint8Array | string, use: (document: XmlDocument) => T): T {
  // A string is decoded already, whatever encoding its declaration names.
  const bytes = typeof xml === 'string' ? Buffer.from(xml, 'utf8') : xml;
  if (bytes.length > MAX_OCTETS) {
    throw new TocsinError('too-large', 'cap_too_large', `A CAP message may take ${MAX_OCTETS} octets at most`);
  }
  const document = parse(bytes, typeof xml === 'string' ? 'UTF-8' : undefined);
  try {
    if (document.dtd) refuse([{ at: 'line 1', message: 'must have no DOCTYPE: CAP needs none, entities are refused' }]);
    return use(document);
  } finally {
    document.dispose();
  }
}

function parse(xml: Uint8Array, encoding: string | undefined): XmlDocument {
  const option = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES;
  try {
    return XmlDocument.fromBuffer(xml, { option, ...(encoding === undefined ? {} : { encoding }) });
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const faults = error.details.map(({ line, message }) => ({ at: `line ${line}`, message: message.trim() }));
    refuse(faults.length > 0 ? faults : [{ at: 'line 1', message: 'is no XML' }]);
    throw error;
  }
}

function plainTree(root: XmlElement): CapElement {
  let elements = 0;
  const plain = (element: XmlElement, depth: number): CapElement => {
    const { line, namespaceUri: namespace } = element;
    elements += 1;
    if (elements > MAX_ELEMENTS) refuseAt(line, `is element ${MAX_ELEMENTS + 1}: no alert has so many`);
    if (depth > MAX_DEPTH) refuseAt(line, `is nested deeper than ${MAX_DEPTH} elements`);
    const children: CapElement[] = [];
    for (let node = element.firstChild; node !== null; node = node.next) {
      if (node instanceof XmlElement) children.push(plain(node, depth + 1));
    }
    const text = children.length === 0 ? element.content.trim() : '';
    const attributes = namespace === SIGNATURE_NAMESPACE ? { attributes: attributesOf(element) } : {};
    return { name: element.name, namespace, line, text, children, ...attributes };
  };
  return plain(root, 0);
}

function attributesOf(element: XmlElement): Record<string, string> {
  return Object.fromEntries(element.attrs.map(({ name, value }) => [name, value]));
}
