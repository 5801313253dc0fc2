/** `tocsin audit`: whether the audit log is whole, and what stands in it. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { TocsinError } from '../errors.ts';
import { auditEntries, BREAKS, verifyAudit } from '../store/audit.ts';
import { dropAnchor, readAnchors } from '../store/audit-anchors.ts';
import { type AuditFilter, matches } from '../store/audit-filter.ts';
import type { Cli } from './cli.ts';
import { wrapped } from './console-output.ts';

export function auditCommand(cli: Cli): Command {
  const command = new Command('audit').description('check and read the audit log');
  command
    .command('verify')
    .description('walk the chain of hashes; status 1 where it breaks')
    .option('--anchors <file>', 'hold it against the anchors in this file too')
    .option('--json', 'print {entries, brokenAt, why, id} as JSON')
    .action((options) => verify(cli, options));
  command
    .command('anchor')
    .description('add how far the log is to a file; keep it where the store is not')
    .requiredOption('--to <file>', 'file to add a line to')
    .option('--json', 'print the anchor as JSON, or null when the log has not grown')
    .action((options) => anchor(cli, options));
  command
    .command('export')
    .description('write entries as lines of JSON, oldest first')
    .option('--to <file>', 'file to write (default: standard output)')
    .option('--subject <subject>', 'of this subject: notice/12ab, or all of a kind: notice/')
    .option('--actor <actor>', 'of this key, account or person: key:12ab, cli:anna')
    .option('--action <action>', 'of this action: notice.submit, or all of a kind: notice.')
    .option('--since <time>', 'from this RFC 3339 time on')
    .option('--until <time>', 'up to this RFC 3339 time')
    .option('--json', 'lines of JSON are all it prints')
    .action((options) => exportLog(cli, options));
  return command;
}

async function verify(cli: Cli, { anchors: file, json }: { anchors?: string; json?: boolean }): Promise<void> {
  const anchors = file === undefined ? [] : await readAnchors(file);
  const found = await verifyAudit(await cli.openStore(), anchors);
  if (found.why !== undefined) cli.foundWrong();
  if (json) return cli.print(JSON.stringify(found));
  const { entries, why, id } = found;
  if (why === undefined) {
    const met = anchors.length === 0 ? '' : `, and as it was at ${anchors.length} anchors`;
    return cli.print(`${entries} entries, the chain is whole${met}`);
  }
  const place = id === undefined ? '' : ` (${id})`;
  for (const line of wrapped(`The chain breaks after ${entries} entries${place}: ${BREAKS[why]}`, '')) cli.print(line);
}

async function anchor(cli: Cli, { to, json }: { to: string; json?: boolean }): Promise<void> {
  const dropped = await dropAnchor(await cli.openStore(), to, Date.now());
  if (json) return cli.print(JSON.stringify(dropped ?? null));
  cli.print(dropped ? `${dropped.entries} entries are anchored in ${to}` : 'The log has not grown: nothing to anchor');
}

async function exportLog(cli: Cli, { to, ...filter }: AuditFilter & { to?: string }): Promise<void> {
  for (const name of ['since', 'until'] as const) requireTime(name, filter[name]);
  const store = await cli.openStore();
  if (to === undefined) {
    for await (const entry of auditEntries(store)) if (matches(entry, filter)) cli.print(JSON.stringify(entry));
    return;
  }
  const file = createWriteStream(to, { mode: 0o600 });
  for await (const entry of auditEntries(store)) {
    if (matches(entry, filter) && !file.write(`${JSON.stringify(entry)}\n`)) await once(file, 'drain');
  }
  await finished(file.end());
}

function requireTime(name: string, text: string | undefined): void {
  if (text === undefined || !Number.isNaN(Date.parse(text))) return;
  const message = `--${name} must be a time, such as 2026-06-02T18:00:00+02:00`;
  throw new TocsinError('invalid', 'invalid_time', message);
}
