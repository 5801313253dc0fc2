/**
 * Has officials told by SMS that a notice waits for them. Takes notifications by id from the queue, and finds the number to
 * an addressee in the approvals file of its own machine: no number is ever in the store. An exercise leaves by an exercise
 * route, an Actual notice's call by a live one, whoever it is to (R6).
 */
import type { Route } from '../broadcasts/routes.ts';
import type { Logger } from '../log.ts';
import type { Notifications, Taken } from '../queue/notifications.ts';
import { kindOf } from '../sms/msisdn.ts';
import type { NotificationSender } from './notification-sender.ts';

export interface SmsNotificationsDeps {
  readonly notifications: Notifications;
  readonly routes: readonly {
    readonly kind: Route['kind'];
    readonly dispatch: { readonly bound: boolean; readonly notifications: Pick<NotificationSender, 'send'> };
  }[];
  /** E.164, by the id of a person in the approvals file. */
  readonly numberOf: (person: string) => number | undefined;
  /** Nothing leaves during a halt. */
  readonly halted: () => boolean;
  readonly log: Logger;
}

/** In one look: officials are few, and the public comes first. */
const AT_ONCE = 20;
const PUT_BACK_MS = 1_000;

export class SmsNotifications {
  readonly #deps: SmsNotificationsDeps;

  constructor(deps: SmsNotificationsDeps) {
    this.#deps = deps;
  }

  /** One look at what is due. */
  async look(): Promise<void> {
    for (const kind of ['live', 'exercise'] as const) {
      if (this.#deps.halted() || this.#able(kind).length === 0) continue;
      const ids = await this.#deps.notifications.due(kind, AT_ONCE);
      await Promise.all(ids.map((id) => this.#take(kind, id)));
    }
  }

  #able(kind: Route['kind']): { readonly notifications: Pick<NotificationSender, 'send'> }[] {
    return this.#deps.routes.filter((one) => one.kind === kind && one.dispatch.bound).map(({ dispatch }) => dispatch);
  }

  async #take(kind: Route['kind'], id: string): Promise<void> {
    const { notifications, log } = this.#deps;
    const taken = await notifications.take(kind, id);
    if (!taken) return;
    try {
      await this.#send(kind, taken);
    } catch (error) {
      // Its lease runs out, and it comes again.
      log.error({ err: error, notification: id }, 'an official could not be told');
    }
  }

  async #send(kind: Route['kind'], taken: Taken): Promise<void> {
    const { notifications, numberOf, halted } = this.#deps;
    const { to, text = '', status, deliverBy, attempts } = taken.value;
    const msisdn = numberOf(to);
    if (msisdn === undefined) return notifications.failed(taken, 'unknown_person');
    // R22: nobody has such a number, so nobody would be told.
    const numberKind = kindOf(msisdn);
    const refused =
      numberKind === 'unassigned' ? status !== 'Exercise' : numberKind === 'fictional' && status === 'Actual';
    if (refused) return notifications.refused(taken, 'number_of_nobody');
    const expected: Route['kind'] = status === 'Actual' ? 'live' : 'exercise';
    if (kind !== expected) return notifications.refused(taken, 'wrong_route_kind');
    const able = this.#able(kind);
    // Another route each time: the one before did not carry it.
    const route = able[attempts % Math.max(1, able.length)];
    if (!route || halted()) return notifications.putBack(taken, PUT_BACK_MS);
    const fault = await route.notifications.send({ text, expires: deliverBy, reference: attempts & 0xff }, msisdn);
    await (fault === undefined ? notifications.sent(taken) : notifications.failed(taken, fault));
  }
}
