/** The PDUs that come now and then: binds, unbind, enquire_link, cancel_sm, query_sm, and those nobody knows. */
import { COMMAND, RESPONSE_BIT, STATUS } from '../smpp/constants.ts';
import { PduError } from '../smpp/errors.ts';
import { BODIES } from '../smpp/fields.ts';
import { readU32 } from '../smpp/octets.ts';
import { decodePdu, isResponse, type Pdu } from '../smpp/pdu.ts';
import { BIND_TYPE_OF, judgeBind } from './binds.ts';
import { serialOf } from './message-ids.ts';
import { applying } from './plan.ts';
import type { Receipts } from './receipts.ts';
import type { SmscLink } from './smsc-link.ts';
import { accountOf, type SmscState } from './state.ts';

/** message_state (SMPP 3.4 §5.2.28) of a message that is still held. */
const ENROUTE = 1;

export class Requests {
  readonly #state: SmscState;
  readonly #receipts: Receipts;

  constructor(state: SmscState, receipts: Receipts) {
    this.#state = state;
    this.#receipts = receipts;
  }

  /** Takes buf[start, end), any PDU but submit_sm and the answers to receipts. */
  handle(link: SmscLink, buf: Buffer, start: number, end: number): void {
    this.#state.record.received(readU32(buf, start + 4));
    try {
      this.#answer(link, decodePdu(buf, start, end));
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      if (isResponse(error.command)) return;
      // An outbind or alert_notification has no response of its own, however it is broken.
      const response = (error.command | RESPONSE_BIT) >>> 0;
      const command = BODIES.has(response) ? response : COMMAND.generic_nack;
      link.send({ command, status: error.status, sequence: error.sequence });
    }
  }

  #answer(link: SmscLink, pdu: Pdu): void {
    const { sequence } = pdu;
    if (BIND_TYPE_OF.has(pdu.command)) {
      this.#bind(link, pdu);
    } else if (pdu.command === COMMAND.enquire_link) {
      if (this.#state.plan.behaviour.session.answerEnquire) link.send({ command: COMMAND.enquire_link_resp, sequence });
    } else if (pdu.command === COMMAND.unbind) {
      this.#unbind(link, sequence);
    } else if (pdu.command === COMMAND.unbind_resp) {
      this.#unbound(link);
    } else if (isResponse(pdu.command)) {
      link.awaiting.answered(sequence);
    } else if (link.mode !== 'bound') {
      this.#refuse(link, pdu, STATUS.ESME_RINVBNDSTS);
    } else if (pdu.command === COMMAND.cancel_sm) {
      this.#cancel(link, pdu);
    } else if (pdu.command === COMMAND.query_sm) {
      this.#query(link, pdu);
    } else if (pdu.command === COMMAND.replace_sm) {
      this.#refuse(link, pdu, STATUS.ESME_RREPLACEFAIL);
    } else {
      link.send({ command: COMMAND.generic_nack, status: STATUS.ESME_RINVCMDID, sequence });
    }
  }

  #bind(link: SmscLink, pdu: Pdu): void {
    const { bind } = this.#state.plan.behaviour;
    if (bind.silent) {
      this.#state.record.happened('bind not answered');
      return;
    }
    const delayMs = this.#state.random.between(bind.delayMs);
    if (delayMs > 0) setTimeout(() => this.#answerBind(link, pdu), delayMs).unref();
    else this.#answerBind(link, pdu);
  }

  #answerBind(link: SmscLink, pdu: Pdu): void {
    if (link.mode === 'closed') return;
    const { bind } = this.#state.plan.behaviour;
    const { status, account } = judgeBind(this.#state, link, pdu);
    this.#state.record.bound(status);
    const command = (pdu.command | RESPONSE_BIT) >>> 0;
    if (account === undefined) {
      link.send({ command, status, sequence: pdu.sequence });
      return;
    }
    link.accountNumber = account.number;
    link.systemId = account.settings.systemId;
    link.bindType = BIND_TYPE_OF.get(pdu.command)!;
    link.become('bound');
    account.links.push(link);
    const tlvs = bind.versionTlv ? { sc_interface_version: 0x34 } : {};
    link.send({ command, sequence: pdu.sequence, system_id: bind.systemId, tlvs });
    this.#receipts.pump(account);
  }

  #unbind(link: SmscLink, sequence: number): void {
    accountOf(this.#state, link)?.leave(link);
    this.#state.record.happened('unbind by the client');
    this.#receipts.requeue(link);
    link.send({ command: COMMAND.unbind_resp, sequence });
    link.end();
  }

  /** The client has answered our unbind. */
  #unbound(link: SmscLink): void {
    if (link.mode !== 'unbinding') return;
    accountOf(this.#state, link)?.leave(link);
    this.#receipts.requeue(link);
    link.end();
  }

  #cancel(link: SmscLink, pdu: Pdu): void {
    const { plan, random, record } = this.#state;
    const destination = Number(pdu.destination_addr);
    if (applying(plan.cancels.unheard, destination, random)) {
      record.cancelsUnheard++;
      return;
    }
    const refusal = applying(plan.cancels.refusals, destination, random);
    const place = this.#find(link, pdu.message_id);
    if (refusal) this.#refuse(link, pdu, refusal.status);
    else if (place === undefined) this.#refuse(link, pdu, STATUS.ESME_RINVMSGID);
    else if (place < 0 || !this.#receipts.cancel(place)) this.#refuse(link, pdu, STATUS.ESME_RCANCELFAIL);
    else {
      record.cancelled++;
      link.send({ command: COMMAND.cancel_sm_resp, sequence: pdu.sequence });
    }
  }

  /** Tells of messages that are still held; what is final is forgotten (ESME_RQUERYFAIL). */
  #query(link: SmscLink, pdu: Pdu): void {
    const place = this.#find(link, pdu.message_id) ?? -1;
    if (place < 0) {
      this.#refuse(link, pdu, STATUS.ESME_RQUERYFAIL);
      return;
    }
    link.send({
      command: COMMAND.query_sm_resp,
      sequence: pdu.sequence,
      message_id: pdu.message_id ?? '',
      message_state: ENROUTE,
    });
  }

  /** The place of an id: undefined when it is none of ours, -1 when its message is held no more. */
  #find(link: SmscLink, id: string | undefined): number | undefined {
    const { held, plan } = this.#state;
    const serial = serialOf(id ?? '', plan.behaviour.messageIds.response, plan.firstId);
    if (serial === undefined || serial >= this.#state.nextSerial) return undefined;
    const place = held.find(serial);
    return place >= 0 && held.account[place] !== link.accountNumber ? undefined : place;
  }

  #refuse(link: SmscLink, pdu: Pdu, status: number): void {
    link.send({ command: (pdu.command | RESPONSE_BIT) >>> 0, status, sequence: pdu.sequence });
  }
}
