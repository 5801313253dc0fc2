/**
 * Progress as server-sent events. One poller a broadcast, however many watch; it ends with the last watcher, with the
 * broadcast, or with the server. A watcher that reads too slowly misses states, never holds memory.
 */
import type { Response } from 'express';
import type { Progress } from '../broadcasts/progress.ts';

const POLL_MS = 500;
const HEARTBEAT_MS = 15_000;
/** What a browser waits before it connects again. */
const RETRY_MS = 2_000;
/** A cancelled broadcast still gets receipts; a closed one gets nothing more. */
const isFinal = ({ state }: Progress): boolean => state === 'closed';

interface Watcher {
  readonly response: Response;
  /** Throws when the watcher's key is no longer in force. */
  readonly stillAllowed: () => Promise<void>;
}

interface Feed {
  readonly watchers: Set<Watcher>;
  /** Number of the last event: its id, so that a browser can name it when it comes back. */
  events: number;
  last: string;
  heardMs: number;
  timer: NodeJS.Timeout | undefined;
}

export interface ProgressStreamsOptions {
  readonly progress: (id: string) => Promise<Progress>;
  /** Hears of progress that could not be read; the streams go on. */
  readonly onError: (error: unknown) => void;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
}

export class ProgressStreams {
  readonly #progress: (id: string) => Promise<Progress>;
  readonly #onError: (error: unknown) => void;
  readonly #pollMs: number;
  readonly #heartbeatMs: number;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: ProgressStreamsOptions) {
    this.#progress = options.progress;
    this.#onError = options.onError;
    this.#pollMs = options.pollMs ?? POLL_MS;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  }

  /** How many streams are open. */
  get open(): number {
    let watchers = 0;
    for (const feed of this.#feeds.values()) watchers += feed.watchers.size;
    return watchers;
  }

  /** Writes progress to `response` until the broadcast ends, the caller hangs up or `closeAll` is called. */
  watch(id: string, response: Response, first: Progress, stillAllowed: () => Promise<void>): void {
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // Proxies that buffer would hold events back.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    const feed = this.#feeds.get(id) ?? this.#start(id);
    const watcher: Watcher = { response, stillAllowed };
    response.once('close', () => this.#leave(id, feed, watcher));
    // Every state is whole, so a watcher that comes back (Last-Event-ID) needs only the newest.
    response.write(`retry: ${RETRY_MS}\n\n${eventText('progress', JSON.stringify(first), feed.events)}`);
    if (isFinal(first)) {
      response.end(eventText('closed', JSON.stringify({ state: first.state }), feed.events));
      return;
    }
    feed.watchers.add(watcher);
  }

  /** Ends every stream: for the server's shutdown. Browsers come back by themselves. */
  closeAll(): void {
    for (const [id, feed] of this.#feeds) this.#end(id, feed, ': the server is going away\n\n');
  }

  #start(id: string): Feed {
    const feed: Feed = { watchers: new Set(), events: 0, last: '', heardMs: Date.now(), timer: undefined };
    this.#feeds.set(id, feed);
    feed.timer = setTimeout(() => this.#poll(id, feed), this.#pollMs);
    return feed;
  }

  async #poll(id: string, feed: Feed): Promise<void> {
    try {
      await Promise.all([...feed.watchers].map((watcher) => this.#dismissRevoked(watcher)));
      const progress = await this.#progress(id);
      const text = JSON.stringify(progress);
      if (text !== feed.last) {
        feed.last = text;
        feed.events += 1;
        this.#write(feed, eventText('progress', text, feed.events));
      }
      if (isFinal(progress)) {
        this.#end(id, feed, eventText('closed', JSON.stringify({ state: progress.state }), feed.events));
      }
    } catch (error) {
      // The store may be away for a moment: watchers keep their stream, and see by the heartbeat that we live.
      this.#onError(error);
    }
    if (Date.now() - feed.heardMs >= this.#heartbeatMs) this.#write(feed, ': heartbeat\n\n');
    if (this.#feeds.get(id) === feed) feed.timer = setTimeout(() => this.#poll(id, feed), this.#pollMs);
  }

  #write(feed: Feed, text: string): void {
    feed.heardMs = Date.now();
    for (const { response } of feed.watchers) {
      if (!response.writableEnded && !response.writableNeedDrain) response.write(text);
    }
  }

  async #dismissRevoked({ response, stillAllowed }: Watcher): Promise<void> {
    try {
      await stillAllowed();
    } catch (error) {
      if (isRefusal(error)) response.end(': the key is no longer in force\n\n');
      else throw error;
    }
  }

  #leave(id: string, feed: Feed, watcher: Watcher): void {
    feed.watchers.delete(watcher);
    if (feed.watchers.size > 0 || this.#feeds.get(id) !== feed) return;
    this.#feeds.delete(id);
    clearTimeout(feed.timer);
  }

  #end(id: string, feed: Feed, farewell: string): void {
    this.#feeds.delete(id);
    clearTimeout(feed.timer);
    for (const { response } of feed.watchers) response.end(farewell);
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'kind' in error && error.kind === 'unauthenticated';

const eventText = (event: string, data: string, id: number): string => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
