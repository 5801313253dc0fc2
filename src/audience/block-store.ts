/**
 * An audience's blocks in Redis. Blocks are many and large, so they are spread over hash tags and written before the
 * record that publishes them; a journal, kept ahead of the blocks, says what to remove when that record never comes.
 */
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { confirmed } from '../store/replicas.ts';

/** Hash tags that blocks are spread over. */
const SHARDS = 16;
const LEASE_MS = 60_000;
const LEASE_EVERY_MS = 15_000;
/** Of the lease, when an import is published: nobody sweeps it meanwhile. */
const LEAST_LEFT_MS = 5_000;
const UNLINK_AT_ONCE = 1_000;

const tagOf = (block: number): string => `aud${block % SHARDS}`;

export interface NewBlock {
  readonly region: string;
  readonly language: string;
  readonly block: number;
  readonly bytes: Buffer;
}

export class BlockStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  #blockKey(id: string, region: string, language: string, block: number): string {
    return `${this.#store.prefix}{${tagOf(block)}}:block:${id}:${region}:${language}:${block}`;
  }

  #indexKey(id: string, region: string, language: string): string {
    return `${this.#store.prefix}{aud}:index:${id}:${region}:${language}`;
  }

  #key(name: string): string {
    return `${this.#store.prefix}{aud}:${name}`;
  }

  /** Marks an import as under way and keeps it so until the function returned is called. */
  async hold(id: string): Promise<() => void> {
    const { redis } = this.#store;
    await redis.hset(this.#key('imports'), id, Date.now());
    const lease = this.#key(`lease:${id}`);
    await redis.set(lease, '1', 'PX', LEASE_MS);
    // Only while it stands: one that ran out is no lease again, since its blocks may be swept already.
    const renew = () => redis.set(lease, '1', 'PX', LEASE_MS, 'XX');
    const timer = setInterval(() => void renew().catch(() => {}), LEASE_EVERY_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Throws `unavailable` / `import_overtaken` where the lease ran out: somebody may have removed the blocks since. */
  async requireHeld(id: string): Promise<void> {
    if ((await this.#store.redis.pttl(this.#key(`lease:${id}`))) > LEAST_LEFT_MS) return;
    const message = 'The store was out of reach for too long, and the import was given up; import again';
    throw new TocsinError('unavailable', 'import_overtaken', message);
  }

  /** Writes blocks that follow, in each group, those written before. */
  async write(id: string, blocks: readonly NewBlock[]): Promise<void> {
    const { redis } = this.#store;
    const reach = new Map(blocks.map(({ region, language, block }) => [`${region}:${language}`, block + 1]));
    if (reach.size === 0) return;
    await redis.hset(this.#key(`journal:${id}`), Object.fromEntries(reach));
    await Promise.all(
      blocks.map(({ region, language, block, bytes }) =>
        confirmed(this.#store, tagOf(block), () => redis.set(this.#blockKey(id, region, language, block), bytes)),
      ),
    );
  }

  async read(id: string, region: string, language: string, block: number): Promise<Buffer | undefined> {
    return (await this.#store.redis.getBuffer(this.#blockKey(id, region, language, block))) ?? undefined;
  }

  /** `firsts`: the first number of each block of the group, packed as a block is. */
  async writeIndex(id: string, region: string, language: string, firsts: Buffer): Promise<void> {
    await confirmed(this.#store, 'aud', () => this.#store.redis.set(this.#indexKey(id, region, language), firsts));
  }

  async readIndex(id: string, region: string, language: string): Promise<Buffer | undefined> {
    return (await this.#store.redis.getBuffer(this.#indexKey(id, region, language))) ?? undefined;
  }

  /** The import is over and its blocks stay, or are gone already. */
  async forget(id: string): Promise<void> {
    await this.#store.redis.del(this.#key(`journal:${id}`), this.#key(`lease:${id}`));
    await this.#store.redis.hdel(this.#key('imports'), id);
  }

  /** Removes whatever an import that was never published has left. */
  async remove(id: string): Promise<void> {
    const { redis } = this.#store;
    for (const [group, blocks] of Object.entries(await redis.hgetall(this.#key(`journal:${id}`)))) {
      const [region = '', language = ''] = group.split(':');
      await this.unlink(id, region, language, Number(blocks));
    }
    await this.forget(id);
  }

  /** Removes the first `blocks` of a group, and its index. */
  async unlink(id: string, region: string, language: string, blocks: number): Promise<void> {
    const { redis } = this.#store;
    await redis.unlink(this.#indexKey(id, region, language));
    for (let from = 0; from < blocks; from += UNLINK_AT_ONCE) {
      const until = Math.min(from + UNLINK_AT_ONCE, blocks);
      const keys = Array.from({ length: until - from }, (_, i) => this.#blockKey(id, region, language, from + i));
      await Promise.all(keys.map((key) => redis.unlink(key)));
    }
  }

  /** Imports that were begun and neither ended nor are still being worked on by any process. */
  async abandoned(): Promise<string[]> {
    const { redis } = this.#store;
    const ids = await redis.hkeys(this.#key('imports'));
    const held = await Promise.all(ids.map((id) => this.held(id)));
    return ids.filter((_, i) => !held[i]);
  }

  async held(id: string): Promise<boolean> {
    return (await this.#store.redis.exists(this.#key(`lease:${id}`))) === 1;
  }
}
