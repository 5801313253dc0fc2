/** Kannel (bearerbox and smsbox) on loopback, with or without its spool store, and messages handed to it over HTTP. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../src/demo/embedded-redis.ts';
import { ACCOUNT } from './account.ts';
import type { Bed } from './bed.ts';
import type { Child } from './children.ts';
import { answers, kannelConf } from './kannel-conf.ts';
import { until } from './waiting.ts';

const REQUESTS_AT_ONCE = 8;
const RECEIPTS_WANTED = 3;

export interface KannelBox {
  readonly sendsmsUrl: string;
  stop(): Promise<void>;
}

export async function startKannel(
  bed: Bed,
  { name, spool, window }: { name: string; spool: boolean; window: number },
): Promise<KannelBox> {
  const folder = join(bed.folder, `kannel-${name}`);
  mkdirSync(join(folder, 'spool'), { recursive: true });
  const [admin, box, sendsms] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder, 'kannel.conf');
  const settings = { folder, smpp: bed.smsc.smppPort, account: ACCOUNT, admin, box, sendsms, window, spool };
  writeFileSync(file, kannelConf(settings));
  const started: Child[] = [];
  for (const [program, port] of [
    ['bearerbox', box],
    ['smsbox', sendsms],
  ] as const) {
    const child = bed.children.start(program, program, ['-v', '4', file]);
    started.push(child);
    const patience = { what: `${program} takes connections`, deadlineMs: 10_000, pollMs: 50, signal: bed.signal };
    await until(patience, async () => {
      bed.requireRunning([child]);
      return (await answers(port)) ? true : undefined;
    });
  }
  const patience = { what: 'Kannel is bound', deadlineMs: 20_000, pollMs: 50, signal: bed.signal };
  await until(patience, async () => ((await bed.smsc.bound()) > 0 ? true : undefined));
  return {
    sendsmsUrl: `http://127.0.0.1:${sendsms}/cgi-bin/sendsms`,
    stop: async () => {
      for (const child of started.reverse()) await bed.children.stop(child);
    },
  };
}

export interface Handed {
  readonly messages: number;
  readonly firstNumber: number;
  readonly text: string;
  /** The more of them, the less smsbox costs. */
  readonly recipientsARequest: number;
}

export async function hand(box: KannelBox, work: Handed): Promise<void> {
  let next = 0;
  const sendRest = async () => {
    while (next < work.messages) {
      const from = next;
      next = Math.min(work.messages, from + work.recipientsARequest);
      const to = Array.from({ length: next - from }, (_, i) => `+${work.firstNumber + from + i}`).join(' ');
      const query = { username: 'test', password: 'test', from: 'ALERTE', to, text: work.text };
      const parameters = new URLSearchParams({ ...query, 'dlr-mask': String(RECEIPTS_WANTED) });
      const response = await fetch(`${box.sendsmsUrl}?${parameters}`);
      if (!response.ok) throw new Error(`Kannel: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, sendRest));
}
