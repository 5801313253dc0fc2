import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Housekeeping } from '../../src/archive/housekeeping.ts';
import { archiveRecords } from '../../src/broadcasts/archived.ts';
import { Lock } from '../../src/broadcasts/lock.ts';
import { recordSubmission } from '../../src/broadcasts/times.ts';
import { createLogger } from '../../src/log.ts';
import { NOW, storeBroadcast } from '../broadcasts/builders.ts';
import { DAY_MS, type Filed, filed } from './archive-fixture.ts';

const HOUR_MS = 3_600_000;

describe('the housekeeping', () => {
  let own: Filed;
  let audience: string;
  let house: Housekeeping;
  beforeEach(async () => {
    own = await filed();
    audience = await own.importAudience();
    house = aHouse('here');
  });
  afterEach(() => own.close());

  const anchors = () => join(own.folder, 'anchors.jsonl');
  const aHouse = (process: string) =>
    new Housekeeping({
      ...{ store: own.store, archive: own.calls.archive, purge: own.purge, process },
      ...{ anchorsFile: anchors(), log: createLogger('silent', 'test'), now: () => own.clock.nowMs },
    });
  const archived = async (id: string) => (await archiveRecords(own.store).find(id)) !== undefined;
  /** After the closing, which was a day after NOW. */
  const afterClosing = (ms: number) => {
    own.clock.nowMs = NOW + DAY_MS + ms;
  };

  test('archives a broadcast an hour after it closed, by itself', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(HOUR_MS - 1);
    await house.tick();
    expect(await archived(id)).toBe(false);
    afterClosing(HOUR_MS);
    await house.tick();
    expect(await archived(id)).toBe(true);
    expect((await own.entries(`archive/${id}`))[0]).toMatchObject({ actor: 'system', action: 'archive.write' });
  });

  test('R19: purges by itself what is over', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(31 * DAY_MS);
    await house.tick();
    expect((await archiveRecords(own.store).get(id)).value.ledger).toBe('purged');
  });

  test('waits while messages are being sent, and no longer', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(2 * HOUR_MS);
    const { nowMs } = own.clock;
    await storeBroadcast(own.store, { no: 20, changes: { launchedAt: new Date(nowMs - DAY_MS).toISOString() } });
    await recordSubmission(own.store, 20, nowMs - 599_999);
    await house.tick();
    expect(await archived(id)).toBe(false);
    own.clock.nowMs += 1;
    await house.tick();
    expect(await archived(id)).toBe(true);
  });

  test('waits also when a launch has just begun', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(2 * HOUR_MS);
    await storeBroadcast(own.store, { no: 20, changes: { launchedAt: new Date(own.clock.nowMs).toISOString() } });
    await house.tick();
    expect(await archived(id)).toBe(false);
  });

  test('is done by one process at a time', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(2 * HOUR_MS);
    const lock = new Lock({ store: own.store, name: 'housekeeping', holder: 'there', ms: 30_000 });
    await lock.hold();
    await house.tick();
    expect(await archived(id)).toBe(false);
    await lock.leave();
    await Promise.all([house.tick(), aHouse('there').tick()]);
    expect((await own.entries(`archive/${id}`)).map(({ action }) => action)).toEqual(['archive.write']);
  });

  test('goes on with the others when one cannot be archived', async () => {
    const first = await own.closedBroadcast({ audience });
    const broken = await own.closedBroadcast({ audience: await own.importAudience('other') });
    for (const key of await own.store.redis.keys(`${own.store.prefix}{aud*:block:*`)) {
      if (!key.includes(audience)) await own.store.redis.del(key);
    }
    afterClosing(2 * HOUR_MS);
    await house.tick();
    expect([await archived(first), await archived(broken)]).toEqual([true, false]);
  });

  test('anchors the audit log outside the store when it has grown, by every process', async () => {
    await house.tick();
    await house.tick();
    const lines = readFileSync(anchors(), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ entries: (await own.entries()).length });
  });

  test('logs what went wrong and lives on', async () => {
    const gone = new Housekeeping({
      ...{ store: own.store, archive: own.calls.archive, purge: own.purge, process: 'x' },
      ...{ anchorsFile: own.folder, log: createLogger('silent', 'test'), now: () => own.clock.nowMs },
    });
    await gone.tick();
    expect(existsSync(anchors())).toBe(false);
  });
});
