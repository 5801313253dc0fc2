/** The source tree as the architecture test sees it: files, their import lines, and what is left when comments and strings go. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** Relative to src/, with slashes: `sms/gsm7.ts`. */
  readonly path: string;
  readonly text: string;
  /** What the file imports, type-only and re-exports included: `sms/gsm7.ts`, `node:fs`, `zod`. */
  readonly imports: readonly string[];
}

/** `sms/gsm7.ts` is of module `sms`, `errors.ts` of module `errors`. */
export const moduleOf = (path: string): string => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

export function readSources(folder: URL): SourceFile[] {
  const root = fileURLToPath(folder);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, `${entry.parentPath}/${entry.name}`).split(sep).join('/'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(`${root}/${path}`, 'utf8')));
}

export function sourceFile(path: string, text: string): SourceFile {
  const found = withoutComments(text).matchAll(
    /(?:^|[;\n])\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
  );
  const imports = [...found].map(([, fixed, dynamic]) => {
    const name = fixed ?? dynamic ?? '';
    return name.startsWith('.') ? posix.join(posix.dirname(path), name) : name;
  });
  return { path, text, imports };
}

export function withoutComments(text: string): string {
  return text.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_all, kept) => kept ?? '',
  );
}

export function withoutStrings(text: string): string {
  return text.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
}

/** The first ring of files that import each other, in order; undefined when there is none. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string[] | undefined => {
    const at = trail.indexOf(node);
    if (at >= 0) return [...trail.slice(at), node];
    if (done.has(node)) return undefined;
    trail.push(node);
    for (const next of edges.get(node) ?? []) {
      const ring = visit(next);
      if (ring) return ring;
    }
    trail.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const ring = visit(node);
    if (ring) return ring;
  }
  return undefined;
}
