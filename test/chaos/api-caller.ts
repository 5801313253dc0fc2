/** A client of the API as it should be: it gives every POST a key, and repeats it under that key until it has an answer. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** An answer, whatever it says. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Sending {
  readonly type?: string;
  /** Made anew for every try. */
  readonly body?: () => string | ReadableStream<Uint8Array>;
}

const REPEAT_AFTER_MS = 100;
const GIVE_UP_MS = 60_000;

export class ApiCaller {
  readonly #base: () => Promise<string>;
  readonly #secret: string;

  /** `base` resolves when the API answers, and starts it where it must. */
  constructor(base: () => Promise<string>, secret: string) {
    this.#base = base;
    this.#secret = secret;
  }

  async get(path: string): Promise<Answer> {
    return this.#call('GET', path, {}, {});
  }

  /** Sends, and repeats what got no answer that settles it: no connection, 5xx, or the first one is still running. */
  async post(path: string, sending: Sending = {}): Promise<Answer> {
    const key = randomUUID();
    const end = performance.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.#call('POST', path, { 'idempotency-key': key }, sending).catch(() => undefined);
      const running = answer?.body.code === 'idempotency_key_in_use';
      if (answer && answer.status < 500 && !running) return answer;
      if (performance.now() > end) throw new Error(`POST ${path}: no answer within ${GIVE_UP_MS / 1_000} s`);
      await pause(REPEAT_AFTER_MS);
    }
  }

  /** Like `post`, but any refusal is an error. */
  async mustPost(path: string, body?: object): Promise<Answer['body']> {
    const answer = await this.post(path, body === undefined ? {} : json(body));
    if (answer.status < 400) return answer.body;
    throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async #call(method: string, path: string, headers: Record<string, string>, { type, body }: Sending): Promise<Answer> {
    const response = await fetch(`${await this.#base()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#secret}`,
        ...(type === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body(), duplex: 'half' }),
    } as RequestInit);
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }
}

export const json = (body: object): Sending => ({ type: 'application/json', body: () => JSON.stringify(body) });
