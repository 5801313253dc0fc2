/** What the figures were taken on, and what a process has used of it. Linux only: it reads /proc. */
import { readFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { type Disk, describeDisk } from './disk.ts';

/** USER_HZ, which /proc counts in, is 100 on every Linux that Node runs on. */
const MICROS_PER_TICK = 10_000;

export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  /** Of the AOF. */
  readonly disk: Disk;
}

let disk: Disk | undefined;

/** What the work folders of benchmarks lie on: measured once, before anything runs. */
export const workDisk = (): Disk => (disk ??= describeDisk(tmpdir()));

export function describeMachine(redis: string): Machine {
  const cores = cpus();
  return {
    cpus: cores.length,
    model: cores[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    redis,
    disk: workDisk(),
  };
}

/** CPU time of a process with all its threads, in microseconds. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces: fields are counted after it. utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

/** Most memory that a process has held at once, in MB. */
export function peakMb(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
