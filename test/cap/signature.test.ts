import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignedXml } from 'xml-crypto';
import { fromCap } from '../../src/cap/reader.ts';
import { signedCap } from '../../src/cap/sign.ts';
import type { SignatureRules, TrustedKey } from '../../src/cap/signature.ts';
import { toCap } from '../../src/cap/writer.ts';
import { noticeOf } from '../notices/samples.ts';
import { faultsOf } from './faults.ts';
import { CAP_MESSAGE, edxl, edxl2, soap } from './messages.ts';
import { schemaFaults } from './schema.ts';

const SENDER = 'cogic@example.org';
const NOW = Date.UTC(2021, 5, 2, 16);
const pairOf = (name: string) => {
  const pem = readFileSync(new URL(`./keys/${name}.key`, import.meta.url), 'utf8');
  return { pem, privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
};
const ours = pairOf('sender');
const theirs = pairOf('stranger');

const trust = (key = ours.publicKey, changes: Partial<TrustedKey> = {}): TrustedKey => ({
  name: 'cogic.pem:1',
  senders: [SENDER],
  key,
  ...changes,
});
const rules = (mode: SignatureRules['mode'] = 'verified', keys = [trust()]): { signatures: SignatureRules } => ({
  signatures: { mode, keys, now: () => NOW },
});

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** Signed as others may sign it, by an implementation that is not ours. */
function signedAs(
  xml: string,
  changes: { method?: string; digest?: string; transforms?: string[]; uri?: string } = {},
) {
  const { method = RSA_SHA256, digest = SHA256, transforms = [ENVELOPED], uri = '' } = changes;
  const signature = new SignedXml({
    privateKey: ours.pem,
    signatureAlgorithm: method,
    canonicalizationAlgorithm: C14N,
  });
  const whole = uri === '' ? { isEmptyUri: true } : {};
  signature.addReference({ xpath: '/*', transforms, digestAlgorithm: digest, uri, ...whole });
  signature.computeSignature(xml, { location: { reference: '/*', action: 'append' } });
  return signature.getSignedXml();
}

const SIGNED = signedCap(CAP_MESSAGE, { key: ours.privateKey });
const signatureOf = (xml: string) => /<Signature[\s\S]*<\/Signature>/.exec(xml)?.[0] ?? '';
const bare = (xml: string) => xml.replace(/<\?xml.*\?>\n?/, '');

describe('a signed alert', () => {
  test('is read when a key of its sender signed it', async () => {
    const input = await fromCap(CAP_MESSAGE);
    expect(await fromCap(SIGNED, rules())).toEqual(input);
    expect(await fromCap(SIGNED, rules('required'))).toEqual(input);
    expect(await fromCap(Buffer.from(SIGNED), rules('required'))).toEqual(input);
  });

  test.each([
    ['inclusive canonical form', {}],
    ['inclusive canonical form, said twice', { transforms: [ENVELOPED, C14N] }],
    ['exclusive canonical form', { transforms: [ENVELOPED, 'http://www.w3.org/2001/10/xml-exc-c14n#'] }],
    [
      'SHA-512',
      {
        method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
        digest: 'http://www.w3.org/2001/04/xmlenc#sha512',
      },
    ],
    ['RSA-PSS', { method: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1' }],
  ])('is read in %s', async (_, changes) => {
    expect(await fromCap(signedAs(CAP_MESSAGE, changes), rules('required'))).toEqual(await fromCap(CAP_MESSAGE));
  });

  test('is read with comments, entities and CDATA in it', async () => {
    const xml = CAP_MESSAGE.replace('COGIC-2021', 'COGIC<!-- x -->-2021').replace(
      'Panne nationale.',
      '<![CDATA[a & b]]>&#233;',
    );
    const input = await fromCap(signedAs(xml), rules('required'));
    expect([input.identifier, input.description]).toEqual(['COGIC-2021-0602-1', 'a & bé']);
  });

  test('is read in any encoding', async () => {
    const xml = signedAs(CAP_MESSAGE.replace('UTF-8', 'ISO-8859-1'));
    expect(await fromCap(Buffer.from(xml, 'latin1'), rules('required'))).toEqual(await fromCap(CAP_MESSAGE));
  });

  test('is read in a wrapper, whose namespaces are not its own', async () => {
    const [before, after] = edxl(1).split(/<alert[\s\S]*<\/alert>\n?/);
    for (const signed of [bare(SIGNED), bare(signedAs(CAP_MESSAGE))]) {
      for (const xml of [soap(signed), edxl2(signed), before + signed + after]) {
        expect(await fromCap(xml, rules('required'))).toEqual(await fromCap(CAP_MESSAGE));
      }
    }
  });

  test('is read with the key that fits, of several', async () => {
    const keys = [trust(theirs.publicKey), trust()];
    expect(await fromCap(SIGNED, rules('required', keys))).toEqual(await fromCap(CAP_MESSAGE));
  });

  test('is told its faults by the lines that it has here', async () => {
    const xml = signedAs(CAP_MESSAGE.replace('>hold<', '>guess<'));
    expect(await faultsOf(xml, rules('required'))).toContainEqual({
      at: 'line 40',
      message: expect.stringMatching(/^inDoubt/),
    });
  });

  test('is not looked at more closely where signatures are ignored, or nobody is trusted', async () => {
    const forged = SIGNED.replace('Panne nationale.', 'Tout va bien.');
    expect((await fromCap(forged, rules('ignored'))).description).toBe('Tout va bien.');
    expect((await fromCap(forged, rules('verified', []))).description).toBe('Tout va bien.');
  });
});

describe('an alert without a signature', () => {
  const missing = [{ at: 'line 2', message: 'must be signed by "cogic@example.org"' }];
  const others = trust(ours.publicKey, { senders: ['prefecture@example.org'] });

  test('is refused of a sender who has a key: leaving it out forges nothing', async () => {
    expect(await faultsOf(CAP_MESSAGE, rules(), 'missing_signature')).toEqual(missing);
  });

  test('is read of others, unless everybody must sign', async () => {
    expect(await fromCap(CAP_MESSAGE, rules('verified', [others]))).toBeDefined();
    expect(await faultsOf(CAP_MESSAGE, rules('required', [others]), 'missing_signature')).toEqual(missing);
  });

  test('whose sender only looks like one that has no key is still his', async () => {
    const other = CAP_MESSAGE.replace('<sender>cogic@example.org', '<sender><!-- x -->\n cogic@example.org ');
    expect(await faultsOf(other, rules(), 'missing_signature')).toEqual(missing);
  });
});

describe('a signature is refused', () => {
  const refused = async (xml: string, given: { signatures: SignatureRules } = rules()) =>
    (await faultsOf(xml, given, 'untrusted_signature'))[0]!;

  test.each([
    ['another word', SIGNED.replace('Panne nationale.', 'Tout va bien.')],
    ['another region', SIGNED.replaceAll('<value>2A</value>', '<value>2B</value>')],
    ['another status', SIGNED.replace('Exercise', 'Actual')],
    ['one more info', SIGNED.replace(/(<info>[\s\S]*?<\/info>)/, '$1$1')],
    ['another signature value', SIGNED.replace(/<SignatureValue>..../, '<SignatureValue>AAAA')],
    ['another digest', SIGNED.replace(/<DigestValue>..../, '<DigestValue>AAAA')],
    [
      'the signature of another alert',
      CAP_MESSAGE.replace('</alert>', `${signatureOf(signedAs(CAP_MESSAGE.replace('2A', '2B')))}</alert>`),
    ],
  ])('with %s', async (_, xml) => {
    expect(await refused(xml)).toMatchObject({ message: expect.stringMatching(/^does not fit/) });
  });

  test('of a key that is not trusted', async () => {
    const xml = signedCap(CAP_MESSAGE, { key: theirs.privateKey });
    expect((await refused(xml)).message).toMatch(/^does not fit/);
  });

  test('of a key that comes with the message', async () => {
    const { n, e } = theirs.publicKey.export({ format: 'jwk' });
    const value = `<KeyInfo><KeyValue><RSAKeyValue><Modulus>${n}</Modulus><Exponent>${e}</Exponent></RSAKeyValue></KeyValue></KeyInfo>`;
    const xml = signedCap(CAP_MESSAGE, { key: theirs.privateKey }).replace(
      '</SignatureValue>',
      `</SignatureValue>${value}`,
    );
    expect((await refused(xml)).message).toMatch(/^does not fit/);
  });

  test('of a key that may speak for another sender only', async () => {
    const other = rules('required', [trust(ours.publicKey, { senders: ['prefecture@example.org'] })]);
    expect(await refused(SIGNED, other)).toMatchObject({
      message: 'there is no key that may speak for sender "cogic@example.org"',
    });
  });

  test.each([
    ['runs out', { validUntilMs: NOW - 1 }],
    ['begins', { validFromMs: NOW + 1 }],
  ])('of a certificate whose time %s', async (_, period) => {
    const given = rules('verified', [trust(ours.publicKey, period)]);
    expect((await refused(SIGNED, given)).message).toMatch(/not valid now/);
    expect(
      await fromCap(SIGNED, rules('verified', [trust(ours.publicKey, { validFromMs: NOW, validUntilMs: NOW })])),
    ).toBeDefined();
  });

  test.each([
    [
      'a signature by SHA-1',
      signedAs(CAP_MESSAGE, { method: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
      /^SignatureMethod.*can be forged/,
    ],
    [
      'a digest by SHA-1',
      signedAs(CAP_MESSAGE, { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
      /^DigestMethod.*can be forged/,
    ],
    [
      'a shared secret',
      SIGNED.replace(RSA_SHA256, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
      /^SignatureMethod is/,
    ],
    ['a canonical form that nobody knows', SIGNED.replace('xml-exc-c14n#"', 'x"'), /^CanonicalizationMethod is/],
    [
      'a transform that picks parts',
      SIGNED.replace(ENVELOPED, 'http://www.w3.org/TR/1999/REC-xpath-19991116'),
      /^Transform is/,
    ],
    [
      'three transforms',
      SIGNED.replace('</Transforms>', `<Transform Algorithm="${C14N}"/></Transforms>`),
      /one Transform too many/,
    ],
    [
      'prefixes that count too',
      SIGNED.replace('</Transforms>', '<InclusiveNamespaces PrefixList="x"/></Transforms>'),
      /InclusiveNamespaces is not taken/,
    ],
    ['a second reference', SIGNED.replace(/(<Reference[\s\S]*<\/Reference>)/, '$1$1'), /is a second Reference/],
    ['no reference', SIGNED.replace(/<Reference[\s\S]*<\/Reference>/, ''), /must have Reference/],
    ['a reference to a part', SIGNED.replace('URI=""', 'URI="#x"'), /whole alert .*is to "#x"/],
    ['a reference without a URI', SIGNED.replace(' URI=""', ''), /whole alert .*is to "undefined"/],
    [
      'a method hidden in front of the one that counts',
      SIGNED.replace('<SignedInfo', `<Object><SignatureMethod Algorithm="${RSA_SHA256}"/></Object><SignedInfo`),
      /is a second SignatureMethod/,
    ],
    ['two signatures', SIGNED.replace('</alert>', `${signatureOf(SIGNED)}</alert>`), /is a second signature/],
    [
      'a signature within a signature',
      SIGNED.replace('</Signature>', `<Object>${signatureOf(SIGNED)}</Object></Signature>`),
      /is a second/,
    ],
    [
      'a signature of the wrapper',
      soap(bare(CAP_MESSAGE)).replace('<s:Header/>', `<s:Header>${signatureOf(SIGNED)}</s:Header>`),
      /must be a child of the alert/,
    ],
  ])('for %s', async (_, xml, message) => {
    expect(await refused(xml)).toEqual({
      at: expect.stringMatching(/^line \d+$/),
      message: expect.stringMatching(message),
    });
  });

  test('that stands over another alert than the one that would be read', async () => {
    // The signed alert, whole and untouched, is carried along inside a forged one.
    const forged = bare(CAP_MESSAGE).replace('Panne nationale.', 'Tout va bien.');
    const inObject = SIGNED.replace(/<alert[\s\S]*?(?=<Signature)/, forged.replace('</alert>\n', '')).replace(
      '</Signature>',
      `<Object>${bare(SIGNED).replace(/<Signature[\s\S]*<\/Signature>/, '')}</Object></Signature>`,
    );
    expect((await refused(inObject)).message).toMatch(/does not fit/);
    const inWrapper = soap(forged + bare(SIGNED));
    expect((await faultsOf(inWrapper, rules()))[0]?.message).toMatch(/second alert/);
    const inside = CAP_MESSAGE.replace('</info>\n</alert>', `</info>${bare(SIGNED)}</alert>`);
    expect((await faultsOf(inside, rules()))[0]?.message).toMatch(/alert is no child of alert/);
  });
});

describe('what we sign', () => {
  const xml = signedCap(toCap(noticeOf({ sender: SENDER })), { key: ours.privateKey });

  test('is verified by another implementation', () => {
    const check = new SignedXml({ publicCert: ours.publicKey.export({ type: 'spki', format: 'pem' }) });
    check.loadSignature(signatureOf(xml));
    expect(check.checkSignature(xml)).toBe(true);
    expect(() => check.checkSignature(xml.replace('Exercise', 'Actual'))).not.toThrow();
    expect(check.checkSignature(xml.replace('Exercise', 'Actual'))).toBe(false);
  });

  test('is valid CAP and can be verified', async () => {
    expect(schemaFaults(xml)).toEqual([]);
    expect((await fromCap(xml, rules('required'))).identifier).toBe('n1');
  });

  test('is the same each time, so that its ETag stays', () => {
    expect(signedCap(toCap(noticeOf({ sender: SENDER })), { key: ours.privateKey })).toBe(xml);
  });
});
