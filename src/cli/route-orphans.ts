/** `tocsin routes orphans`: receipts that a route got for message ids which no response has named (quirk 14). */
import { Command } from 'commander';
import { MessageIds, type Orphan } from '../ledger/message-ids.ts';
import { SLOT_EVENTS } from '../ledger/states.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

const SHOWN = 1_000;

export function routeOrphansCommand(cli: Cli): Command {
  return new Command('orphans')
    .description('list receipts of message ids that nobody knows; they are kept for a day or two')
    .argument('<route>', 'id of the route')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Many of them, while recipients stay unconfirmed, say that ids are written
differently in responses and receipts: see receipts.responseId and receiptId in
docs/routes.md. Some seconds after a submission it may be no orphan at all: the
receipt came before its response.`,
    )
    .action((route: string, options: { json?: boolean }) => orphans(cli, route, options));
}

/** `receiptDelivered` → `delivered`. */
const stateOf = (code: number): string => (SLOT_EVENTS[code] ?? '?').replace('receipt', '').toLowerCase();

async function orphans(cli: Cli, route: string, { json }: { json?: boolean }): Promise<void> {
  const store = await cli.openStore();
  const found: Orphan[] = [];
  let count = 0;
  for await (const orphan of new MessageIds({ store, route }).orphans()) {
    count += 1;
    if (found.length < SHOWN) found.push(orphan);
  }
  const rows = found.map(({ id, events, day }) => ({ messageId: id, states: events.map(stateOf), day }));
  if (json) return cli.print(JSON.stringify(rows));
  if (count === 0) return cli.print(`${route}: no receipt without its submission`);
  cli.print(
    table(
      ['message id', 'states', 'came on'],
      rows.map(({ messageId, states, day }) => [messageId, states.join(', '), day]),
    ),
  );
  cli.print(`${route}: ${count} receipts without their submission${count > SHOWN ? `, ${SHOWN} shown` : ''}`);
}
