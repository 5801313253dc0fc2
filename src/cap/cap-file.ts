/**
 * Reads the CAP file at start-up: whose signatures are believed, what we sign with, who may read the feed. Every fault is
 * named by its place; keys are read and tried here, so that none fails when an alert comes.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Fault, refuseFaults } from '../errors.ts';
import { isOpenToOthers, OPEN_TO_OTHERS } from '../store/secret-file.ts';
import type { Signer } from './sign.ts';
import type { SignatureRules, TrustedKey } from './signature.ts';

const MIN_RSA_BITS = 2_048;
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

const FILE = z.strictObject({
  signatures: z.enum(['ignored', 'verified', 'required']).default('verified'),
  trusted: z
    .array(z.strictObject({ sender: z.string().min(1).max(200), keys: z.array(z.string().min(1)).min(1) }))
    .default([]),
  signing: z.strictObject({ key: z.string().min(1), certificate: z.string().min(1).optional() }).optional(),
  feed: z.enum(['public', 'keyed', 'off']).default('public'),
});

export interface CapSettings {
  readonly signatures: SignatureRules;
  readonly signer?: Signer;
  /** Who may read what was launched: everybody, whoever has a key, nobody. */
  readonly feed: 'public' | 'keyed' | 'off';
}

/**
 * Throws `invalid` / `bad_cap_file` with every fault at `file:line` or `file: field`. `warn` hears what works, and should
 * not be left so.
 */
export async function loadCapFile(file: string, warn?: (warning: Fault) => void): Promise<CapSettings> {
  const text = await readFile(file, 'utf8');
  const document = parseDocument(text);
  const faults: Fault[] = document.errors.map(({ linePos, message }) => ({
    at: `${file}:${linePos?.[0].line ?? 1}`,
    message: message.split('\n')[0] ?? message,
  }));
  const fail = () => refuseFaults('bad_cap_file', 'The CAP file is not usable', faults);
  fail();
  const parsed = FILE.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  for (const { path, message } of parsed.error?.issues ?? []) {
    faults.push({ at: `${file}: ${path.join('.')}`, message });
  }
  fail();
  const { signatures, trusted, signing, feed } = parsed.data as z.output<typeof FILE>;
  const pathOf = (path: string) => resolve(dirname(file), path);
  const keys = await Promise.all(
    trusted.flatMap(({ sender, keys: paths }) => paths.map((path) => trustedKeys(pathOf(path), sender, faults))),
  );
  if (signatures === 'required' && trusted.length === 0) {
    faults.push({ at: `${file}: trusted`, message: 'names nobody, so that every alert would be refused' });
  }
  const signer =
    signing && (await readSigner(pathOf(signing.key), signing.certificate && pathOf(signing.certificate), faults));
  fail();
  if (signing && isOpenToOthers(pathOf(signing.key))) warn?.({ at: `${file}: signing.key`, message: OPEN_TO_OTHERS });
  return { signatures: { mode: signatures, keys: keys.flat() }, ...(signer ? { signer } : {}), feed };
}

/** Every certificate and public key of a PEM file. */
async function trustedKeys(file: string, sender: string, faults: Fault[]): Promise<TrustedKey[]> {
  const blocks = await pemBlocks(file, faults);
  const keys: TrustedKey[] = [];
  for (const { label, pem, at } of blocks) {
    if (label.includes('PRIVATE')) faults.push({ at, message: 'is a private key: it belongs to the sender alone' });
    else {
      const read = tried(at, faults, () => publicKey(label, pem));
      if (read && isStrong(read.key, at, faults)) keys.push({ name: at, senders: [sender], ...read });
    }
  }
  return keys;
}

function publicKey(label: string, pem: string): Omit<TrustedKey, 'name' | 'senders'> {
  if (label !== 'CERTIFICATE') return { key: createPublicKey(pem) };
  const { publicKey: key, validFrom, validTo } = new X509Certificate(pem);
  return { key, validFromMs: Date.parse(validFrom), validUntilMs: Date.parse(validTo) };
}

async function readSigner(file: string, certificate: string | undefined, faults: Fault[]): Promise<Signer | undefined> {
  const blocks = await pemBlocks(file, faults);
  const block = blocks.find(({ label }) => label.includes('PRIVATE'));
  if (!block) {
    if (blocks.length > 0) faults.push({ at: file, message: 'holds no private key' });
    return undefined;
  }
  const key = tried(block.at, faults, () => createPrivateKey(block.pem));
  if (!key || !isStrong(key, block.at, faults)) return undefined;
  if (certificate === undefined) return { key };
  const [first] = await pemBlocks(certificate, faults);
  const read = first && tried(first.at, faults, () => new X509Certificate(first.pem));
  if (read && !read.checkPrivateKey(key)) {
    faults.push({ at: certificate, message: `is not the certificate of the key in ${file}` });
  }
  return read && { key, certificate: first.pem };
}

async function pemBlocks(file: string, faults: Fault[]): Promise<{ label: string; pem: string; at: string }[]> {
  try {
    const text = await readFile(file, 'utf8');
    const blocks = [...text.matchAll(PEM)].map(({ 0: pem, 1: label = '', index }) => {
      return { label, pem, at: `${file}:${text.slice(0, index).split('\n').length}` };
    });
    if (blocks.length === 0) faults.push({ at: file, message: 'holds no PEM' });
    return blocks;
  } catch (error) {
    faults.push({ at: file, message: `cannot be read: ${(error as Error).message}` });
    return [];
  }
}

function tried<T>(at: string, faults: Fault[], read: () => T): T | undefined {
  try {
    return read();
  } catch {
    faults.push({ at, message: 'is no key or certificate that can be read' });
    return undefined;
  }
}

function isStrong(key: KeyObject, at: string, faults: Fault[]): boolean {
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits >= MIN_RSA_BITS) return true;
  const found = bits > 0 ? `RSA of ${bits} bits` : key.asymmetricKeyType;
  faults.push({ at, message: `must be RSA of ${MIN_RSA_BITS} bits or more, is ${found}` });
  return false;
}
