/** The answer to a bind: judged in one place, in the order that SMSCs judge. It changes nothing. */
import { COMMAND, STATUS } from '../smpp/constants.ts';
import type { Pdu } from '../smpp/pdu.ts';
import type { AccountState } from './account-state.ts';
import { statusNumber } from './schema-parts.ts';
import type { BindType, SmscLink } from './smsc-link.ts';
import type { SmscState } from './state.ts';

export const BIND_TYPE_OF: ReadonlyMap<number, BindType> = new Map([
  [COMMAND.bind_transceiver, 'transceiver'],
  [COMMAND.bind_transmitter, 'transmitter'],
  [COMMAND.bind_receiver, 'receiver'],
]);

export interface BindAnswer {
  status: number;
  account: AccountState | undefined;
}

export function judgeBind(state: SmscState, link: SmscLink, pdu: Pdu): BindAnswer {
  const { bind } = state.plan.behaviour;
  const account = state.accounts.find(pdu.system_id ?? '');
  const refuse = (status: number) => ({ status, account: undefined });
  if (bind.status !== null) {
    const status = statusNumber(bind.status);
    if (status !== STATUS.ESME_ROK) return refuse(status);
  }
  if (link.mode !== 'open') return refuse(STATUS.ESME_RALYBND);
  if (account === undefined) return refuse(STATUS.ESME_RINVSYSID);
  if (account.settings.password !== pdu.password) return refuse(STATUS.ESME_RINVPASWD);
  if ((pdu.interface_version ?? 0) > bind.maxInterfaceVersion) return refuse(statusNumber(bind.versionStatus));
  const bindType = BIND_TYPE_OF.get(pdu.command)!;
  if (!account.settings.bindTypes.includes(bindType)) return refuse(STATUS.ESME_RBINDFAIL);
  if (account.boundAt(state.now) >= account.settings.maxBinds) return refuse(STATUS.ESME_RALYBND);
  return { status: STATUS.ESME_ROK, account };
}
