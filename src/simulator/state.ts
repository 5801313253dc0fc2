/** What the parts of the simulated SMSC share: one plain object, made in smsc.ts. */
import type { AccountState, Accounts } from './account-state.ts';
import type { HeldMessages } from './held-messages.ts';
import type { Plan } from './plan.ts';
import type { SeededRandom } from './random.ts';
import type { SimulatorRecord } from './record.ts';
import type { SmscLink } from './smsc-link.ts';

export interface SmscState {
  plan: Plan;
  readonly record: SimulatorRecord;
  readonly held: HeldMessages;
  readonly accounts: Accounts;
  /** Open connections by number. */
  readonly links: Map<number, SmscLink>;
  /** Choices about submissions, in the order of their arrival. */
  readonly random: SeededRandom;
  /** Choices about receipts as they go out: of their own, so that timing does not change the others. */
  readonly receiptRandom: SeededRandom;
  /** Milliseconds since the epoch with fractions; renewed with every chunk and tick, not with every message. */
  now: number;
  nextSerial: number;
}

/** The account that a session is bound to, or undefined before the bind. */
export function accountOf(state: SmscState, link: SmscLink): AccountState | undefined {
  return link.accountNumber === undefined ? undefined : state.accounts.at(link.accountNumber);
}
