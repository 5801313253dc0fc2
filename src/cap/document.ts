/**
 * Reads XML into plain elements with their lines and checks them against the table of CAP. Refuses documents with a
 * DOCTYPE (CAP has none, entity tricks need one), broken encodings and other namespaces; frees libxml2's memory.
 */
import { ParseOption, XmlDocument, XmlElement, XmlParseError } from 'libxml2-wasm';
import { type Fault, TocsinError } from '../errors.ts';
import { CAP_CHILDREN, CAP_NAMESPACE, type Children, EDXL_NAMESPACE } from './elements.ts';

/** An element with its children of the same namespace; `text` is trimmed. */
export interface CapElement {
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  readonly text: string;
  readonly children: readonly CapElement[];
}

const MAX_OCTETS = 1_000_000;
const MAX_DEPTH = 20;
/** Enveloped signatures are allowed at the end of an alert (CAP 1.2 §3.3.4.1). */
const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';

/** The alert, unwrapped. Throws `invalid/invalid_cap` with the line of every fault, `too-large/cap_too_large`. */
export function readAlert(xml: Uint8Array | string): CapElement {
  // A string is decoded already, whatever encoding its declaration names.
  const root = typeof xml === 'string' ? readRoot(Buffer.from(xml, 'utf8'), 'UTF-8') : readRoot(xml);
  const alert = root.namespace === EDXL_NAMESPACE ? unwrap(root) : root;
  if (alert.name !== 'alert' || alert.namespace !== CAP_NAMESPACE) {
    const found = `${alert.name} in namespace "${alert.namespace}"`;
    refuse([{ at: `line ${alert.line}`, message: `must be alert in namespace "${CAP_NAMESPACE}", is ${found}` }]);
  }
  refuse(structureFaults(alert));
  return alert;
}

/** Throws when there are faults. */
export function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new TocsinError('invalid', 'invalid_cap', 'This is no CAP 1.2 alert', { faults });
}

export function childrenOf(element: CapElement, name: string): CapElement[] {
  return element.children.filter((child) => child.name === name);
}

export function childOf(element: CapElement, name: string): CapElement | undefined {
  return element.children.find((child) => child.name === name);
}

function readRoot(xml: Uint8Array, encoding?: string): CapElement {
  if (xml.length > MAX_OCTETS) {
    throw new TocsinError('too-large', 'cap_too_large', `A CAP message may take ${MAX_OCTETS} octets at most`);
  }
  const document = parse(xml, encoding);
  try {
    if (document.dtd) refuse([{ at: 'line 1', message: 'must have no DOCTYPE: CAP needs none, entities are refused' }]);
    return plain(document.root, 0);
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

function plain(element: XmlElement, depth: number): CapElement {
  const { line } = element;
  if (depth > MAX_DEPTH) refuse([{ at: `line ${line}`, message: `is nested deeper than ${MAX_DEPTH} elements` }]);
  const children: CapElement[] = [];
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) children.push(plain(node, depth + 1));
  }
  const text = children.length === 0 ? element.content.trim() : '';
  return { name: element.name, namespace: element.namespaceUri, line, text, children };
}

/** EDXL carries any number of things; only exactly one alert leaves no doubt which is meant. */
function unwrap(root: CapElement): CapElement {
  const alerts = find(root, (element) => element.name === 'alert' && element.namespace === CAP_NAMESPACE);
  const [alert] = alerts;
  if (!alert || alerts.length > 1) {
    refuse([
      { at: `line ${root.line}`, message: `the EDXL wrapper must hold one CAP 1.2 alert, holds ${alerts.length}` },
    ]);
  }
  const wrapped = childOf(root, 'distributionStatus');
  const own = alert && childOf(alert, 'status');
  if (wrapped && own && wrapped.text !== own.text) {
    const message = `distributionStatus is ${wrapped.text}, but the alert's status is ${own.text}`;
    refuse([{ at: `line ${wrapped.line}`, message }]);
  }
  return alert ?? root;
}

function find(element: CapElement, matches: (element: CapElement) => boolean): CapElement[] {
  return matches(element) ? [element] : element.children.flatMap((child) => find(child, matches));
}

/** Unknown, missing, repeated and misplaced children, all the way down. */
function structureFaults(element: CapElement): Fault[] {
  if (!Object.hasOwn(CAP_CHILDREN, element.name)) return [];
  const table: Children = CAP_CHILDREN[element.name as keyof typeof CAP_CHILDREN];
  const faults: Fault[] = [];
  const counts = new Map<string, number>();
  let reached = 0;
  for (const child of element.children) {
    if (child.namespace === SIGNATURE_NAMESPACE) continue;
    const at = `line ${child.line}`;
    const position = child.namespace === CAP_NAMESPACE ? table.findIndex(([name]) => name === child.name) : -1;
    if (position === -1) {
      faults.push({ at, message: `${child.name} is no child of ${element.name}` });
      continue;
    }
    if (position < reached) faults.push({ at, message: `${child.name} must come before ${table[reached]?.[0]}` });
    reached = Math.max(reached, position);
    counts.set(child.name, (counts.get(child.name) ?? 0) + 1);
    faults.push(...structureFaults(child));
  }
  for (const [name, occurs] of table) {
    const count = counts.get(name) ?? 0;
    const at = `line ${element.line}`;
    if (count === 0 && (occurs === 'one' || occurs === 'some')) {
      faults.push({ at, message: `${element.name} must have ${name}` });
    }
    if (count > 1 && (occurs === 'one' || occurs === 'optional')) {
      faults.push({ at, message: `${element.name} must have one ${name} only` });
    }
  }
  return faults;
}
