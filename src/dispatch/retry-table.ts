/**
 * What a command_status of a submit_sm_resp means: one table with sound defaults, and a route may say otherwise
 * (SMPP 3.4 §5.1.3; SMSCs differ, and vendors have codes of their own).
 */
import type { StatusAction } from '../broadcasts/routes.ts';
import { STATUS } from '../smpp/constants.ts';

const DEFAULTS: ReadonlyMap<number, StatusAction> = new Map<number, StatusAction>([
  [STATUS.ESME_RTHROTTLED, 'throttle'],
  [STATUS.ESME_RMSGQFUL, 'queueFull'],
  [STATUS.ESME_RSYSERR, 'retry'],
  [STATUS.ESME_RSUBMITFAIL, 'retry'],
  [STATUS.ESME_RX_T_APPN, 'retry'],
  [STATUS.ESME_RINVBNDSTS, 'retry'],
  [STATUS.ESME_RINVDSTADR, 'refuseDestination'],
  [STATUS.ESME_RINVDSTTON, 'refuseDestination'],
  [STATUS.ESME_RINVDSTNPI, 'refuseDestination'],
  [STATUS.ESME_RINVMSGLEN, 'refuse'],
  [STATUS.ESME_RINVCMDLEN, 'refuse'],
  [STATUS.ESME_RINVCMDID, 'refuse'],
  [STATUS.ESME_RINVPRTFLG, 'refuse'],
  [STATUS.ESME_RINVREGDLVFLG, 'refuse'],
  [STATUS.ESME_RINVSRCADR, 'refuse'],
  [STATUS.ESME_RINVSERTYP, 'refuse'],
  [STATUS.ESME_RINVESMCLASS, 'refuse'],
  [STATUS.ESME_RINVSRCTON, 'refuse'],
  [STATUS.ESME_RINVSRCNPI, 'refuse'],
  [STATUS.ESME_RINVSCHED, 'refuse'],
  [STATUS.ESME_RINVEXPIRY, 'refuse'],
  [STATUS.ESME_RINVDFTMSGID, 'refuse'],
  [STATUS.ESME_RX_P_APPN, 'refuse'],
  [STATUS.ESME_RX_R_APPN, 'refuse'],
  [STATUS.ESME_RINVOPTPARSTREAM, 'refuse'],
  [STATUS.ESME_ROPTPARNOTALLWD, 'refuse'],
  [STATUS.ESME_RINVPARLEN, 'refuse'],
  [STATUS.ESME_RMISSINGOPTPARAM, 'refuse'],
  [STATUS.ESME_RINVOPTPARAMVAL, 'refuse'],
]);

/** A code that nobody explains may pass: it is tried again, and the route's `maxAttempts` bounds that (quirk 24). */
const UNKNOWN: StatusAction = 'retryFew';

/** The table of a route; `overrides` is keyed by hex, as in the routes file (`0x14`). */
export function statusTable(overrides: Readonly<Record<string, StatusAction>>): (status: number) => StatusAction {
  const table = new Map(DEFAULTS);
  for (const [status, action] of Object.entries(overrides)) table.set(Number.parseInt(status, 16), action);
  return (status) => table.get(status) ?? UNKNOWN;
}
