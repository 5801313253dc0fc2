/** Files on this machine that outlived their use: lists of refused lines, and work files of processes that died. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UNFINISHED } from './archive.ts';

const DAY_MS = 86_400_000;
/** No export takes so long. */
const WORK_DAYS = 1;

export interface FolderPlaces {
  readonly dataFolder: string;
  readonly archiveFolder: string;
}

/** Paths of all that is older than it may become. */
export async function leftovers(
  { dataFolder, archiveFolder }: FolderPlaces,
  rejectedDays: number,
  nowMs: number,
): Promise<string[]> {
  const found = await Promise.all([
    olderThan(join(dataFolder, 'rejected'), (name) => name.endsWith('.csv'), rejectedDays, nowMs),
    olderThan(dataFolder, (name) => name.startsWith('evidence-'), WORK_DAYS, nowMs),
    olderThan(archiveFolder, (name) => name.startsWith(UNFINISHED), WORK_DAYS, nowMs),
  ]);
  return found.flat();
}

export async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

async function olderThan(
  folder: string,
  isOne: (name: string) => boolean,
  days: number,
  nowMs: number,
): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter(isOne).sort();
  const ages = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => nowMs - mtimeMs,
        () => 0,
      ),
    ),
  );
  return names.filter((_, i) => ages[i]! >= days * DAY_MS).map((name) => join(folder, name));
}
