/** The disk that the AOF lies on, and what waiting for it costs. In memory that is nothing, and figures say less. */
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { rounded, spread } from './statistics.ts';

const SYNCS = 100;
/** What some groups of changes take in the AOF. */
const OCTETS = Buffer.alloc(16_384, 1);
const IN_MEMORY = new Set(['tmpfs', 'ramfs']);

export interface Disk {
  readonly fileSystem: string;
  readonly inMemory: boolean;
  /** Median of writing 16 KiB at the end of a file and waiting for them, as Redis does with its AOF. */
  readonly syncMicros: number;
}

export function describeDisk(folder: string): Disk {
  const fileSystem = fileSystemOf(realpathSync(folder));
  return { fileSystem, inMemory: IN_MEMORY.has(fileSystem), syncMicros: syncMicros(folder) };
}

/** The type of the mount that the folder is in, by proc(5) /proc/self/mounts. */
function fileSystemOf(folder: string): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '?']) => `${folder}/`.startsWith(point === '/' ? '/' : `${point}/`))
    .sort(([, a = ''], [, b = '']) => b.length - a.length);
  return mounts[0]?.[2] ?? 'unknown';
}

function syncMicros(folder: string): number {
  const own = mkdtempSync(join(folder, 'tocsin-bench-sync-'));
  const file = openSync(join(own, 'aof'), 'a');
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const from = performance.now();
      writeSync(file, OCTETS);
      fdatasyncSync(file);
      return (performance.now() - from) * 1_000;
    });
    return rounded(spread(times).median);
  } finally {
    closeSync(file);
    rmSync(own, { recursive: true });
  }
}
