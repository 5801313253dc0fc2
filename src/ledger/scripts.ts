/** The ledger's scripts as typed calls on a connection. */
import { readFileSync } from 'node:fs';
import type { Store } from '../store/connection.ts';
import { eventCode, isOfClaim, SLOT_EVENTS, transitionTable } from './states.ts';

type Argument = string | number | Buffer;

export interface LedgerScripts {
  ledgerApply(keyCount: number, ...keysAndArguments: Argument[]): Promise<number>;
  ledgerTakeBuffer(slots: string, bytes: number, epochStep: number): Promise<Buffer>;
  ledgerClaimBuffer(
    counts: string,
    slots: string,
    epoch: number,
    lane: number,
    first: number,
    last: number,
  ): Promise<Buffer | null>;
  ledgerJoin(keyCount: number, ...keysAndArguments: Argument[]): Promise<string[]>;
}

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/**
 * First argument of every `ledgerApply`: the table of changes; for each event, whether it is one of a claim (0 or 1); and the
 * event that waits for all parts.
 */
export const APPLY_TABLES = Buffer.concat([
  transitionTable(),
  Buffer.from(SLOT_EVENTS.map((event) => (isOfClaim(event) ? 1 : 0))),
  Buffer.of(eventCode('receiptDelivered')),
]);

export function withScripts(redis: Store['redis']): Store['redis'] & LedgerScripts {
  redis.defineCommand('ledgerApply', { lua: source('apply') });
  redis.defineCommand('ledgerTake', { lua: source('take'), numberOfKeys: 1 });
  redis.defineCommand('ledgerClaim', { lua: source('claim'), numberOfKeys: 2 });
  redis.defineCommand('ledgerJoin', { lua: source('join') });
  return redis as Store['redis'] & LedgerScripts;
}
