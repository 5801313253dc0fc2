/** Starts Kannel (bearerbox and smsbox) on loopback against an SMSC, with everything it writes in one folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, kannelConf } from '../../bench/kannel-conf.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import { waitFor } from '../support/wait-for.ts';

export const hasKannel = spawnSync('which', ['bearerbox', 'smsbox']).status === 0;

export interface Kannel {
  /** `http://127.0.0.1:…/cgi-bin/sendsms?username=…&password=…` */
  sendsmsUrl: string;
  stop(): Promise<void>;
}

export async function startKannel(folder: string, smppPort: number): Promise<Kannel> {
  const [admin, box, sendsms] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder, 'kannel.conf');
  const account = { systemId: 'tocsin', password: 'secret' };
  writeFileSync(file, kannelConf({ folder, smpp: smppPort, account, admin, box, sendsms, window: 100, spool: false }));
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
    await start('bearerbox', box);
    await start('smsbox', sendsms);
  } catch (error) {
    await stop();
    throw error;
  }
  return { sendsmsUrl: `http://127.0.0.1:${sendsms}/cgi-bin/sendsms?username=test&password=test`, stop };
}

function logOf(folder: string, program: string): string {
  return readFileSync(join(folder, `${program}.log`), 'utf8').slice(-500);
}
