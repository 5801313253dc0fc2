/** Puts a folder in the place of another, so that one of them is there whole but for the moment between two renames. */
import { rename, rm } from 'node:fs/promises';

/** `aside`: where the old one goes meanwhile, on the same disk. The old one is back where the new one cannot take its place. */
export async function replaceFolder(next: string, place: string, aside: string): Promise<void> {
  const held = await rename(place, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(next, place);
  } catch (error) {
    if (held) await rename(aside, place);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
