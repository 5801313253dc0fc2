/** `npm run mutate`: reads the command line, tries file after file, and reports. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { LuaRun } from './lua-run.ts';
import { groupsOf, KeptScores, percentOf, type Score, shown, sumOf, told } from './scores.ts';
import { mutateTypeScript } from './ts-run.ts';

const LEAST_SCORE = 80;
const GROUPS = [
  ['src/ledger', '.ts'],
  ['src/smpp', '.ts'],
  ['src/ledger', '.lua'],
] as const;

interface Options {
  readonly only?: 'ts' | 'lua';
  readonly fresh?: true;
  readonly json?: string;
}

const program = new Command('npm run mutate --')
  .description(
    'Changes ledger/ and smpp/ in small ways, one at a time, and counts the changes that their tests notice.',
  )
  .argument('[files...]', 'only files whose path ends like this: window.ts, ledger/slots.ts, claim.lua')
  .addOption(new Option('--only <language>', 'TypeScript or the scripts in Lua').choices(['ts', 'lua']))
  .option('--fresh', 'tries again also what is the same as in an earlier run')
  .option('--json <file>', 'also writes the scores there')
  .addHelpText(
    'after',
    `
The score of each finished file is kept in coverage/mutation/: a run that was broken off goes on where it was, and a file is
tried again only when it or a test of its folder has changed. It ends with status 1 when the files of a group that were
tried have a score below ${LEAST_SCORE} % together.

Examples:
  npm run mutate                        all of it, some 15 minutes on two cores
  npm run mutate -- window.ts claim.lua`,
  )
  .parse();

const root = fileURLToPath(new URL('../../', import.meta.url));
process.chdir(root);
const options = program.opts<Options>();
const endings = program.args;
const files = GROUPS.flatMap(([folder, extension]) => {
  if (options.only !== undefined && extension !== `.${options.only}`) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(extension));
  return names.sort().map((name) => `${folder}/${name}`);
}).filter((file) => endings.length === 0 || endings.some((ending) => `/${file}`.endsWith(`/${ending}`)));
if (files.length === 0) program.error('error: no such file');

const say = (line: string) => process.stdout.write(`${line}\n`);
const kept = new KeptScores(root, 'coverage/mutation');
const scores = await scoresOf(files);
say(`\n${shown(scores)}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(scores, null, 2)}\n`);
for (const [group, of] of groupsOf(scores)) {
  if (percentOf(sumOf(of)) >= LEAST_SCORE) continue;
  say(`${group}: below ${LEAST_SCORE} %`);
  process.exitCode = 1;
}
process.exit();

async function scoresOf(wanted: readonly string[]): Promise<Score[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-mutate-'));
  const binary = await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) });
  const redis = await startEmbeddedRedis({ binary, folder: join(folder, 'redis'), settings: { appendonly: 'no' } });
  const lua = new LuaRun({ root, folder: join(folder, 'lua'), binary });
  const scored: Score[] = [];
  try {
    for (const file of wanted) {
      const before = options.fresh ? undefined : kept.find(file);
      const score = before ?? (await tried(file));
      if (!before) kept.keep(score);
      for (const each of score.left) say(each);
      scored.push(score);
      say(`${file}: ${told(score)}${before ? ', as before' : ''} (file ${scored.length} of ${wanted.length})`);
    }
  } finally {
    await lua.stop();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return scored;

  function tried(file: string): Promise<Score> {
    if (file.endsWith('.lua')) return lua.mutate(basename(file));
    process.env.TOCSIN_TEST_REDIS_URL = redis.url;
    return mutateTypeScript({ root, file, folder });
  }
}
