/** Reads V8 CPU profiles: which functions and files a process spent its own time in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Of the time that the process was not idle, 0 to 1. */
  readonly share: number;
}

/** Self time by function and by file, the dearest first. */
export function sharesOf(profile: Profile): { functions: Share[]; files: Share[] } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of profile.samples.entries()) {
    const frame = frames.get(id)!;
    if (frame.functionName === '(idle)') continue;
    const micros = profile.timeDeltas[i] ?? 0;
    busy += micros;
    const file = shortName(frame.url) || frame.functionName || '(native)';
    const name =
      frame.url === '' ? frame.functionName : `${frame.functionName || '(anonymous)'} ${file}:${frame.lineNumber + 1}`;
    functions.set(name, (functions.get(name) ?? 0) + micros);
    files.set(file, (files.get(file) ?? 0) + micros);
  }
  return { functions: sorted(functions, busy), files: sorted(files, busy) };
}

/** The largest profile in a folder: a dispatcher's, where its workers write theirs too. */
export function readProfile(folder: string): Profile {
  const profiles = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const largest = profiles.sort((a, b) => b.length - a.length)[0];
  if (largest === undefined) throw new Error(`there is no profile in ${folder}`);
  return JSON.parse(largest) as Profile;
}

function sorted(micros: ReadonlyMap<string, number>, total: number): Share[] {
  return [...micros].map(([name, value]) => ({ name, share: value / total })).sort((a, b) => b.share - a.share);
}

/** `dist/smpp/wire.js`, `ioredis/built/Redis.js`, `node:net`. */
function shortName(url: string): string {
  const [, inPackage] = /.*node_modules\/(.+)$/.exec(url) ?? [];
  const [, own] = /\/(dist\/.+)$/.exec(url) ?? [];
  return inPackage ?? own ?? url.replace(/^file:\/\//, '');
}
