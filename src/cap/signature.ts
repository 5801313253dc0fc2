/**
 * The XML signature of an alert (CAP 1.2 §3.3.4.1), checked against the keys that may speak for its sender. What the
 * notice is read from afterwards are the signed bytes, never the document around them; a key that comes in the message is
 * not looked at. Refuses all but one enveloped signature over the whole alert, and SHA-1.
 */
import type { KeyObject } from 'node:crypto';
import { type XmlDocument, XmlElement } from 'libxml2-wasm';
import { SignedXml } from 'xml-crypto';
import { CAP_NAMESPACE, SIGNATURE_NAMESPACE } from './elements.ts';
import { type CapElement, childOf, findAll, readTree, refuseAt, withDocument } from './xml-tree.ts';

export interface TrustedKey {
  /** Where it was configured, for the log and for faults. */
  readonly name: string;
  /** CAP senders that it may speak for. */
  readonly senders: readonly string[];
  /** RSA, public. */
  readonly key: KeyObject;
  /** ms since epoch, of a certificate. */
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
}

export interface SignatureRules {
  /** `verified`: whoever has a key here must sign; `required`: nobody else is read. */
  readonly mode: 'ignored' | 'verified' | 'required';
  readonly keys: readonly TrustedKey[];
  /** ms since epoch. */
  readonly now?: () => number;
}

const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const CANONICAL = [C14N, `${C14N}#WithComments`, EXCLUSIVE_C14N, `${EXCLUSIVE_C14N}WithComments`];
const SIGNING = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
];
const DIGESTS = ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'];
/** Each must be there once in a signature: a second one could be read in the place of the first. */
const ONCE = [
  ...['SignedInfo', 'CanonicalizationMethod', 'SignatureMethod', 'SignatureValue'],
  ...['Reference', 'DigestMethod', 'DigestValue'],
];
/** Libxml2's number for exclusive canonicalization. */
const EXCLUSIVE = 1;

const isSignature = ({ name, namespace }: CapElement): boolean =>
  name === 'Signature' && namespace === SIGNATURE_NAMESPACE;

const refuseSignature = (line: number, message: string): never =>
  refuseAt(line, message, 'untrusted_signature', 'The signature of this alert cannot be relied on');

/**
 * The alert as its signature vouches for it, with the lines of the document; as it came where rules ask no more.
 * `root` is the whole document that `alert` is in. Throws `invalid` with `missing_signature` or `untrusted_signature`.
 */
export function vouchedFor(
  xml: Uint8Array | string,
  root: CapElement,
  alert: CapElement,
  rules: SignatureRules,
): CapElement {
  const sender = childOf(alert, 'sender')?.text ?? '';
  const known = rules.keys.filter(({ senders }) => senders.includes(sender));
  // Whoever has a key here must use it, or a forger would only have to leave the signature out.
  const mustSign = rules.mode === 'required' || (rules.mode === 'verified' && known.length > 0);
  if (!mustSign) return alert;
  const [signature, second] = findAll(root, isSignature);
  if (signature === undefined) {
    refuseAt(alert.line, `must be signed by "${sender}"`, 'missing_signature', 'This alert is not signed');
  }
  if (second !== undefined) refuseSignature(second.line, 'is a second signature: which one counts?');
  if (!alert.children.includes(signature))
    refuseSignature(signature.line, 'must be a child of the alert that it signs');
  refuseShape(signature);
  if (known.length === 0) refuseSignature(signature.line, `there is no key that may speak for sender "${sender}"`);
  const nowMs = (rules.now ?? Date.now)();
  const valid = known.filter(
    ({ validFromMs = nowMs, validUntilMs = nowMs }) => validFromMs <= nowMs && nowMs <= validUntilMs,
  );
  if (valid.length === 0) refuseSignature(signature.line, `the certificates of sender "${sender}" are not valid now`);
  const signed = signedContent(xml, signature.line, valid);
  const content = { ...alert, children: alert.children.filter((child) => child !== signature) };
  return withLinesOf(content, readTree(signed));
}

