/**
 * Notifications on their way to officials: that a notice waits for them. The API writes them and calls webhooks, the
 * dispatchers send the SMS; both take from here by id. A notification names its addressee as the approvals file does: no
 * telephone number and no URL is in it. What is taken and not settled comes again, so at worst somebody is told twice.
 */
import { randomUUID } from 'node:crypto';
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { commit, Records, type Stored } from '../store/records.ts';

/** By webhook, or by SMS on the routes of one kind. */
export type Channel = 'webhook' | 'live' | 'exercise';

export interface Notification {
  /** Id of the notice that waits. */
  readonly notice: string;
  /** RFC 3339: which submission of it; a later one voids this. */
  readonly submittedAt: string;
  readonly stage: 'submitted' | 'escalated';
  readonly status: 'Actual' | 'Exercise' | 'Test';
  readonly channel: Channel;
  /** Id of the person or webhook in the approvals file. */
  readonly to: string;
  readonly regions: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339: given up after this. */
  readonly deliverBy: string;
  /** Of an SMS. */
  readonly text?: string;
  /** Of a webhook. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** `void`: nobody waits any more, so nobody was told. */
  readonly state: 'waiting' | 'sent' | 'failed' | 'void';
  readonly attempts: number;
  /** RFC 3339: of the last attempt, or of the end. */
  readonly lastAt?: string;
  /** Why the last attempt failed: a code. */
  readonly fault?: string;
}

/** A notification in the hands of one taker, by the token of the lease: another token, and it is no longer theirs. */
export interface Taken extends Stored<Notification> {
  readonly token: string;
}

/** Whether somebody is to be told: `later` when nobody waits, but may again; `never` makes it `void`. */
export type Wanted = 'now' | 'later' | 'never';

export interface NotificationsDeps {
  readonly store: Store;
  /** ms since epoch. */
  readonly now: () => number;
  /** Whether anybody still waits; default: `now`. */
  readonly wanted?: (notification: Notification) => Promise<Wanted>;
}

/** Who took a notification has this long; longer than any attempt. */
const LEASE_MS = 45_000;
/** An entry is written before its record; without one after this, the record was never written. */
const ORPHAN_MS = 60_000;
/** How soon one is looked at again that nobody waits for just now. */
const WANTED_LATER_MS = 10_000;
const NOBODY_CAME_MS = 600_000;
const LAPSE_AT_ONCE = 10;
/** KEYS the lease, ARGV the token: gives back one's own lease, and nobody else's. */
const FREE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 300_000;

/** Doubles, to five minutes; with chance in it, so that a webhook that comes back is not met by all at once. */
export function retryDelayMs(attempts: number, chance = Math.random()): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(attempts - 1, 16)) * (0.75 + chance / 2);
}

