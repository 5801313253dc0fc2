/**
 * Delivers notifications to webhooks: a POST of JSON, signed, until the other side answers 2xx. It follows no redirect and
 * believes no answer but the status; a URL is never logged, since it may hold a token.
 */
import { createHmac } from 'node:crypto';
import type { PolicyWebhook } from '../notices/policy.ts';
import type { Notification, Notifications, Taken } from '../queue/notifications.ts';
import type { Stored } from '../store/records.ts';

export interface WebhookDeps {
  readonly notifications: Notifications;
  readonly webhooks: readonly PolicyWebhook[];
  readonly now: () => number;
  readonly timeoutMs?: number;
}

const AT_ONCE = 10;
const TIMEOUT_MS = 10_000;

/** `t=<seconds since epoch>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`: the time is signed too, against replays. */
export function signatureOf(secret: string, body: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1_000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

export class Webhooks {
  readonly #deps: WebhookDeps;

  constructor(deps: WebhookDeps) {
    this.#deps = deps;
  }

  /** Delivers what is due, each by one process. */
  async tick(): Promise<void> {
    const { notifications } = this.#deps;
    const ids = await notifications.due('webhook', AT_ONCE);
    await Promise.all(
      ids.map(async (id) => {
        const taken = await notifications.take('webhook', id);
        if (taken) await this.#deliver(taken);
      }),
    );
  }

  async #deliver(taken: Taken): Promise<void> {
    const { notifications, webhooks } = this.#deps;
    const webhook = webhooks.find(({ id }) => id === taken.value.to);
    if (!webhook) return notifications.refused(taken, 'unknown_webhook');
    const fault = await this.#post(webhook, taken);
    await (fault === undefined ? notifications.sent(taken) : notifications.failed(taken, fault));
  }

  /** Undefined when it was taken, else why not. */
  async #post({ url, secret }: PolicyWebhook, { id, value }: Stored<Notification>): Promise<string | undefined> {
    const { now, timeoutMs = TIMEOUT_MS } = this.#deps;
    const body = JSON.stringify({ id, ...value.payload });
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'Tocsin',
          'Tocsin-Notification': id,
          'Tocsin-Signature': signatureOf(secret, body, now()),
        },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `http_${response.status}`;
    } catch (error) {
      return codeOf(error);
    }
  }
}

/** A word for what went wrong, that holds no address. */
function codeOf(error: unknown): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'timeout';
  return typeof cause?.code === 'string' ? cause.code.toLowerCase() : 'unreachable';
}
