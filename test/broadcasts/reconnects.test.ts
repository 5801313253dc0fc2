import { ALL_ROUTES, orderReconnect, ordersFor, readReconnects } from '../../src/broadcasts/reconnects.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { at, NOW, OPERATOR } from './builders.ts';

const now = (): number => NOW;

describe('orders to bind anew', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const counts = async () => {
    const orders = await readReconnects(store);
    return ['live', 'drill'].map((route) => ordersFor(orders, route));
  };

  test('are counted for all routes and for each, so that none is missed and none obeyed twice', async () => {
    expect(await counts()).toEqual([0, 0]);
    await orderReconnect(store, 'live', OPERATOR, now);
    expect(await counts()).toEqual([1, 0]);
    await orderReconnect(store, ALL_ROUTES, OPERATOR, now);
    expect(await counts()).toEqual([2, 1]);
    await orderReconnect(store, 'drill', OPERATOR, now);
    expect(await counts()).toEqual([2, 2]);
    expect(await readReconnects(store)).toMatchObject({ at: at(0), by: 'Op' });
  });

  test('given at once are all counted', async () => {
    await Promise.all(Array.from({ length: 8 }, () => orderReconnect(store, ALL_ROUTES, OPERATOR, now)));
    expect(await counts()).toEqual([8, 8]);
  });

  test('are audited, and told on the control channel', async () => {
    const listener = duplicate(store.redis);
    const heard: unknown[] = [];
    await listener.subscribe(controlChannel(store.prefix));
    listener.on('message', (_channel, text) => heard.push(JSON.parse(text)));
    await orderReconnect(store, 'live', OPERATOR, now);
    await orderReconnect(store, ALL_ROUTES, OPERATOR, now);
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual([{ reconnect: 'live' }, { reconnect: '*' }]);
    listener.disconnect();
    const acts: unknown[] = [];
    for await (const { actor, action, subject } of auditEntries(store)) acts.push([actor, action, subject]);
    expect(acts).toEqual([
      ['key:k1', 'routes.reconnect', 'route/live'],
      ['key:k1', 'routes.reconnect', 'route/*'],
    ]);
  });
});