/** One reference, to the whole alert less the signature, by algorithms that hold. */
function refuseShape(signature: CapElement): void {
  const { line } = signature;
  const parts = new Map<string, CapElement>();
  for (const name of ONCE) {
    const [part, second] = everyElement(signature).filter((element) => element.name === name);
    if (part === undefined) refuseSignature(line, `must have ${name}`);
    else if (second !== undefined) refuseSignature(second.line, `is a second ${name}`);
    else parts.set(name, part);
  }
  refuseAlgorithm(parts.get('CanonicalizationMethod'), CANONICAL, line);
  refuseAlgorithm(parts.get('SignatureMethod'), SIGNING, line);
  refuseAlgorithm(parts.get('DigestMethod'), DIGESTS, line);
  const reference = parts.get('Reference');
  const uri = reference?.attributes?.URI;
  if (uri !== '')
    refuseSignature(reference?.line ?? line, `Reference must be to the whole alert (URI=""), is to "${uri}"`);
  const [enveloped, canonical, third] = everyElement(signature).filter(({ name }) => name === 'Transform');
  refuseAlgorithm(enveloped, [ENVELOPED], line);
  if (canonical) refuseAlgorithm(canonical, CANONICAL, line);
  if (third) refuseSignature(third.line, 'is one Transform too many');
}

function refuseAlgorithm(element: CapElement | undefined, allowed: readonly string[], otherwise: number): void {
  const algorithm = element?.attributes?.Algorithm ?? '';
  if (allowed.includes(algorithm)) return;
  const weak = /sha1$/.test(algorithm) ? ', which can be forged' : '';
  const what = element?.name ?? 'Transform';
  refuseSignature(element?.line ?? otherwise, `${what} is "${algorithm}"${weak}; take one of ${allowed.join(', ')}`);
}

/** The signed bytes, by the first key that fits. */
function signedContent(xml: Uint8Array | string, line: number, keys: readonly TrustedKey[]): string {
  const { alert, signature } = withDocument(xml, standalone);
  for (const { key } of keys) {
    const check = new SignedXml({
      // RSA-PSS takes no key object here.
      publicCert: key.export({ type: 'spki', format: 'pem' }),
      getCertFromKeyInfo: () => null,
    });
    try {
      check.loadSignature(signature);
      check.checkSignature(alert);
    } catch {
      // Says the same as a result of false, and more than a stranger needs.
    }
    const [signed, second] = check.getSignedReferences();
    if (signed !== undefined && second === undefined) return signed;
  }
  return refuseSignature(line, 'does not fit: the alert was changed, or the key is not one of its sender');
}

/**
 * The alert as a document of its own. In canonical form: no other parser then sees anything that libxml2 did not. In a
 * wrapper only the exclusive form does not take on the wrapper's namespaces.
 */
function standalone(document: XmlDocument): { alert: string; signature: string } {
  const [alert] = document.root.find('//c:alert', { c: CAP_NAMESPACE });
  const [signature] = document.root.find('//d:Signature', { d: SIGNATURE_NAMESPACE });
  if (!(alert instanceof XmlElement) || !(signature instanceof XmlElement)) throw new Error('no signed alert');
  const whole = alert.isSameNode(document.root);
  const withComments = true;
  return {
    alert: alert.canonicalizeToString(whole ? { withComments } : { withComments, mode: EXCLUSIVE }),
    signature: signature.canonicalizeToString({ withComments }),
  };
}

/** Signed content where the document stands: both are the same, or somebody meant one to be taken for the other. */
function withLinesOf(document: CapElement, signed: CapElement): CapElement {
  const { name, namespace, text, children } = signed;
  const same =
    name === document.name &&
    namespace === document.namespace &&
    text === document.text &&
    children.length === document.children.length;
  if (!same) return refuseSignature(document.line, 'is not what was signed');
  const lined = children.map((child, i) => withLinesOf(document.children[i] as CapElement, child));
  return { name, namespace, line: document.line, text, children: lined };
}

const everyElement = (element: CapElement): CapElement[] => [element, ...element.children.flatMap(everyElement)];
