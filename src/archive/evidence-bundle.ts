/** The evidence of a broadcast as one `.tar.gz`: from the ledger, or from its archive, the same files in the same order. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type EvidenceDeps, evidenceSubject, writeFiles } from './evidence.ts';

export interface Bundle {
  readonly name: string;
  readonly contentType: 'application/gzip';
  readonly stream: Readable;
}

interface NamedFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * From the ledger. The caller reads the stream or destroys it: the work files go with it. Throws `not-found` /
 * `unknown_broadcast`; what fails later ends the stream with an error.
 */
export async function evidence(deps: EvidenceDeps, id: string): Promise<Bundle> {
  const subject = await evidenceSubject(deps, id);
  await mkdir(deps.workFolder, { recursive: true });
  const folder = await mkdtemp(join(deps.workFolder, 'evidence-'));
  return bundle(id, subject.broadcast.value.launchedAt, folder, {
    // A tar entry starts with its size, so a file is complete before its first byte is sent.
    files: async (signal) => (await writeFiles(deps, subject, folder, signal)).files,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}

/** Files of `folder` as the bundle of broadcast `id`. */
export function bundle(
  id: string,
  launchedAt: string,
  folder: string,
  given: { files: (signal: AbortSignal) => Promise<readonly NamedFile[]>; cleanUp: () => Promise<void> },
): Bundle {
  const name = `evidence-${id}`;
  const stop = new AbortController();
  const stream = createGzip();
  const tar = pack();
  stream.once('close', () => stop.abort());
  // The reader hears of errors too; one that comes before there is a reader must not end the process.
  stream.on('error', () => {});
  tar.on('error', (error: Error) => stream.destroy(error));
  tar.pipe(stream);

  const mtime = new Date(launchedAt);
  const send = async () => {
    for (const file of await given.files(stop.signal)) {
      const entry = tar.entry({ name: `${name}/${file.name}`, size: file.bytes, mode: 0o600, mtime });
      await pipeline(createReadStream(join(folder, file.name)), entry, { signal: stop.signal });
    }
    tar.finalize();
  };
  send().then(given.cleanUp, async (error: Error) => {
    await given.cleanUp();
    tar.destroy();
    if (!stream.destroyed) stream.destroy(error);
  });
  return { name: `${name}.tar.gz`, contentType: 'application/gzip', stream };
}
