/**
 * TLS to an SMSC as the routes file has it: which files, whether they can be used together. It reads them at start-up, so
 * that a missing or wrong one is found then and not in the crisis.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';

export const tlsSchema = z
  .strictObject({
    caFile: z
      .string()
      .optional()
      .describe(
        'authorities whose certificates are accepted, in PEM, from the folder of the routes file; else the public ones',
      ),
    certFile: z.string().optional().describe('our certificate, where the SMSC asks for one, in PEM'),
    keyFile: z.string().optional().describe('its private key, in PEM'),
    serverName: z.string().min(1).optional().describe('name in the certificate of the SMSC, where it is not `host`'),
    verify: z.boolean().default(true).describe('verify the certificate of the SMSC; false takes whoever answers'),
  })
  .superRefine(({ certFile, keyFile }, context) => {
    if (certFile !== undefined && keyFile === undefined) add('keyFile', 'is missing: certFile needs it');
    if (keyFile !== undefined && certFile === undefined) add('certFile', 'is missing: keyFile needs it');
    function add(field: string, message: string): void {
      context.addIssue({ code: 'custom', path: [field], message });
    }
  });

/** What a link needs of it: the contents of the files. */
export interface RouteTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly verify: boolean;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** OpenSSL passes over what it cannot read in such a file, and then knows no authority at all. */
function certificateFault(pem: string): string | undefined {
  const found = pem.match(CERTIFICATE);
  if (!found) return 'holds no certificate in PEM';
  try {
    for (const one of found) new X509Certificate(one);
    return undefined;
  } catch (error) {
    return `holds a certificate that cannot be read: ${(error as Error).message}`;
  }
}

/** Reads the files of a route's `tls`; `fault` is told the field that is at fault. */
export async function readTls(
  routesFile: string,
  tls: z.infer<typeof tlsSchema>,
  fault: (field: string, message: string) => void,
): Promise<RouteTls> {
  const read = async (field: 'caFile' | 'certFile' | 'keyFile'): Promise<string | undefined> => {
    const file = tls[field];
    if (file === undefined) return undefined;
    try {
      return await readFile(resolve(dirname(routesFile), file), 'utf8');
    } catch (error) {
      fault(field, (error as Error).message);
      return undefined;
    }
  };
  const ca = await read('caFile');
  const cert = await read('certFile');
  const key = await read('keyFile');
  const usable = (field: string, pem: string | undefined): boolean => {
    const message = pem === undefined ? undefined : certificateFault(pem);
    if (message !== undefined) fault(field, message);
    return pem !== undefined && message === undefined;
  };
  usable('caFile', ca);
  if (usable('certFile', cert) && key !== undefined) {
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      fault('keyFile', `does not go with certFile: ${(error as Error).message}`);
    }
  }
  return {
    verify: tls.verify,
    ...(tls.serverName !== undefined && { serverName: tls.serverName }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
