/** `tocsin templates`: looks the wordings over, before the night they are needed. Needs no store. */
import { Command } from 'commander';
import { REGIONS } from '../directory/regions.ts';
import { loadLanguages } from '../templates/languages.ts';
import { type LintRow, lintTemplates } from '../templates/lint.ts';
import type { LintFinding } from '../templates/lint-finding.ts';
import { readTemplates } from '../templates/load.ts';
import type { Cli } from './cli.ts';

interface Options {
  readonly folder?: string;
  readonly languages?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function templatesCommand(cli: Cli): Command {
  const command = new Command('templates').description('check the wordings');
  command
    .command('lint')
    .description('check every wording for source, place, time, number, prefix and length; status 1 on an error')
    .option('--folder <folder>', 'where they are (default: TOCSIN_TEMPLATES_FOLDER)')
    .option('--languages <file>', 'which are mandatory where (default: TOCSIN_LANGUAGES_FILE)')
    .option('--all', 'print also what the table tells: missing reviews, texts of several segments')
    .option('--json', 'print findings and table as JSON')
    .action((options: Options) => lint(cli, options));
  return command;
}

async function lint(cli: Cli, { folder = cli.templatesFolder, languages = cli.languagesFile, all, json }: Options) {
  const [read, mandatory] = await Promise.all([readTemplates(folder), loadLanguages(languages)]);
  const { findings, rows } = lintTemplates(read, REGIONS, mandatory);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) cli.foundWrong();
  if (json) return cli.print(JSON.stringify({ findings, rows }));
  for (const { at, rule, message, severity } of findings.filter((finding) => all || !inTable(finding))) {
    cli.print(`${at}: ${severity} (${rule}) ${message}`);
  }
  for (const line of tableOf(rows)) cli.print(line);
  cli.print(`${read.templates.length} templates: ${errors} errors, ${findings.length - errors} warnings`);
}

/** Half a hundred lines of these would hide the others. */
function inTable({ rule, severity }: LintFinding): boolean {
  return severity === 'warning' && (rule === 'review' || rule === 'segments');
}

/** A line for each language, a column for each template. */
function tableOf(rows: readonly LintRow[]): string[] {
  const templates = [...new Set(rows.map(({ template }) => template))];
  const names = [...new Set(rows.map(nameOf))].sort(byLanguage);
  const lines = names.map((name) => {
    const own = rows.filter((row) => nameOf(row) === name);
    const reviewed = `${own.filter((row) => row.reviewed).length} of ${own.length}`;
    const alphabets = [...new Set(own.map(({ alphabet }) => alphabet))].sort().join(', ');
    return [name, alphabets, reviewed, ...templates.map((id) => cellOf(own.find(({ template }) => template === id)))];
  });
  const table = [['language', 'alphabet', 'reviewed', ...templates], ...lines];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((cells) => cells[i]?.length ?? 0))) ?? [];
  return [
    '',
    ...table.map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    'Segments: fewest-most by region, four services with a number each; (the most there can be, of all services).',
    '',
  ];
}

const nameOf = ({ language, authority }: LintRow) => (authority ? `${language} ${authority}` : language);

/** French first, as everywhere. */
const byLanguage = (a: string, b: string) =>
  Number(b.startsWith('fr')) - Number(a.startsWith('fr')) || (a < b ? -1 : 1);

function cellOf(row: LintRow | undefined): string {
  if (row === undefined) return '-';
  if (row.segments === undefined) return row.regions === 0 ? 'unused' : 'refused';
  const { min, max, worst } = row.segments;
  return `${min === max ? min : `${min}-${max}`} (${worst})`;
}
