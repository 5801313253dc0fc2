import {
  BROADCAST_CHANGES,
  type Broadcast,
  type BroadcastState,
  broadcastRecords,
  OpenBroadcasts,
  requireBroadcastChange,
} from '../../src/broadcasts/broadcast.ts';
import { cancel, pause, resume } from '../../src/broadcasts/control.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { NOW, noticeRecords, OPERATOR, storeBroadcast } from './builders.ts';

const STATES = Object.keys(BROADCAST_CHANGES) as BroadcastState[];
const ALLOWED = new Set([
  'running > paused',
  'running > cancelled',
  'running > closed',
  'paused > running',
  'paused > cancelled',
  'paused > closed',
  'cancelled > closed',
]);
const PAIRS = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

describe('the control of a broadcast', () => {
  let store: Store;
  let close: () => Promise<void>;
  let last = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  const inState = async (state: BroadcastState) => {
    last += 1;
    return storeBroadcast(store, { no: last, changes: { state } });
  };

  test.each(PAIRS)('from %s to %s is as the table says', (from, to) => {
    const change = () => requireBroadcastChange({ state: from } as Broadcast, to);
    if (ALLOWED.has(`${from} > ${to}`)) expect(change).not.toThrow();
    else expect(change).toThrow(expect.objectContaining({ kind: 'conflict', code: 'wrong_state' }));
  });

  const calls = {
    paused: pause,
    running: resume,
    cancelled: (s: Store, id: string, by: typeof OPERATOR) => cancel(s, id, by, () => NOW),
  };

  test.each(Object.keys(calls) as (keyof typeof calls)[])(
    'to %s is made where it is allowed and refused elsewhere',
    async (to) => {
      for (const from of STATES) {
        const { id, broadcast } = await inState(from);
        if (ALLOWED.has(`${from} > ${to}`)) {
          expect((await calls[to](store, id, OPERATOR)).value.state).toBe(to);
        } else {
          await expect(calls[to](store, id, OPERATOR)).rejects.toMatchObject({ code: 'wrong_state' });
          expect((await broadcastRecords(store).get(id)).value).toEqual(broadcast);
        }
      }
    },
  );

  test('changes nothing but the state, and says so in the audit log', async () => {
    const { id, broadcast } = await inState('running');
    const paused = await pause(store, id, OPERATOR);
    expect(paused).toEqual({ id, version: 2, value: { ...broadcast, state: 'paused' } });
    expect(await broadcastRecords(store).get(id)).toEqual(paused);
    const entries = [];
    for await (const entry of auditEntries(store)) if (entry.subject === `broadcast/${id}`) entries.push(entry);
    expect(entries.at(-1)).toMatchObject({ actor: 'key:k1', action: 'broadcast.paused' });
  });

  test('stamps the time of a cancellation, in the notice too: nobody need approve it any more', async () => {
    const { id, broadcast } = await inState('running');
    expect((await cancel(store, id, OPERATOR, () => NOW)).value.cancelledAt).toBe('2026-01-15T12:00:00.000Z');
    const { state, timings } = (await noticeRecords(store).get(broadcast.notice)).value;
    expect([state, timings.stopped]).toEqual(['launched', '2026-01-15T12:00:00.000Z']);
  });

  test('is told to every process at once', async () => {
    const { id, broadcast } = await inState('running');
    const listener = duplicate(store.redis);
    const heard: string[] = [];
    listener.on('message', (_, message: string) => heard.push(message));
    await listener.subscribe(controlChannel(store.prefix));
    await pause(store, id, OPERATOR);
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual([JSON.stringify({ broadcast: broadcast.no })]);
    await listener.quit();
  });

  test('of two at once, one is a conflict', async () => {
    const { id } = await inState('running');
    const both = await Promise.allSettled([pause(store, id, OPERATOR), cancel(store, id, OPERATOR, () => NOW)]);
    const states = both.map(({ status }) => status);
    // Either the second read before the first wrote, or it came after and was allowed.
    expect(states).toContain('fulfilled');
    const { version } = await broadcastRecords(store).get(id);
    expect(version).toBe(1 + states.filter((status) => status === 'fulfilled').length);
  });

  test('of a broadcast nobody knows is refused', async () => {
    await expect(pause(store, 'b9999', OPERATOR)).rejects.toMatchObject({
      kind: 'not-found',
      code: 'unknown_broadcast',
    });
  });

  test('leaves closed broadcasts out of the open ones', async () => {
    const open = await Promise.all((['running', 'paused', 'cancelled'] as const).map(inState));
    const { id: closed } = await inState('closed');
    const ids = (await new OpenBroadcasts(store).read()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(open.map(({ id }) => id)));
    expect(ids).not.toContain(closed);
  });
});
