/** A file named on the command line, opened before anything else is done, so that a slip ends at once. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { TocsinError } from '../errors.ts';

/** Throws `invalid` / `unreadable_file`. */
export async function openInput(file: string): Promise<{ stream: Readable; bytes: number }> {
  try {
    const handle = await open(file);
    const { size } = await handle.stat();
    return { stream: handle.createReadStream(), bytes: size };
  } catch (cause) {
    const message = `The file cannot be read: ${(cause as Error).message}`;
    throw new TocsinError('invalid', 'unreadable_file', message, { cause });
  }
}
