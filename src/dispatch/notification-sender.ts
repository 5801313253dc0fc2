/**
 * Sends single texts to officials over a route's links, beside its batches: within its rate and its windows, and with no
 * receipt asked for. It keeps nothing: whoever has a text sent hears how it ended, and decides.
 */
import type { Route } from '../broadcasts/routes.ts';
import { baseAddress, batchNumber, MAX_BATCHES, offsetOf } from '../ledger/address.ts';
import { STATUS, statusName } from '../smpp/constants.ts';
import type { SubmitTemplate } from '../smpp/submit-template.ts';
import { textTemplates, type WireMessage } from './lane-texts.ts';
import type { Link } from './link.ts';
import type { Pacer } from './pacer.ts';

export interface NotificationSenderDeps {
  readonly route: Route;
  readonly pacer: Pick<Pacer, 'take' | 'giveBack' | 'together'>;
  readonly links: () => readonly Pick<Link, 'room' | 'open' | 'reserve' | 'unreserve' | 'submit'>[];
}

/** Submissions of batches have addresses from here on: there is no broadcast 0. */
const FIRST_OF_BROADCASTS = baseAddress(batchNumber(1, 0));
/** A response that takes longer than the route waits for it never comes; nor is one waited for beyond a lease. */
const MARGIN_MS = 1_000;
const LONGEST_MS = 30_000;

export class NotificationSender {
  readonly #deps: NotificationSenderDeps;
  readonly #waiting = new Map<number, (status: number) => void>();
  #last = 0;

  constructor(deps: NotificationSenderDeps) {
    this.#deps = deps;
  }

  /** Resolves with undefined when the SMSC took it, else with why not: a code. Rejects when the store refuses. */
  async send(message: WireMessage, msisdn: number): Promise<string | undefined> {
    const { route, pacer, links } = this.#deps;
    const templates = textTemplates({ ...message, untracked: true }, route);
    const parts = templates.length;
    const grant = await pacer.take(parts, parts);
    const link = links().find(({ room }) => room >= parts);
    if (!link) {
      pacer.giveBack(grant);
      return 'no_room';
    }
    const answers = await this.#submit(link, templates, msisdn, pacer.together(grant, parts));
    if (!answers) return 'link_lost';
    const refused = (await Promise.all(answers)).find((status) => status !== STATUS.ESME_ROK);
    if (refused === undefined) return undefined;
    return refused < 0 ? 'no_answer' : statusName(refused).toLowerCase();
  }

  /** Writes every part to the link at its moment; undefined where that is gone by then. */
  async #submit(
    link: ReturnType<NotificationSenderDeps['links']>[number],
    templates: readonly SubmitTemplate[],
    msisdn: number,
    moment: () => Promise<void>,
  ): Promise<Promise<number>[] | undefined> {
    link.reserve(templates.length);
    try {
      await moment();
      if (!link.open) return undefined;
      const base = this.#nextBase();
      return templates.map((template, part) => {
        const address = base + offsetOf(0, part);
        const answer = this.#answerTo(address);
        link.submit(template, Float64Array.of(msisdn), Float64Array.of(address), 0, 0);
        return answer;
      });
    } finally {
      link.unreserve(templates.length);
    }
  }

  /** A response; those of batches are not looked at. */
  answered(address: number, status: number): void {
    if (address < FIRST_OF_BROADCASTS) this.#waiting.get(address)?.(status);
  }

  #nextBase(): number {
    this.#last = (this.#last + 1) % MAX_BATCHES;
    return baseAddress(batchNumber(0, this.#last));
  }

  /** The status of the response, or -1 when none comes. */
  #answerTo(address: number): Promise<number> {
    return new Promise((resolve) => {
      const settle = (status: number) => {
        clearTimeout(timer);
        this.#waiting.delete(address);
        resolve(status);
      };
      const timer = setTimeout(() => settle(-1), Math.min(this.#deps.route.responseTimeoutMs + MARGIN_MS, LONGEST_MS));
      this.#waiting.set(address, settle);
    });
  }
}
