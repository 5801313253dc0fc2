/**
 * Notifications on their way to officials: that a notice waits for them. The API writes them and calls webhooks, the
 * dispatchers send the SMS; both take from here by id. A notification names its addressee as the approvals file does: no
 * telephone number and no URL is in it. What is taken and not settled comes again, so at worst somebody is told twice.
 */
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
  async take(channel: Channel, id: string): Promise<Stored<Notification> | undefined> {
    const { store, now, wanted } = this.#deps;
    if ((await store.redis.set(this.#lease(id), '1', 'PX', LEASE_MS, 'NX')) !== 'OK') return undefined;
    const found = await this.records.find(id);
    if (found?.value.state !== 'waiting') {
      const score = Number(await store.redis.zscore(this.#due(channel), id));
      if (found || now() - score > ORPHAN_MS) await store.redis.zrem(this.#due(channel), id);
      await this.#free(id);
      return undefined;
    }
    const over = now() >= Date.parse(found.value.deliverBy);
    const when = over ? 'never' : await (wanted?.(found.value) ?? 'now');
    if (when === 'now') return found;
    if (when === 'later') await this.putBack(found, WANTED_LATER_MS);
    else await this.#end(found, over ? { state: 'failed', fault: found.value.fault ?? 'too_late' } : { state: 'void' });
    return undefined;
  }

  /** It reached the webhook, or the SMSC took it. */
  sent(taken: Stored<Notification>): Promise<void> {
    const { fault: _, ...value } = taken.value;
    return this.#end({ ...taken, value: { ...value, attempts: value.attempts + 1 } }, { state: 'sent' });
  }

  /** It will never be: another try would end the same. */
  refused(taken: Stored<Notification>, fault: string): Promise<void> {
    return this.#end(taken, { state: 'failed', fault });
  }

  /** It comes again, later each time. */
  async failed(taken: Stored<Notification>, fault: string): Promise<void> {
    const { store, now } = this.#deps;
    const attempts = taken.value.attempts + 1;
    const value = { ...taken.value, attempts, fault, lastAt: this.#time() };
    await this.#write(taken, value, 'notification.attempt');
    await store.redis.zadd(this.#due(taken.value.channel), now() + retryDelayMs(attempts), taken.id);
    await this.#free(taken.id);
  }

  /** Not tried at all: nothing can carry it just now. */
  async putBack(taken: Stored<Notification>, delayMs: number): Promise<void> {
    const { store, now } = this.#deps;
    await store.redis.zadd(this.#due(taken.value.channel), now() + delayMs, taken.id);
    await this.#free(taken.id);
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

  async #end(taken: Stored<Notification>, end: Pick<Notification, 'state' | 'fault'>): Promise<void> {
    await this.#write(taken, { ...taken.value, ...end, lastAt: this.#time() }, `notification.${end.state}`);
    await this.#deps.store.redis.zrem(this.#due(taken.value.channel), taken.id);
    await this.#free(taken.id);
  }

  async #write(taken: Stored<Notification>, value: Notification, action: string): Promise<void> {
    const { notice, stage, channel, to, attempts, fault } = value;
    const detail = { notification: taken.id, stage, channel, to, attempts, ...(fault === undefined ? {} : { fault }) };
    const act = { actor: 'system', action, subject: `notice/${notice}`, detail };
    await commit(this.#deps.store, act, [this.records.put(taken, value)]);
  }

  #time(): string {
    return new Date(this.#deps.now()).toISOString();
  }

  #lease(id: string): string {
    return `${this.#deps.store.prefix}{rec}:notification-taken:${id}`;
  }

  async #free(id: string): Promise<void> {
    await this.#deps.store.redis.del(this.#lease(id));
  }
}
