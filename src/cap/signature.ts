/**
 * The XML signature of an alert (CAP 1.2 §3.3.4.1), checked against the keys that may speak for its sender. What the
 * notice is read from afterwards are the signed bytes, never the document around them; a key that comes in the message is
 * not looked at. Refuses all but one enveloped signature over the whole alert, and SHA-1.
 */
import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import { XmlC14NMode, type XmlDocument, XmlElement } from 'libxml2-wasm';
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
/** Whether a canonical form is the exclusive one, and keeps comments. */
const CANONICAL: Readonly<Record<string, { readonly exclusive: boolean; readonly withComments: boolean }>> = {
  [C14N]: { exclusive: false, withComments: false },
  [`${C14N}#WithComments`]: { exclusive: false, withComments: true },
  [EXCLUSIVE_C14N]: { exclusive: true, withComments: false },
  [`${EXCLUSIVE_C14N}WithComments`]: { exclusive: true, withComments: true },
};
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const SIGNING: Readonly<
  Record<string, { readonly hash: string; readonly padding?: number; readonly saltLength?: number }>
> = {
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': { hash: 'sha256' },
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': { hash: 'sha512' },
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1': { hash: 'sha256', ...PSS },
};
const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};
/** Each must be there once in a signature: a second one could be read in the place of the first. */
const ONCE = [
  ...['SignedInfo', 'CanonicalizationMethod', 'SignatureMethod', 'SignatureValue'],
  ...['Reference', 'DigestMethod', 'DigestValue'],
];
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
  const claim = claimOf(signature);
  if (known.length === 0) refuseSignature(signature.line, `there is no key that may speak for sender "${sender}"`);
  const nowMs = (rules.now ?? Date.now)();
  const valid = known.filter(
    ({ validFromMs = nowMs, validUntilMs = nowMs }) => validFromMs <= nowMs && nowMs <= validUntilMs,
  );
  if (valid.length === 0) refuseSignature(signature.line, `the certificates of sender "${sender}" are not valid now`);
  const signed = signedContent(xml, claim, valid);
  const content = { ...alert, children: alert.children.filter((child) => child !== signature) };
  return withLinesOf(content, readTree(signed));
}

/** What a signature says of itself: nothing of it is believed yet. */
interface Claim {
  readonly line: number;
  readonly signedInfoForm: string;
  readonly contentForm: string;
  readonly method: string;
  readonly value: string;
  readonly digestMethod: string;
  readonly digest: string;
}

/** Throws unless it has one reference, to the whole alert less the signature, by algorithms that hold. */
function claimOf(signature: CapElement): Claim {
  const { line } = signature;
  const all = everyElement(signature);
  const part = (wanted: string): CapElement => {
    const [found, second] = all.filter(({ name }) => name === wanted);
    if (second !== undefined) refuseSignature(second.line, `is a second ${wanted}`);
    return found ?? refuseSignature(line, `must have ${wanted}`);
  };
  const parts = new Map(ONCE.map((name) => [name, part(name)]));
  const algorithm = (name: string, allowed: object) => algorithmOf(parts.get(name), Object.keys(allowed), line);
  const reference = part('Reference');
  const uri = reference.attributes?.URI;
  if (uri !== '') refuseSignature(reference.line, `Reference must be to the whole alert (URI=""), is to "${uri}"`);
  const prefixes = all.find(({ name }) => name === 'InclusiveNamespaces');
  if (prefixes) refuseSignature(prefixes.line, 'InclusiveNamespaces is not taken: CAP needs no prefixes');
  const [enveloped, canonical, third] = all.filter(({ name }) => name === 'Transform');
  algorithmOf(enveloped, [ENVELOPED], line);
  if (third) refuseSignature(third.line, 'is one Transform too many');
  return {
    line,
    signedInfoForm: algorithm('CanonicalizationMethod', CANONICAL),
    // XML Signature 1.1 §4.4.3.2: inclusive where nothing is said.
    contentForm: canonical ? algorithmOf(canonical, Object.keys(CANONICAL), line) : C14N,
    method: algorithm('SignatureMethod', SIGNING),
    value: part('SignatureValue').text,
    digestMethod: algorithm('DigestMethod', DIGESTS),
    digest: part('DigestValue').text,
  };
}

function algorithmOf(element: CapElement | undefined, allowed: readonly string[], otherwise: number): string {
  const algorithm = element?.attributes?.Algorithm ?? '';
  if (allowed.includes(algorithm)) return algorithm;
  const weak = /sha1$/.test(algorithm) ? ', which can be forged' : '';
  const what = element?.name ?? 'Transform';
  return refuseSignature(
    element?.line ?? otherwise,
    `${what} is "${algorithm}"${weak}; take one of ${allowed.join(', ')}`,
  );
}

/** The signed bytes, if a key fits (XML Signature 1.1 §3.2). */
function signedContent(xml: Uint8Array | string, claim: Claim, keys: readonly TrustedKey[]): string {
  const { content, signedInfo } = withDocument(xml, (document) => canonicalForms(document, claim));
  const digest = createHash(DIGESTS[claim.digestMethod] ?? '')
    .update(content)
    .digest('base64');
  const { hash = '', ...padding } = SIGNING[claim.method] ?? {};
  const value = Buffer.from(claim.value, 'base64');
  const bytes = Buffer.from(signedInfo);
  const fits = keys.some(({ key }) => verify(hash, bytes, { key, ...padding }, value));
  if (fits && digest === claim.digest.replaceAll(/\s/g, '')) return content;
  return refuseSignature(claim.line, 'does not fit: the alert was changed, or the key is not one of its sender');
}

/** What was digested, and what was signed. Somebody who signs an alert knows nothing of its wrapper's namespaces. */
function canonicalForms(document: XmlDocument, claim: Claim): { content: string; signedInfo: string } {
  const [alert] = document.root.find('//c:alert', { c: CAP_NAMESPACE });
  const [signature] = document.root.find('//d:Signature', { d: SIGNATURE_NAMESPACE });
  const [signedInfo] = document.root.find('//d:Signature/d:SignedInfo', { d: SIGNATURE_NAMESPACE });
  if (!(alert instanceof XmlElement && signature instanceof XmlElement && signedInfo instanceof XmlElement)) {
    return refuseSignature(claim.line, 'must have SignedInfo');
  }
  if (!alert.isSameNode(document.root)) {
    const standalone = alert.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0, withComments: true });
    return withDocument(standalone, (own) => canonicalForms(own, claim));
  }
  const signed = signedInfo.canonicalizeToString(formOf(claim.signedInfoForm));
  signature.remove();
  // A reference to the whole document leaves comments out, whatever the form (XML Signature 1.1 §4.4.3.3).
  return {
    content: document.canonicalizeToString({ ...formOf(claim.contentForm), withComments: false }),
    signedInfo: signed,
  };
}

function formOf(algorithm: string) {
  const { exclusive = false, withComments = false } = CANONICAL[algorithm] ?? {};
  const { XML_C14N_1_0, XML_C14N_EXCLUSIVE_1_0 } = XmlC14NMode;
  return { mode: exclusive ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0, withComments };
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
