/** What the SMSC knows of an account while it runs: its sessions, its rate, what waits to be told to it. */
import type { Account } from './behaviour.ts';
import type { HeldMessages } from './held-messages.ts';
import { MessageQueue } from './message-queue.ts';
import { SlidingSecond } from './sliding-second.ts';
import type { SmscLink } from './smsc-link.ts';

export class AccountState {
  readonly number: number;
  settings: Account;
  readonly rate = new SlidingSecond();
  /** Receipts that are due and not yet on a session. */
  readonly queue: MessageQueue;
  readonly links: SmscLink[] = [];
  /** Messages accepted and without a final state. */
  unfinished = 0;
  /** Until when sessions that were lost still count as bound. */
  #lingering: number[] = [];
  #turn = 0;

  constructor(number: number, settings: Account, held: HeldMessages) {
    this.number = number;
    this.settings = settings;
    this.queue = new MessageQueue(held);
  }

  boundAt(nowMs: number): number {
    this.#lingering = this.#lingering.filter((until) => until > nowMs);
    return this.links.length + this.#lingering.length;
  }

  /** The session has unbound. */
  leave(link: SmscLink): boolean {
    const index = this.links.indexOf(link);
    if (index >= 0) this.links.splice(index, 1);
    return index >= 0;
  }

  /** The session was lost without unbind: the SMSC may take a while to see it. */
  lose(link: SmscLink, lingerUntilMs: number): void {
    if (this.leave(link)) this.#lingering.push(lingerUntilMs);
  }

  /** The next session that can take a receipt, in turn, or undefined; `not` is passed over. */
  inTurn(canTake: (link: SmscLink) => boolean, not?: number): SmscLink | undefined {
    for (let tried = 0; tried < this.links.length; tried++) {
      this.#turn = (this.#turn + 1) % this.links.length;
      const link = this.links[this.#turn]!;
      if (link.number !== not && canTake(link)) return link;
    }
    return undefined;
  }
}

/** The accounts by system_id and by number; an account that the behaviour drops keeps its sessions, but binds no more. */
export class Accounts {
  readonly #held: HeldMessages;
  readonly #byName = new Map<string, AccountState>();
  readonly #byNumber: AccountState[] = [];
  #current = new Set<string>();

  constructor(held: HeldMessages) {
    this.#held = held;
  }

  apply(accounts: readonly Account[]): void {
    this.#current = new Set(accounts.map((account) => account.systemId));
    for (const settings of accounts) {
      const known = this.#byName.get(settings.systemId);
      if (known !== undefined) {
        known.settings = settings;
        continue;
      }
      const account = new AccountState(this.#byNumber.length, settings, this.#held);
      this.#byName.set(settings.systemId, account);
      this.#byNumber.push(account);
    }
  }

  find(systemId: string): AccountState | undefined {
    return this.#current.has(systemId) ? this.#byName.get(systemId) : undefined;
  }

  at(number: number): AccountState {
    return this.#byNumber[number]!;
  }

  all(): readonly AccountState[] {
    return this.#byNumber;
  }
}
