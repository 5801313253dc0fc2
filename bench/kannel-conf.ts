/** How Kannel (bearerbox and smsbox) is set up on loopback, with one SMSC. */
import { connect } from 'node:net';
import { join } from 'node:path';

/** Whether somebody takes connections on a port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export interface KannelSettings {
  readonly folder: string;
  /** Of the SMSC. */
  readonly smpp: number;
  readonly account: { readonly systemId: string; readonly password: string };
  readonly admin: number;
  readonly box: number;
  readonly sendsms: number;
  readonly window: number;
  /** Keeps messages on disk, in `spool` below the folder. */
  readonly spool: boolean;
}

export function kannelConf({ folder, smpp, account, admin, box, sendsms, window, spool }: KannelSettings): string {
  const store = spool ? `store-type = spool\nstore-location = "${join(folder, 'spool')}"\n` : '';
  return `
group = core
admin-port = ${admin}
admin-interface = 127.0.0.1
admin-password = test
smsbox-port = ${box}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
dlr-storage = internal
${store}log-file = "${join(folder, 'bearerbox.log')}"
log-level = 4
sms-outgoing-queue-limit = 1000000

group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = ${smpp}
transceiver-mode = true
smsc-username = ${account.systemId}
smsc-password = ${account.password}
system-type = ""
interface-version = 34
max-pending-submits = ${window}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${sendsms}
sendsms-interface = 127.0.0.1
log-file = "${join(folder, 'smsbox.log')}"
log-level = 4

group = sendsms-user
username = test
password = test
max-messages = 10
concatenation = true

group = sms-service
keyword = default
text = "none"
`;
}
