/**
 * Replicas that must hold a write before it counts. Redis answers a write when its own disk has it; a master that dies
 * then takes with it what no replica had got. Here a step waits until they have.
 *
 * After a step has answered, one more write goes over the same connection (the fence), and WAIT behind it. Replication is
 * one stream, so replicas that have the fence have all that this master did before it: the step, even one that found its
 * work done already and wrote nothing, and whatever the step had read. Step, fence and WAIT must meet one and the same
 * master: where the connection broke or the slot moved between them, nothing is confirmed, and the caller repeats the
 * step, which the ledger's rule 4 allows.
 */
import { Cluster, Command, type Redis } from 'ioredis';
import { TocsinError } from '../errors.ts';

/** A replica that has not answered by then is behind or gone: the step is tried again, which waits anew. */
const WAIT_MS = 1_000;

/** The confirmations of one connection to one master: one at a time, and those asked for meanwhile share the next. */
class Line {
  readonly redis: Redis;
  /** How often this connection broke: a fence on another connection proves nothing. */
  breaks = 0;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(redis: Redis) {
    this.redis = redis;
    redis.on('close', () => {
      this.breaks += 1;
    });
  }

  share(confirm: () => Promise<void>): Promise<void> {
    this.#next ??= this.#current.then(() => {
      const confirmation = confirm();
      this.#next = undefined;
      this.#current = confirmation.catch(() => {});
      return confirmation;
    });
    return this.#next;
  }
}

export class Replicas {
  /** How many must hold a write. */
  readonly least: number;
  readonly #redis: Redis | Cluster;
  readonly #prefix: string;
  readonly #lines = new WeakMap<Redis, Line>();
  readonly #slots = new Map<string, number>();

  constructor({ redis, prefix, least }: { redis: Redis | Cluster; prefix: string; least: number }) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.least = least;
  }

  /**
   * Runs a step on keys of one hash tag and resolves when enough replicas hold its effect.
   * Throws `unavailable` / `not_replicated`: the step may be done or not, and has to be repeated.
   */
  async confirmed<T>(tag: string, step: () => Promise<T>): Promise<T> {
    const line = this.#lineOf(tag);
    const breaks = line?.breaks;
    const result = await step();
    const same = () => line !== undefined && line.breaks === breaks && this.#lineOf(tag) === line;
    if (!line || !same()) throw notReplicated('the master changed under it');
    await line.share(() => this.#confirm(line, tag));
    if (!same()) throw notReplicated('the master changed under it');
    return result;
  }

  async #confirm(line: Line, tag: string): Promise<void> {
    const [, held] = await Promise.all([line.redis.set(this.#fence(tag), ''), line.redis.wait(this.least, WAIT_MS)]);
    if (held < this.least) throw notReplicated(`${held} of ${this.least} replicas have it`);
  }

  #fence(tag: string): string {
    return `${this.#prefix}{${tag}}:fence`;
  }

  /** The connection to the master that has the tag; undefined while nobody is known to. */
  #lineOf(tag: string): Line | undefined {
    const redis = this.#redis instanceof Cluster ? this.#masterOf(this.#redis, tag) : this.#redis;
    if (!redis) return undefined;
    const held = this.#lines.get(redis);
    if (held) return held;
    const line = new Line(redis);
    this.#lines.set(redis, line);
    return line;
  }

  #masterOf(cluster: Cluster, tag: string): Redis | undefined {
    const slot = this.#slots.get(tag) ?? Number(new Command('get', [this.#fence(tag)]).getSlot());
    this.#slots.set(tag, slot);
    const master = cluster.slots[slot]?.[0];
    return cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === master);
  }
}

const notReplicated = (why: string): TocsinError =>
  new TocsinError('unavailable', 'not_replicated', `A write is not on enough replicas: ${why}`);

/**
 * Runs a step on keys of one hash tag; with replicas required, resolves when they hold its effect. Costs nothing without.
 */
export function confirmed<T>(
  { replicas }: { readonly replicas?: Replicas },
  tag: string,
  step: () => Promise<T>,
): Promise<T> {
  return replicas === undefined ? step() : replicas.confirmed(tag, step);
}
