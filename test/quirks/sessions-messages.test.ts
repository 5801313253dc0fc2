/** What an SMSC sends besides receipts: outbind, alert_notification, messages of subscribers. */
import { repliesTo } from '../../src/broadcasts/replies.ts';
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { dispatchFixture, nonZero, type RunningDispatch, recipientOf } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { linkFixture } from './link-fixture.ts';

const links = linkFixture();
const dispatch = dispatchFixture();

/** Where the harness's recipients are: everybody of audience a1 in its one region. */
const locate = (recipients: number) => async (audience: string, msisdn: number) => {
  const slot = msisdn - recipientOf(1, 0, 0);
  const isIn = audience === 'a1' && slot >= 0 && slot < recipients;
  return isIn ? { region: '35', language: 'fr', block: 0, slot } : undefined;
};

const say = (running: RunningDispatch, source: number, text: string) =>
  running.simulator.act('send-mo', onlyOne(), { source: String(source), destination: '38000', text });

function onlyOne(): () => boolean {
  let left = 1;
  return () => left-- > 0;
}

describe('outbind and alert_notification', () => {
  test('quirk 44: want no answer, before the bind nor after it, and disturb nothing', async () => {
    const { simulator, link, anomalies, submit, responses } = await links.open({ bind: { outbindOnConnect: true } });
    simulator.act('alert-notification');
    simulator.act('outbind');
    submit(3);
    await waitFor(() => responses.length === 3);
    expect(anomalies).toEqual(['outbind', 'alert_notification', 'outbind']);
    expect(link.state).toBe('bound');
    expect(simulator.record.snapshot()).toMatchObject({ binds: { ESME_ROK: 1 }, received: { bind_transceiver: 1 } });
  });
});

describe('a message of a subscriber', () => {
  test('quirk 44: is answered', async () => {
    const { smsc, delivers } = await links.openRaw();
    smsc.send({
      command: COMMAND.deliver_sm,
      sequence: 31,
      source_addr: '33639980001',
      destination_addr: '38000',
      short_message: Buffer.from('OUI'),
    });
    const [answer] = await smsc.until(COMMAND.deliver_sm_resp);
    expect(answer).toMatchObject({ sequence: 31, status: STATUS.ESME_ROK });
    expect(delivers).toHaveLength(1);
  });

  test('quirk 44: is kept as a reply to the broadcast that addressed its sender, the latest first', async () => {
    const running = await dispatch.start();
    await waitFor(() => running.simulator.links().some(({ mode }) => mode === 'bound'));
    say(running, recipientOf(1, 0, 3), 'TROP TOT');
    await waitFor(() => running.store.redis.exists(`${running.store.prefix}{rec}:replies:drill`));
    const id = await running.launch({ recipients: 20 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 20 });
    say(running, recipientOf(1, 0, 3), 'OUI');
    const replies = () => repliesTo(running.store, locate(20), id);
    await waitFor(async () => (await replies()).length === 1);
    say(running, recipientOf(1, 0, 4), 'AU SECOURS');
    // A stranger: kept, but no reply to this broadcast.
    say(running, recipientOf(2, 0, 4), 'QUI EST-CE');
    await waitFor(async () => (await running.store.redis.llen(`${running.store.prefix}{rec}:replies:drill`)) === 4);
    expect((await replies()).map(({ msisdn, text }) => [Number(msisdn), text])).toEqual([
      [recipientOf(1, 0, 4), 'AU SECOURS'],
      [recipientOf(1, 0, 3), 'OUI'],
    ]);
    expect(JSON.stringify(running.logged)).not.toMatch(/SECOURS|9990001000/);
  });

  test('quirk 44: is not answered before it is durable: while the store is gone the SMSC keeps it', async () => {
    const running = await dispatch.start();
    await waitFor(() => running.simulator.links().some(({ mode }) => mode === 'bound'));
    const { redis, prefix } = running.store;
    // A key of another type: every write to it is refused.
    await redis.set(`${prefix}{rec}:replies:drill`, 'in the way');
    say(running, recipientOf(1, 0, 1), 'UN');
    await waitFor(() => running.logged.some(({ msg }) => msg === 'the store refused or is gone; trying again'));
    await redis.del(`${prefix}{rec}:replies:drill`);
    say(running, recipientOf(1, 0, 1), 'DEUX');
    await waitFor(() => redis.exists(`${prefix}{rec}:replies:drill`));
    expect(await redis.llen(`${prefix}{rec}:replies:drill`)).toBe(1);
  });
});