export class Notifications {
  readonly records: Records<Notification>;
  readonly #deps: NotificationsDeps;

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
    this.records = new Records<Notification>(deps.store, 'notification');
  }

  #due(channel: Channel): string {
    return `${this.#deps.store.prefix}{rec}:notifications-due:${channel}`;
  }

  /** Before their records are written: who finds the record missing looks again. */
  async announce(notifications: readonly { id: string; channel: Channel }[]): Promise<void> {
    const { store, now } = this.#deps;
    await Promise.all(notifications.map(({ id, channel }) => store.redis.zadd(this.#due(channel), now(), id)));
  }

  /** Ids that are due on a channel, the longest first. */
  due(channel: Channel, most: number): Promise<string[]> {
    return this.#deps.store.redis.zrangebyscore(this.#due(channel), '-inf', this.#deps.now(), 'LIMIT', 0, most);
  }

  /** A notification to deliver now, by this process alone; undefined when another has it, or nobody needs it. */
  async take(channel: Channel, id: string): Promise<Taken | undefined> {
    const { store, now, wanted } = this.#deps;
    const token = randomUUID();
    if ((await store.redis.set(this.#lease(id), token, 'PX', LEASE_MS, 'NX')) !== 'OK') return undefined;
    const found = await this.records.find(id);
    if (found?.value.state !== 'waiting') {
      const score = Number(await store.redis.zscore(this.#due(channel), id));
      if (found || now() - score > ORPHAN_MS) await store.redis.zrem(this.#due(channel), id);
      await this.#free({ id, token });
      return undefined;
    }
    const taken = { ...found, token };
    const over = now() >= Date.parse(found.value.deliverBy);
    const when = over ? 'never' : await (wanted?.(found.value) ?? 'now');
    if (when === 'now') return taken;
    if (when === 'later') await this.putBack(taken, WANTED_LATER_MS);
    else await this.#end(taken, over ? { state: 'failed', fault: found.value.fault ?? 'too_late' } : { state: 'void' });
    return undefined;
  }

  /** It reached the webhook, or the SMSC took it. That stands, though the lease ran out and another has it by now. */
  async sent(taken: Taken): Promise<void> {
    let current: Stored<Notification> | undefined = taken;
    for (; current?.value.state === 'waiting'; current = await this.records.find(taken.id)) {
      const { fault: _, ...value } = current.value;
      const sent = { ...value, attempts: value.attempts + 1, state: 'sent', lastAt: this.#time() } as const;
      if (await this.#written(current, sent, 'notification.sent')) break;
    }
    await this.#over(taken);
  }

  /** It will never be: another try would end the same. */
  async refused(taken: Taken, fault: string): Promise<void> {
    if (await this.#holds(taken)) await this.#end(taken, { state: 'failed', fault });
  }

  /** It comes again, later each time. */
  async failed(taken: Taken, fault: string): Promise<void> {
    if (!(await this.#holds(taken))) return;
    const { store, now } = this.#deps;
    const attempts = taken.value.attempts + 1;
    const value = { ...taken.value, attempts, fault, lastAt: this.#time() };
    if (await this.#written(taken, value, 'notification.attempt')) {
      await store.redis.zadd(this.#due(taken.value.channel), now() + retryDelayMs(attempts), taken.id);
    }
    await this.#free(taken);
  }

  /** Not tried at all: nothing can carry it just now. */
  async putBack(taken: Taken, delayMs: number): Promise<void> {
    if (!(await this.#holds(taken))) return;
    const { store, now } = this.#deps;
    await store.redis.zadd(this.#due(taken.value.channel), now() + delayMs, taken.id);
    await this.#free(taken);
  }

  /** Ends SMS that no dispatcher came for, when they are too late or nobody waits: without a route none ever does. */
  async lapse(): Promise<void> {
    const { store, now } = this.#deps;
    for (const channel of ['live', 'exercise'] as const) {
      const long = now() - NOBODY_CAME_MS;
      for (const id of await store.redis.zrangebyscore(this.#due(channel), '-inf', long, 'LIMIT', 0, LAPSE_AT_ONCE)) {
        const taken = await this.take(channel, id);
        if (taken) await this.putBack(taken, 0);
      }
    }
  }

  async #end(taken: Taken, end: Pick<Notification, 'state' | 'fault'>): Promise<void> {
    const value = { ...taken.value, ...end, lastAt: this.#time() };
    if (await this.#written(taken, value, `notification.${end.state}`)) await this.#over(taken);
    else await this.#free(taken);
  }

  async #over(taken: Taken): Promise<void> {
    await this.#deps.store.redis.zrem(this.#due(taken.value.channel), taken.id);
    await this.#free(taken);
  }

  /** Whether it still was as `current` says. */
  async #written(current: Stored<Notification>, value: Notification, action: string): Promise<boolean> {
    const { notice, stage, channel, to, attempts, fault } = value;
    const detail = {
      notification: current.id,
      stage,
      channel,
      to,
      attempts,
      ...(fault === undefined ? {} : { fault }),
    };
    const act = { actor: 'system', action, subject: `notice/${notice}`, detail };
    try {
      await commit(this.#deps.store, act, [this.records.put(current, value)]);
      return true;
    } catch (error) {
      if (error instanceof TocsinError && error.code === 'version_conflict') return false;
      throw error;
    }
  }

  #time(): string {
    return new Date(this.#deps.now()).toISOString();
  }

  #lease(id: string): string {
    return `${this.#deps.store.prefix}{rec}:notification-taken:${id}`;
  }

  async #holds({ id, token }: Taken): Promise<boolean> {
    return (await this.#deps.store.redis.get(this.#lease(id))) === token;
  }

  async #free({ id, token }: Pick<Taken, 'id' | 'token'>): Promise<void> {
    await this.#deps.store.redis.eval(FREE, 1, this.#lease(id), token);
  }
}
