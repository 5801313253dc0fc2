/** Starts Kannel (bearerbox and smsbox) on loopback against an SMSC, with everything it writes in one folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.ts';

export const hasKannel = spawnSync('which', ['bearerbox', 'smsbox']).status === 0;

export interface Kannel {
  /** `http://127.0.0.1:…/cgi-bin/sendsms?username=…&password=…` */
  sendsmsUrl: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function startKannel(folder: string, smppPort: number): Promise<Kannel> {
  const [adminPort, boxPort, sendsmsPort] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder, 'kannel.conf');
  writeFileSync(file, configuration({ folder, smppPort, adminPort, boxPort, sendsmsPort }));
  const started: ChildProcess[] = [];
  const start = async (program: string, port: number): Promise<void> => {
    const child = spawn(program, ['-v', '4', file], { stdio: 'ignore' });
    started.push(child);
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(`${program} ended: ${logOf(folder, program)}`);
        return answers(port);
      },
      10_000,
      `${program} on port ${port}`,
    );
  };
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) {
      if (child.exitCode !== null) continue;
      const exited = once(child, 'exit');
      const kill = setTimeout(() => child.kill('SIGKILL'), 3000);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(kill);
    }
  };
  try {
    await start('bearerbox', boxPort);
    await start('smsbox', sendsmsPort);
  } catch (error) {
    await stop();
    throw error;
  }
  return { sendsmsUrl: `http://127.0.0.1:${sendsmsPort}/cgi-bin/sendsms?username=test&password=test`, stop };
}

function logOf(folder: string, program: string): string {
  return readFileSync(join(folder, `${program}.log`), 'utf8').slice(-500);
}

function configuration(ports: {
  folder: string;
  smppPort: number;
  adminPort: number;
  boxPort: number;
  sendsmsPort: number;
}): string {
  return `
group = core
admin-port = ${ports.adminPort}
admin-interface = 127.0.0.1
admin-password = test
smsbox-port = ${ports.boxPort}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
dlr-storage = internal
log-file = "${join(ports.folder, 'bearerbox.log')}"
log-level = 2

group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = ${ports.smppPort}
transceiver-mode = true
smsc-username = tocsin
smsc-password = secret
system-type = ""
interface-version = 34
max-pending-submits = 100
throughput = 2000

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.sendsmsPort}
sendsms-interface = 127.0.0.1
log-file = "${join(ports.folder, 'smsbox.log')}"
log-level = 2

group = sendsms-user
username = test
password = test

group = sms-service
keyword = default
text = "none"
`;
}
