/**
 * Severity decides across processes too (R11): while one has work of a graver broadcast that may go now, the others hold
 * back what is of lower rank on that route, which would take its segments and its SMSC's time. The mark in Redis fades by
 * itself, so a process that dies holds nobody up.
 */
import type { Store } from '../store/connection.ts';
import type { Feed } from './feed.ts';

const EVERY_MS = 100;
const FADES_MS = 400;

/** KEYS 1 mark of the route  ARGV 1 rank of the caller's gravest work, 2 ms until a mark fades. Returns the gravest rank of all. */
const MARK = `
local held = redis.call('GET', KEYS[1])
if held and tonumber(held) < tonumber(ARGV[1]) then return tonumber(held) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(ARGV[1])`;

interface PrecedenceScripts {
  precedenceMark(key: string, rank: number, fadesMs: number): Promise<number>;
}

export interface PrecedenceDeps {
  readonly store: Store;
  readonly route: string;
  readonly feed: Feed;
  /** Rank of the gravest work that may go now; undefined when there is none. */
  readonly gravest: () => number | undefined;
  /** The ranks that may go have changed. */
  readonly onChange: () => void;
  readonly onStoreFault: (error: Error) => void;
}

export class Precedence {
  readonly #deps: PrecedenceDeps;
  readonly #redis: Store['redis'] & PrecedenceScripts;
  readonly #key: string;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(deps: PrecedenceDeps) {
    this.#deps = deps;
    deps.store.redis.defineCommand('precedenceMark', { lua: MARK, numberOfKeys: 1 });
    this.#redis = deps.store.redis as Store['redis'] & PrecedenceScripts;
    this.#key = `${deps.store.prefix}{pace-${deps.route}}:gravest`;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { feed, gravest, onStoreFault } = this.#deps;
    const own = gravest();
    // Without work it is in nobody's way.
    if (this.#asking || own === undefined) return;
    this.#asking = true;
    this.#redis
      .precedenceMark(this.#key, own, FADES_MS)
      .then((rank) => {
        const before = feed.ceiling;
        feed.ceiling = rank;
        if (rank > before) this.#deps.onChange();
      }, onStoreFault)
      .finally(() => {
        this.#asking = false;
      });
  }
}
