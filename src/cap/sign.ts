/** Signs what goes out, so that others can do with it what signature.ts does with theirs. */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { XmlC14NMode } from 'libxml2-wasm';
import { SIGNATURE_NAMESPACE } from './elements.ts';
import { withDocument } from './xml-tree.ts';

export interface Signer {
  /** RSA, private. */
  readonly key: KeyObject;
  /** PEM, for the receiver to find the key by. */
  readonly certificate?: string;
}

/** Exclusive: wrappers may add their namespaces and it still fits. */
const CANONICAL = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const END = '</alert>';

/** The alert with an enveloped RSA-SHA256 signature at its end (CAP 1.2 §3.3.4.1). */
export function signedCap(xml: string, { key, certificate }: Signer): string {
  const content = withDocument(xml, (document) =>
    document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 }),
  );
  const info = signedInfo(createHash('sha256').update(content).digest('base64'));
  const value = sign('sha256', Buffer.from(info), key).toString('base64');
  const signature = `<Signature xmlns="${SIGNATURE_NAMESPACE}">${info}<SignatureValue>${value}</SignatureValue>${keyInfo(certificate)}</Signature>`;
  const end = xml.lastIndexOf(END);
  return xml.slice(0, end) + signature + xml.slice(end);
}

/** In its canonical form already: that is what is signed. */
function signedInfo(digest: string): string {
  const empty = (name: string, algorithm: string) => `<${name} Algorithm="${algorithm}"></${name}>`;
  return [
    `<SignedInfo xmlns="${SIGNATURE_NAMESPACE}">`,
    empty('CanonicalizationMethod', CANONICAL),
    empty('SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'),
    '<Reference URI=""><Transforms>',
    empty('Transform', `${SIGNATURE_NAMESPACE}enveloped-signature`),
    empty('Transform', CANONICAL),
    '</Transforms>',
    empty('DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha256'),
    `<DigestValue>${digest}</DigestValue></Reference></SignedInfo>`,
  ].join('');
}

function keyInfo(certificate: string | undefined): string {
  if (certificate === undefined) return '';
  const base64 = certificate.replaceAll(/-----[^-]+-----|\s/g, '');
  return `<KeyInfo><X509Data><X509Certificate>${base64}</X509Certificate></X509Data></KeyInfo>`;
}
