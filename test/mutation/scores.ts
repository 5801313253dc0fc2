/** What mutation testing found, file by file: kept, so that what nobody changed since is not tried again, and shown. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { tableOf } from '../../bench/table.ts';

export interface Score {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly killed: number;
  /** Mutants that hang: noticed too. */
  readonly timeouts: number;
  readonly survived: number;
  /** Mutants in lines that no test meets. */
  readonly uncovered: number;
  /** Those that nobody noticed, as they are to be read. */
  readonly left: readonly string[];
}

type Figures = Omit<Score, 'file' | 'left'>;

const detected = ({ killed, timeouts }: Figures): number => killed + timeouts;
const mutants = (score: Figures): number => detected(score) + score.survived + score.uncovered;

/** Percent of the mutants that were noticed; 100 where there are none. */
export const percentOf = (score: Figures): number =>
  mutants(score) === 0 ? 100 : (100 * detected(score)) / mutants(score);

export const told = (score: Figures): string =>
  `${detected(score)} of ${mutants(score)}, ${percentOf(score).toFixed(1)} %`;

export function sumOf(scores: readonly Figures[]): Figures {
  const sum = (of: (score: Figures) => number) => scores.reduce((total, score) => total + of(score), 0);
  return {
    killed: sum(({ killed }) => killed),
    timeouts: sum(({ timeouts }) => timeouts),
    survived: sum(({ survived }) => survived),
    uncovered: sum(({ uncovered }) => uncovered),
  };
}

/** Files in the same language of a folder, `src/ledger/*.ts`, have one score together. */
export function groupsOf(scores: readonly Score[]): Map<string, Score[]> {
  const groups = new Map<string, Score[]>();
  for (const score of scores) {
    const group = `${dirname(score.file)}/*${extname(score.file)}`;
    groups.set(group, [...(groups.get(group) ?? []), score]);
  }
  return groups;
}

/** A table of the scores by group, each with its sum. */
export function shown(scores: readonly Score[]): string {
  const row = (name: string, score: Figures): string[] => [
    name,
    ...[mutants(score), score.killed, score.timeouts, score.survived, score.uncovered].map(String),
    percentOf(score).toFixed(1),
  ];
  const rows = [...groupsOf(scores)].flatMap(([group, of]) => [
    row(group, sumOf(of)),
    ...of.map((score) => row(`  ${basename(score.file)}`, score)),
  ]);
  return tableOf([['', 'mutants', 'killed', 'timed out', 'survived', 'uncovered', 'score, %'], ...rows]);
}

/** Scores of earlier runs below `folder`; each holds as long as its source and the tests of its folder are the same. */
export class KeptScores {
  readonly #root: string;
  readonly #folder: string;

  constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
  }

  find(file: string): Score | undefined {
    try {
      const { key, score } = JSON.parse(readFileSync(this.#path(file), 'utf8')) as { key: string; score: Score };
      return key === this.#key(file) ? score : undefined;
    } catch {
      return undefined;
    }
  }

  keep(score: Score): void {
    mkdirSync(join(this.#root, this.#folder), { recursive: true });
    writeFileSync(this.#path(score.file), JSON.stringify({ key: this.#key(score.file), score }, null, 2));
  }

  #path(file: string): string {
    return join(this.#root, this.#folder, `${file.replaceAll('/', '.')}.json`);
  }

  #key(file: string): string {
    const tests = dirname(file).replace(/^src/, 'test');
    const names = readdirSync(join(this.#root, tests)).filter((name) => name.endsWith('.ts'));
    const hash = createHash('sha256');
    for (const path of [file, ...names.sort().map((name) => join(tests, name))]) {
      hash.update(`${path}\0`).update(readFileSync(join(this.#root, path)));
    }
    return hash.digest('hex');
  }
}
