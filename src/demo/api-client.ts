/** Talks to the API as any other client would: JSON, problem details, server-sent events. Knows nothing of the inside. */
import { createReadStream, createWriteStream } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { json as readJson, text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** The approvals of one notice meet in one record: whoever comes second reads again and repeats. */
const CONFLICT_ROUNDS = 200;
const CONFLICT_PAUSE_MS = 20;

export interface Problem {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly faults?: readonly { readonly at: string; readonly message: string }[];
}

/** A call that was refused; its message tells the problem and every fault. */
export class ApiRefusal extends Error {
  readonly problem: Problem;

  constructor(call: string, problem: Problem) {
    const faults = (problem.faults ?? []).map(({ at, message }) => `\n  ${at}: ${message}`).join('');
    super(`${call} was refused with ${problem.status} ${problem.code ?? ''}: ${problem.detail ?? ''}${faults}`);
    this.name = 'ApiRefusal';
    this.problem = problem;
  }
}

interface Sent {
  readonly type?: string;
  readonly body?: Readable;
}

export class ApiClient {
  readonly #base: string;
  readonly #secret: string;
  readonly #signal: AbortSignal;

  /** `signal` breaks off whatever is under way. */
  constructor(base: string, secret: string, signal: AbortSignal) {
    this.#base = base;
    this.#secret = secret;
    this.#signal = signal;
  }

  async get<T>(path: string): Promise<T> {
    return (await readJson(await this.#call('GET', path))) as T;
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    const sent = { type: 'application/json', body: Readable.from([JSON.stringify(body)]) };
    return (await readJson(await this.#call('PUT', path, sent))) as T;
  }

  async post<T>(path: string, body: unknown = undefined): Promise<T> {
    const sent = body === undefined ? {} : { type: 'application/json', body: Readable.from([JSON.stringify(body)]) };
    return (await readJson(await this.#call('POST', path, sent))) as T;
  }

  /** Like `post`, again and again while others change the same record. */
  async postAmongOthers<T>(path: string, body: unknown): Promise<T> {
    for (let round = 1; ; round += 1) {
      try {
        return await this.post<T>(path, body);
      } catch (error) {
        const conflict = error instanceof ApiRefusal && error.problem.code === 'version_conflict';
        if (!conflict || round === CONFLICT_ROUNDS) throw error;
        await pause(CONFLICT_PAUSE_MS * Math.random());
      }
    }
  }

  async upload<T>(path: string, file: string, type: string): Promise<T> {
    return (await readJson(await this.#call('POST', path, { type, body: createReadStream(file) }))) as T;
  }

  async download(path: string, file: string): Promise<void> {
    await pipeline(await this.#call('GET', path), createWriteStream(file));
  }

  /** Server-sent events: name and data of each, until the server ends the stream. */
  async *events(path: string): AsyncGenerator<{ event: string; data: string }> {
    const reply = await this.#call('GET', path);
    reply.setEncoding('utf8');
    let held = '';
    for await (const chunk of reply as AsyncIterable<string>) {
      const blocks = (held + chunk).split('\n\n');
      held = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
        );
        const [event, data] = [fields.get('event'), fields.get('data')];
        if (event !== undefined && data !== undefined) yield { event, data };
      }
    }
  }

  async #call(method: string, path: string, sent: Sent = {}): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${this.#secret}`,
      ...(sent.type === undefined ? {} : { 'content-type': sent.type }),
    };
    const call = request(new URL(path, this.#base), { method, headers, signal: this.#signal });
    const replied = new Promise<IncomingMessage>((resolve, reject) => {
      call.once('response', resolve);
      call.once('error', reject);
    });
    // A refusal may come before the body is through: then the reply counts, not the broken pipe.
    if (sent.body) pipeline(sent.body, call).catch(() => {});
    else call.end();
    const reply = await replied;
    const { statusCode: status = 0 } = reply;
    if (status < 400) return reply;
    throw new ApiRefusal(`${method} ${path.split('?')[0]}`, { ...problemOf(await readText(reply)), status });
  }
}

function problemOf(text: string): Omit<Problem, 'status'> {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { detail: text.slice(0, 500) };
  }
}
