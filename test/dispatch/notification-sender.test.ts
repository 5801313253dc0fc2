import { NotificationSender } from '../../src/dispatch/notification-sender.ts';
import { baseAddress, batchNumber } from '../../src/ledger/address.ts';
import { STATUS } from '../../src/smpp/constants.ts';
import { aRoute } from '../broadcasts/builders.ts';

const MESSAGE = { text: 'TOCSIN: un avis attend.', expires: '2099-01-01T00:00:00Z', reference: 1 };
const TWO_PARTS = { ...MESSAGE, text: 'TOCSIN: un avis attend votre approbation. '.repeat(5).trim() };
const MSISDN = 33639980011;

function fixture({ room = 10, open = true, answer = STATUS.ESME_ROK as number | 'none' } = {}) {
  const link = { room, open, reserved: 0, most: 0, submitted: [] as { msisdn: number; address: number }[] };
  const returned: number[] = [];
  const sender: NotificationSender = new NotificationSender({
    route: { ...aRoute({ responseTimeoutMs: 10 }), responseTimeoutMs: -950 },
    pacer: {
      take: async (least) => ({ segments: least, dues: [{ segments: least, at: 0 }] }),
      giveBack: ({ segments }) => void returned.push(segments),
      together: () => async () => {},
    },
    links: () => [
      {
        get room() {
          return link.room;
        },
        get open() {
          return link.open;
        },
        reserve: (places) => {
          link.reserved += places;
          link.most = Math.max(link.most, link.reserved);
        },
        unreserve: (places) => {
          link.reserved -= places;
        },
        submit: (_template, msisdns, addresses) => {
          link.submitted.push({ msisdn: msisdns[0]!, address: addresses[0]! });
          if (answer !== 'none') setImmediate(() => sender.answered(addresses[0]!, answer));
        },
      },
    ],
  });
  return { link, sender, returned };
}

test('a text is submitted once a part, at addresses that no batch has, and its places are free again', async () => {
  const { link, sender } = fixture();
  expect(await sender.send(TWO_PARTS, MSISDN)).toBeUndefined();
  expect(link.submitted.map(({ msisdn }) => msisdn)).toEqual([MSISDN, MSISDN]);
  const addresses = link.submitted.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(2);
  for (const address of addresses) expect(address).toBeLessThan(baseAddress(batchNumber(1, 0)));
  expect([link.most, link.reserved]).toEqual([2, 0]);
});

test('each text has addresses of its own', async () => {
  const { link, sender } = fixture();
  await Promise.all([sender.send(MESSAGE, MSISDN), sender.send(MESSAGE, MSISDN)]);
  expect(new Set(link.submitted.map(({ address }) => address)).size).toBe(2);
});

test.each([
  ['there is no room for all of it', { room: 1 }, 'no_room'],
  ['the link went while its moment came', { open: false }, 'link_lost'],
  ['the SMSC refuses it', { answer: STATUS.ESME_RTHROTTLED }, 'esme_rthrottled'],
  ['no answer comes', { answer: 'none' as const }, 'no_answer'],
])('says by a code why it was not taken: %s', async (_, state, code) => {
  const { link, sender, returned } = fixture(state);
  expect(await sender.send(TWO_PARTS, MSISDN)).toBe(code);
  expect(link.reserved).toBe(0);
  // What never left takes nothing from the rate.
  expect(returned).toEqual(code === 'no_room' ? [2] : []);
});

test('an answer to a batch is none of its own', async () => {
  const { sender } = fixture({ answer: 'none' });
  const sent = sender.send(MESSAGE, MSISDN);
  sender.answered(baseAddress(batchNumber(1, 0)), STATUS.ESME_ROK);
  expect(await sent).toBe('no_answer');
});
