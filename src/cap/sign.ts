/** Signs what goes out, so that others can do with it what signature.ts does with theirs. */
import type { KeyObject } from 'node:crypto';
import { SignedXml } from 'xml-crypto';

export interface Signer {
  /** RSA, private. */
  readonly key: KeyObject;
  /** PEM, for the receiver to find the key by. */
  readonly certificate?: string;
}

/** The alert with an enveloped RSA-SHA256 signature at its end (CAP 1.2 §3.3.4.1). */
export function signedCap(xml: string, { key, certificate }: Signer): string {
  const signature = new SignedXml({
    privateKey: key,
    ...(certificate === undefined ? {} : { publicCert: certificate }),
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    // Exclusive: wrappers may add their namespaces and it still fits.
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signature.addReference({
    xpath: '/*',
    isEmptyUri: true,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signature.computeSignature(xml, { location: { reference: '/*', action: 'append' } });
  return signature.getSignedXml();
}
