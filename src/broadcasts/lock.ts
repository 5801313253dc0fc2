/** A lock that one process holds while it renews it; when it dies another has it within `ms`. */
import type { Store } from '../store/connection.ts';
import { shortenExpiry } from '../store/expiry.ts';

export class Lock {
  readonly #store: Store;
  readonly #key: string;
  readonly #holder: string;
  readonly #ms: number;

  constructor(deps: { store: Store; name: string; holder: string; ms: number }) {
    this.#store = deps.store;
    this.#key = `${deps.store.prefix}{rec}:${deps.name}`;
    this.#holder = deps.holder;
    this.#ms = deps.ms;
  }

  /** Takes or renews it; says whether this process has it. */
  async hold(): Promise<boolean> {
    const { redis } = this.#store;
    if ((await redis.set(this.#key, this.#holder, 'PX', this.#ms, 'NX')) === 'OK') return true;
    if ((await redis.get(this.#key)) !== this.#holder) {
      await shortenExpiry(redis, this.#key, this.#ms);
      return false;
    }
    await redis.pexpire(this.#key, this.#ms);
    return true;
  }

  /** Lets another process have it at once. */
  async leave(): Promise<void> {
    const { redis } = this.#store;
    if ((await redis.get(this.#key)) === this.#holder) await redis.del(this.#key);
  }
}
