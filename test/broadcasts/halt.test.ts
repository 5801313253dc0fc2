import { halt, lift, readHalt } from '../../src/broadcasts/halt.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { at, NOW, OPERATOR } from './builders.ts';

const ADMIN = { actor: 'key:k9', person: 'Di' };
const atNow =
  (ms = 0) =>
  (): number =>
    NOW + ms;

describe('the global halt', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const acts = async () => {
    const found: object[] = [];
    for await (const { actor, action, subject, detail } of auditEntries(store)) {
      found.push({ actor, action, subject, ...(detail ? { detail } : {}) });
    }
    return found;
  };

  test('is not there until somebody halts', async () => {
    expect(await readHalt(store)).toEqual({ halted: false });
  });

  test('is a durable record of who, when and why, and in the audit log', async () => {
    const { value, version } = await halt(store, OPERATOR, ' wrong number ', atNow());
    expect(value).toEqual({ halted: true, at: at(0), by: 'Op', reason: 'wrong number' });
    expect(version).toBe(1);
    expect(await readHalt(store)).toEqual(value);
    expect(await acts()).toEqual([
      { actor: 'key:k1', action: 'halt.set', subject: 'halt/all', detail: { reason: 'wrong number' } },
    ]);
  });

  test('takes no reason to be set: there may be no time', async () => {
    expect((await halt(store, OPERATOR, undefined, atNow())).value).toEqual({ halted: true, at: at(0), by: 'Op' });
    expect((await halt(store, OPERATOR, '  ', atNow())).value).not.toHaveProperty('reason');
    expect(await acts()).toHaveLength(2);
  });

  test('set twice tells of the first who halted, and both are audited', async () => {
    await halt(store, OPERATOR, 'first', atNow());
    const { value } = await halt(store, ADMIN, 'second', atNow(5_000));
    expect(value).toEqual({ halted: true, at: at(0), by: 'Op', reason: 'first' });
    expect(await acts()).toMatchObject([{ detail: { reason: 'first' } }, { detail: { reason: 'second' } }]);
  });

  test('is lifted for a reason, and says by whom', async () => {
    await halt(store, OPERATOR, 'stop', atNow());
    await expect(lift(store, ADMIN, ' ', atNow())).rejects.toMatchObject({ kind: 'invalid', code: 'reason_missing' });
    const { value } = await lift(store, ADMIN, 'text corrected', atNow(9_000));
    expect(value).toEqual({ halted: false, at: at(9_000), by: 'Di', reason: 'text corrected' });
    expect(await readHalt(store)).toEqual(value);
    expect((await acts())[1]).toEqual({
      actor: 'key:k9',
      action: 'halt.lift',
      subject: 'halt/all',
      detail: { reason: 'text corrected' },
    });
  });

  test('that is not there cannot be lifted', async () => {
    await expect(lift(store, ADMIN, 'why', atNow())).rejects.toMatchObject({ kind: 'conflict', code: 'not_halted' });
    await halt(store, OPERATOR, undefined, atNow());
    await lift(store, ADMIN, 'why', atNow());
    await expect(lift(store, ADMIN, 'why', atNow())).rejects.toMatchObject({ code: 'not_halted' });
    expect((await halt(store, OPERATOR, undefined, atNow(1))).value.at).toBe(at(1));
  });

  test('that races with a lift wins: either the lift fails, or the halt comes after it', async () => {
    for (let round = 0; round < 20; round += 1) {
      await halt(store, OPERATOR, undefined, atNow());
      await Promise.allSettled([
        lift(store, ADMIN, 'all is well', atNow(round)),
        halt(store, OPERATOR, 'it is not', atNow(round)),
      ]);
      expect((await readHalt(store)).halted).toBe(true);
    }
  });

  test('many halts at once all succeed', async () => {
    const halts = await Promise.all(Array.from({ length: 10 }, () => halt(store, OPERATOR, undefined, atNow())));
    expect(halts.every(({ value }) => value.halted)).toBe(true);
    expect(await acts()).toHaveLength(10);
  });

  test('is told on the control channel at once', async () => {
    const listener = duplicate(store.redis);
    const heard: unknown[] = [];
    await listener.subscribe(controlChannel(store.prefix));
    listener.on('message', (_channel, text) => heard.push(JSON.parse(text)));
    await halt(store, OPERATOR, undefined, atNow());
    await lift(store, OPERATOR, 'over', atNow());
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual([{ halt: true }, { halt: false }]);
    listener.disconnect();
  });
});
