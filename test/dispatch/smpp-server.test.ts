/** The server of the `smpp` package takes a broadcast of ours: an SMSC that shares no line of code with us. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import smpp from 'smpp';
import { STATUS } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ACCOUNT, dispatchFixture, expectAccountedFor, nonZero, recipientOf, SHORT_TEXT } from './harness.ts';

const RECIPIENTS = 2_000;

interface Pdu {
  system_id: string;
  password: string;
  destination_addr: string;
  short_message: { message: string };
  command_status: number;
  response(fields?: Record<string, unknown>): unknown;
}

interface ServerSession {
  on(event: string, listener: (pdu: Pdu) => void): void;
  send(pdu: unknown): void;
  deliver_sm(fields: Record<string, unknown>, onAnswer: (pdu: Pdu) => void): void;
  close(): void;
  destroy(): void;
}

/** The package, typed as far as this test uses it. */
const { createServer } = smpp as unknown as {
  createServer(options: object, onSession: (session: ServerSession) => void): Server;
};

describe('against the server of the smpp package', () => {
  const dispatch = dispatchFixture();

  test('a broadcast is bound, submitted, answered and receipted to the last recipient', async () => {
    const texts = new Map<string, string>();
    const receipts = { acknowledged: 0 };
    const sessions: ServerSession[] = [];
    const server = createServer({}, (session) => {
      sessions.push(session);
      session.on('error', () => {});
      session.on('bind_transceiver', (pdu) => {
        const known = pdu.system_id === ACCOUNT.systemId && pdu.password === ACCOUNT.password;
        session.send(pdu.response({ command_status: known ? STATUS.ESME_ROK : STATUS.ESME_RBINDFAIL }));
      });
      session.on('enquire_link', (pdu) => session.send(pdu.response()));
      session.on('unbind', (pdu) => {
        session.send(pdu.response());
        session.close();
      });
      session.on('submit_sm', (pdu) => {
        const destination = pdu.destination_addr;
        expect(texts.has(destination)).toBe(false);
        texts.set(destination, pdu.short_message.message);
        const message_id = `m-${texts.size}`;
        session.send(pdu.response({ message_id }));
        const receipt = {
          source_addr: destination,
          destination_addr: 'Tocsin',
          esm_class: 4,
          short_message: `id:${message_id} sub:001 dlvrd:001 submit date:2601151200 done date:2601151200 stat:DELIVRD err:000 text:`,
        };
        session.deliver_sm(receipt, (answer) => {
          if (answer.command_status === STATUS.ESME_ROK) receipts.acknowledged += 1;
        });
      });
    });
    server.listen(0, '127.0.0.1');
    dispatch.atEnd(async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve as () => void));
    });
    await once(server, 'listening');

    const running = await dispatch.start({ route: { port: (server.address() as AddressInfo).port } });
    const id = await running.launch({ recipients: RECIPIENTS });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: RECIPIENTS });
    expect(progress.inDoubt).toBe(0);
    expect(texts.size).toBe(RECIPIENTS);
    expect(new Set(texts.values())).toEqual(new Set([SHORT_TEXT]));
    expect(texts.has(String(recipientOf(1, 0, RECIPIENTS - 1)))).toBe(true);
    await waitFor(() => receipts.acknowledged === RECIPIENTS);
    await expectAccountedFor(running, id);
  });
});
