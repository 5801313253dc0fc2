import type { StatusAction } from '../../src/broadcasts/routes.ts';
import { statusTable } from '../../src/dispatch/retry-table.ts';
import { STATUS, type StatusName } from '../../src/smpp/constants.ts';

/** Every status of SMPP 3.4 that a submit_sm_resp can carry, and what it does; all others are tried a few times. */
const EXPECTED: Partial<Record<StatusName, StatusAction>> = {
  ESME_RTHROTTLED: 'throttle',
  ESME_RMSGQFUL: 'queueFull',
  ESME_RSYSERR: 'retry',
  ESME_RSUBMITFAIL: 'retry',
  ESME_RX_T_APPN: 'retry',
  ESME_RINVBNDSTS: 'retry',
  ESME_RINVDSTADR: 'refuseDestination',
  ESME_RINVDSTTON: 'refuseDestination',
  ESME_RINVDSTNPI: 'refuseDestination',
  ESME_RINVMSGLEN: 'refuse',
  ESME_RINVCMDLEN: 'refuse',
  ESME_RINVCMDID: 'refuse',
  ESME_RINVPRTFLG: 'refuse',
  ESME_RINVREGDLVFLG: 'refuse',
  ESME_RINVSRCADR: 'refuse',
  ESME_RINVSERTYP: 'refuse',
  ESME_RINVESMCLASS: 'refuse',
  ESME_RINVSRCTON: 'refuse',
  ESME_RINVSRCNPI: 'refuse',
  ESME_RINVSCHED: 'refuse',
  ESME_RINVEXPIRY: 'refuse',
  ESME_RINVDFTMSGID: 'refuse',
  ESME_RX_P_APPN: 'refuse',
  ESME_RX_R_APPN: 'refuse',
  ESME_RINVOPTPARSTREAM: 'refuse',
  ESME_ROPTPARNOTALLWD: 'refuse',
  ESME_RINVPARLEN: 'refuse',
  ESME_RMISSINGOPTPARAM: 'refuse',
  ESME_RINVOPTPARAMVAL: 'refuse',
};

describe('the table of statuses', () => {
  const names = (Object.keys(STATUS) as StatusName[]).filter((name) => name !== 'ESME_ROK');

  test.each(names)('%s does what this file says', (name) => {
    expect(statusTable({})(STATUS[name])).toBe(EXPECTED[name] ?? 'retryFew');
  });

  test('names only statuses there are', () => {
    for (const name of Object.keys(EXPECTED)) expect(names).toContain(name);
  });

  test.each([0x400, 0x4ff, 0xffff_ffff])('quirk 24: the code %i of a vendor is tried a few times', (status) => {
    expect(statusTable({})(status)).toBe('retryFew');
  });

  test('quirk 24: a route says otherwise for its own SMSC, in either case of hex, and for no other route', () => {
    const own = statusTable({ '0x14': 'throttle', '0x4Ff': 'refuse', '0x0000000B': 'retry' });
    expect([0x14, 0x4ff, STATUS.ESME_RINVDSTADR].map(own)).toEqual(['throttle', 'refuse', 'retry']);
    expect([0x14, 0x4ff, STATUS.ESME_RINVDSTADR].map(statusTable({}))).toEqual([
      'queueFull',
      'retryFew',
      'refuseDestination',
    ]);
  });
});
