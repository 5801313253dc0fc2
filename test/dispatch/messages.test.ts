import type { Reply } from '../../src/broadcasts/replies.ts';
import { Messages } from '../../src/dispatch/messages.ts';
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { readDeliver } from '../../src/smpp/deliver.ts';
import { encodePdu, type PduInput } from '../../src/smpp/pdu.ts';
import type { Session } from '../../src/smpp/session.ts';
import { concatenationUdh } from '../../src/sms/encode.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

function fixture(alphabet: 'gsm7' | 'latin1' | 'ascii' = 'gsm7') {
  const kept: Reply[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const answers: number[][] = [];
  const faults: string[] = [];
  const messages = new Messages({
    route: { alphabet },
    keep: (reply) => {
      kept.push(reply);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    onStoreFault: ({ message }) => faults.push(message),
    now: () => NOW,
  });
  const session = {
    respond: (sequence: number, status: number, command: number) => answers.push([sequence, status, command]),
  } as unknown as Session<number>;
  const take = (fields: Partial<PduInput>) => {
    const octets = encodePdu({ command: COMMAND.deliver_sm, sequence: 9, source_addr: '33639980001', ...fields });
    messages.take(session, readDeliver(octets, 0, octets.length));
  };
  return { kept, waiting, answers, faults, take };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a message of a subscriber', () => {
  test.each([
    ['GSM 7-bit', { data_coding: 0, short_message: Buffer.from([0x41, 0x00, 0x05]) }, 'A@é'],
    ['Latin-1', { data_coding: 3, short_message: Buffer.from('Ça va', 'latin1') }, 'Ça va'],
    ['UCS-2', { data_coding: 8, short_message: Buffer.from('d83ddea80041', 'hex') }, '🚨A'],
    ['half a UCS-2 unit too much', { data_coding: 8, short_message: Buffer.from('004100', 'hex') }, 'A'],
    ['no septets', { data_coding: 0, short_message: Buffer.from('é', 'latin1') }, 'é'],
    ['nothing', { data_coding: 0, short_message: Buffer.alloc(0) }, ''],
    [
      'a part of several',
      { esm_class: 0x40, data_coding: 3, short_message: Buffer.concat([concatenationUdh(7, 2, 1), Buffer.from('un')]) },
      'un',
    ],
    ['a header beyond its end', { esm_class: 0x40, data_coding: 3, short_message: Buffer.from([99, 1, 2]) }, ''],
    ['a message_payload', { data_coding: 3, tlvs: { message_payload: Buffer.from('long') } }, 'long'],
  ])('is read where it comes as %s', (_, fields, text) => {
    const { kept, take } = fixture();
    take(fields as Partial<PduInput>);
    expect(kept).toEqual([{ at: '2026-01-15T12:00:00.000Z', msisdn: '33639980001', text }]);
  });

  test.each(['latin1', 'ascii'] as const)('in the default alphabet is %s where the route says so', (alphabet) => {
    const { kept, take } = fixture(alphabet);
    take({ data_coding: 0, short_message: Buffer.from('@') });
    expect(kept[0]?.text).toBe('@');
  });

  test('is answered when it is durable, and put off when the store refuses', async () => {
    const { waiting, answers, faults, take } = fixture();
    take({ sequence: 1 });
    take({ sequence: 2, command: COMMAND.data_sm });
    await settled();
    expect(answers).toEqual([]);
    waiting[0]!.resolve();
    waiting[1]!.reject(new Error('READONLY'));
    await settled();
    expect(answers).toEqual([
      [1, STATUS.ESME_ROK, COMMAND.deliver_sm],
      [2, STATUS.ESME_RX_T_APPN, COMMAND.data_sm],
    ]);
    expect(faults).toEqual(['READONLY']);
  });

  test('waits at the SMSC where a thousand are on their way to the store', async () => {
    const { kept, waiting, answers, take } = fixture();
    for (let sequence = 1; sequence <= 1_001; sequence += 1) take({ sequence });
    expect(kept).toHaveLength(1_000);
    expect(answers).toEqual([[1_001, STATUS.ESME_RX_T_APPN, COMMAND.deliver_sm]]);
    waiting[0]!.resolve();
    await settled();
    take({ sequence: 1_002 });
    expect(kept).toHaveLength(1_001);
  });

  test('of a service, which has no number, is answered and not kept', () => {
    const { kept, answers, take } = fixture();
    take({ source_addr: 'INFO' });
    expect([kept, answers]).toEqual([[], [[9, STATUS.ESME_ROK, COMMAND.deliver_sm]]]);
  });

  test('is kept up to ten segments', () => {
    const { kept, take } = fixture();
    take({ data_coding: 3, tlvs: { message_payload: Buffer.alloc(5_000, 'x') } });
    expect(kept[0]?.text).toHaveLength(1_600);
  });
});
