/**
 * What a route tells those who look after it: log lines that say a thing once and do not flood, and why the SMSC cannot
 * be bound. It acts on nothing.
 */
import type { Logger } from '../log.ts';

/** The same fault is told at most this often. */
const FAULT_LOG_MS = 5_000;
const ANOMALY_LOG_MS = 10_000;
const DOWN_LOG_MS = 60_000;

export class RouteAlarms {
  readonly #log: Logger;
  readonly #toldAt = new Map<string, number>();
  #refused: string | undefined;
  #distrusted: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Why the SMSC is not bound and will not be before a person has looked at it. */
  get refused(): string | undefined {
    return this.#refused ?? this.#distrusted;
  }

  storeFault(error: Error): void {
    if (this.#due('store', FAULT_LOG_MS)) this.#log.error({ err: error }, 'the store refused or is gone; trying again');
  }

  /** The one line about an SMSC that cannot be reached, not one for every try. */
  down(reason: string): void {
    if (this.#due('down', DOWN_LOG_MS)) this.#log.warn({ reason }, 'no link of the route is bound; trying again');
  }

  /** The SMSC refuses the account; false when that is known. */
  refuse(status: string): boolean {
    if (this.#refused !== undefined) return false;
    this.#refused = status;
    this.#log.fatal({ status }, 'route stopped: the SMSC refuses its credentials');
    return true;
  }

  /** The SMSC could not show who it is, or does not take our certificate: nothing was sent, not even the bind. */
  distrust(reason: string): void {
    if (this.#distrusted === reason) return;
    this.#distrusted = reason;
    this.#log.fatal({ reason }, 'no link over TLS: a certificate is not accepted; nothing is sent in the clear');
  }

  bound(): void {
    this.#distrusted = undefined;
  }

  window(places: number): void {
    this.#log.info({ places }, 'the window of the links follows what the SMSC takes');
  }

  unverified(): void {
    this.#log.warn('tls.verify is false: whoever answers at the address of the SMSC is taken for it');
  }

  anomaly(link: number, kind: string): void {
    if (this.#due(kind, ANOMALY_LOG_MS)) this.#log.warn({ link, kind }, 'SMSC sent something out of order');
  }

  #due(what: string, everyMs: number): boolean {
    const now = performance.now();
    if (now - (this.#toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
    this.#toldAt.set(what, now);
    return true;
  }
}
