/**
 * An alert as it came: out of its wrapper, in the structure of CAP 1.2, its signature checked as configured. Refuses
 * unknown, missing, repeated and misplaced elements; what the elements say is for reader.ts.
 */
import type { Fault } from '../errors.ts';
import { CAP_CHILDREN, CAP_NAMESPACE, type Children, SIGNATURE_NAMESPACE } from './elements.ts';
import { type SignatureRules, vouchedFor } from './signature.ts';
import { unwrapped } from './wrappers.ts';
import { type CapElement, readTree, refuse } from './xml-tree.ts';

const NOT_ASKED: SignatureRules = { mode: 'ignored', keys: [] };

/**
 * The alert, unwrapped. Throws `invalid/invalid_cap` with the line of every fault, `too-large/cap_too_large`, and the codes
 * of wrappers.ts and signature.ts.
 */
export function readAlert(xml: Uint8Array | string, signatures: SignatureRules = NOT_ASKED): CapElement {
  const root = readTree(xml);
  const alert = unwrapped(root);
  refuse(structureFaults(alert));
  return vouchedFor(xml, root, alert, signatures);
}

/** Unknown, missing, repeated and misplaced children, all the way down. */
function structureFaults(element: CapElement): Fault[] {
  if (!Object.hasOwn(CAP_CHILDREN, element.name)) return [];
  const table: Children = CAP_CHILDREN[element.name as keyof typeof CAP_CHILDREN];
  const faults: Fault[] = [];
  const counts = new Map<string, number>();
  let reached = 0;
  for (const child of element.children) {
    if (element.name === 'alert' && child.namespace === SIGNATURE_NAMESPACE) continue;
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
