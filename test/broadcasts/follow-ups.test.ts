/** Which broadcasts a follow-up puts an end to, and whose people it addresses. */
import { broadcastRecords } from '../../src/broadcasts/broadcast.ts';
import { launch } from '../../src/broadcasts/launch.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { aNotice, approval, at, noticeRecords, OPERATOR, storeNotice } from './builders.ts';
import { launchDeps, launchFixture, PHRASE } from './launching.ts';

const { here, given, launchIt } = launchFixture();

const stored = (id: string, changes: Partial<Notice>) => storeNotice(here.store, id, aNotice(changes));
async function follow(id: string, followsUp: string, changes: Partial<Notice> = {}): Promise<string> {
  await stored(id, { followsUp, ...changes });
  return (await launch(launchDeps(here.store), id, PHRASE, OPERATOR)).id;
}
const broadcast = async (id: string) => (await broadcastRecords(here.store).get(id)).value;
const statesOf = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await broadcast(id)).state));
/** A record as the store may hold it: a follow-up that names another follow-up. */
async function rewrite(id: string, follows: number): Promise<void> {
  const held = await broadcastRecords(here.store).get(id);
  const act = { actor: 'test', action: 'test', subject: `broadcast/${id}` };
  await broadcastRecords(here.store).update(held, { ...held.value, follows, state: 'running' }, act);
}

describe('R12: the all-clear', () => {
  beforeEach(async () => {
    await given();
    await launchIt();
  });

  test('stops a follow-up of a follow-up of what it follows', async () => {
    const correction = await follow('n2', 'n1');
    const restored = await follow('n3', 'n2');
    await rewrite(restored, 2);
    expect(await statesOf('b1', correction, restored)).toEqual(['cancelled', 'cancelled', 'running']);
    const end = await follow('n4', 'n1');
    expect(await statesOf(correction, restored, end)).toEqual(['cancelled', 'cancelled', 'running']);
  });

  test('stops the other follow-ups too of what it follows by way of one', async () => {
    const correction = await follow('n2', 'n1');
    const restored = await follow('n3', 'n1');
    const end = await follow('n4', 'n2');
    expect(await statesOf('b1', correction, restored, end)).toEqual(['cancelled', 'cancelled', 'cancelled', 'running']);
  });

  test('of a correction goes to all who were sent the first text, not to those only who had the correction', async () => {
    await follow('n2', 'n1');
    await follow('n3', 'n2');
    const end = await follow('n4', 'n3');
    expect((await broadcast(end)).follows).toBe(1);
  });

  test('and a correction launched at the same moment: one stops the other, though the first is closed', async () => {
    const first = await broadcastRecords(here.store).get('b1');
    const act = { actor: 'test', action: 'test', subject: 'broadcast/b1' };
    await broadcastRecords(here.store).update(first, { ...first.value, state: 'closed' }, act);
    const states = await statesOf(...(await Promise.all([follow('n2', 'n1'), follow('n3', 'n1')])));
    expect(states.sort()).toEqual(['cancelled', 'running']);
  });

  test('tells the notices of what it stops that nobody need approve them any more', async () => {
    await follow('n2', 'n1');
    const { state, timings } = (await noticeRecords(here.store).get('n1')).value;
    expect([state, timings.stopped]).toEqual(['launched', at(0)]);
    expect((await noticeRecords(here.store).get('n2')).value.timings.stopped).toBeUndefined();
  });

  test('leaves other matters alone', async () => {
    await stored('n5', {});
    const other = (await launch(launchDeps(here.store), 'n5', PHRASE, OPERATOR)).id;
    const itsOwn = await follow('n6', 'n5');
    await follow('n7', 'n1');
    expect(await statesOf(other, itsOwn)).toEqual(['cancelled', 'running']);
  });

  test('of a correction that was never launched is refused, and the notice that was is named', async () => {
    await stored('n2', { followsUp: 'n1', state: 'submitted', decisions: [approval('35')] });
    await expect(follow('n3', 'n2')).rejects.toMatchObject({
      code: 'not_launched',
      message: expect.stringContaining('"n1"'),
    });
  });
});

test('a follow-up of a notice that was never launched is refused', async () => {
  await given();
  await expect(follow('n2', 'n1')).rejects.toMatchObject({ code: 'not_launched', faults: [{ at: '/followsUp' }] });
  expect((await noticeRecords(here.store).get('n2')).value.state).toBe('approved');
});
