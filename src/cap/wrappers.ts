/**
 * What alerts travel in: EDXL Distribution Elements, SOAP envelopes, Atom entries. Gives the one alert inside; refuses
 * wrappers with none or several, with a status that is not the alert's, or with a mere link to one.
 */
import { ATOM_NAMESPACE, CAP_NAMESPACE, EDXL_NAMESPACES, OLD_CAP_VERSIONS, SOAP_NAMESPACES } from './elements.ts';
import { type CapElement, findAll, refuseAt } from './xml-tree.ts';

const isAlert = ({ name, namespace }: CapElement): boolean => name === 'alert' && namespace === CAP_NAMESPACE;

/** The alert of a document. Throws `invalid/invalid_cap`, `invalid/unsupported_cap_version`. */
export function unwrapped(root: CapElement): CapElement {
  if (isAlert(root)) return root;
  const wrapper = wrapperOf(root);
  for (const element of findAll(root, ({ name, namespace }) => name === 'alert' && namespace in OLD_CAP_VERSIONS)) {
    const version = OLD_CAP_VERSIONS[element.namespace];
    const message = `is CAP ${version}; send CAP 1.2, with elements in namespace "${CAP_NAMESPACE}"`;
    refuseAt(element.line, message, 'unsupported_cap_version', 'This is an alert of another version of CAP');
  }
  if (wrapper === undefined) {
    const found = `${root.name} in namespace "${root.namespace}"`;
    refuseAt(root.line, `must be alert in namespace "${CAP_NAMESPACE}", is ${found}`);
  }
  const [alert, second] = findAll(root, isAlert);
  if (alert === undefined) return refuseEmpty(root, wrapper);
  if (second !== undefined) {
    refuseAt(second.line, `is a second alert in one ${wrapper}: send them one by one`);
  }
  refuseOtherStatus(root, alert);
  return alert;
}

function wrapperOf({ name, namespace }: CapElement): string | undefined {
  if (EDXL_NAMESPACES.includes(namespace) && name === 'EDXLDistribution') return 'EDXL wrapper';
  if (SOAP_NAMESPACES.includes(namespace) && name === 'Envelope') return 'SOAP envelope';
  if (namespace === ATOM_NAMESPACE && name === 'entry') return 'Atom entry';
  if (namespace === ATOM_NAMESPACE && name === 'feed') return 'Atom feed';
  return undefined;
}

function refuseEmpty(root: CapElement, wrapper: string): never {
  const fault = findAll(root, ({ name, namespace }) => name === 'Fault' && SOAP_NAMESPACES.includes(namespace))[0];
  if (fault) refuseAt(fault.line, 'is a SOAP fault: there is no alert in it');
  if (root.namespace === ATOM_NAMESPACE) {
    refuseAt(root.line, `the ${wrapper} only links to alerts: nothing is fetched here, send the alert itself`);
  }
  refuseAt(root.line, `the ${wrapper} holds no CAP 1.2 alert`);
}

/** An exercise in a wrapper that says Actual, or the other way round, is a mistake somewhere (R6). */
function refuseOtherStatus(root: CapElement, alert: CapElement): void {
  const own = alert.children.find(({ name }) => name === 'status')?.text;
  const isStatus = ({ name, namespace }: CapElement) =>
    EDXL_NAMESPACES.includes(namespace) && name.toLowerCase() === 'distributionstatus';
  for (const wrapped of findAll(root, isStatus)) {
    const stated = statusIn(wrapped);
    if (stated === own) continue;
    refuseAt(wrapped.line, `${wrapped.name} is ${stated}, but the alert's status is ${own}`);
  }
}

/** A text in DE 1.0, a list's URI and a value of it in DE 2.0 (§3.2.3). */
function statusIn(element: CapElement): string {
  const value = findAll(element, ({ name, children }) => name === 'Value' && children.length === 0)[0];
  return (value ?? element).text;
}
