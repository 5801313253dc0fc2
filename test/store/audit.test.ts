import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Anchor, type AuditEntry, auditEntries, auditKeys, chain, verifyAudit } from '../../src/store/audit.ts';
import { dropAnchor, readAnchors } from '../../src/store/audit-anchors.ts';
import { auditPage } from '../../src/store/audit-filter.ts';
import type { Store } from '../../src/store/connection.ts';
import { actingAs, actingFrom } from '../../src/store/origin.ts';
import { commit, Records } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
let folder: string;

beforeEach(async () => {
  ({ store, close } = await testStore());
  folder = mkdtempSync(join(tmpdir(), 'tocsin-audit-test-'));
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const act = (action: string, subject = 'thing/1', actor = 'key:k1') => ({ actor, action, subject });
const acts = async (count: number) => {
  for (let i = 0; i < count; i += 1) await commit(store, act(`thing.${i}`), []);
};

async function entries(): Promise<AuditEntry[]> {
  const all = [];
  for await (const entry of auditEntries(store)) all.push(entry);
  return all;
}

/** Writes the whole stream anew; the head stays unless one is given. */
async function rewrite(lines: readonly (AuditEntry | string)[], head?: string) {
  const { stream, head: headKey } = auditKeys(store);
  await store.redis.del(stream);
  for (const line of lines) {
    await store.redis.xadd(stream, '*', 'entry', typeof line === 'string' ? line : JSON.stringify(line));
  }
  if (head !== undefined) await store.redis.set(headKey, head);
}

/** The same acts, chained as if they had been written so. */
function chained(bodies: readonly AuditEntry[]): AuditEntry[] {
  let previous = '';
  return bodies.map((body) => {
    const entry = chain(body, previous, body.at);
    previous = entry.hash;
    return entry;
  });
}

describe('an entry of the audit log', () => {
  test('says from where the act came, through every await on its way', async () => {
    await actingFrom('192.0.2.7', async () => {
      await store.redis.ping();
      await commit(store, act('thing.do'), []);
    });
    expect((await entries())[0]).toMatchObject({ actor: 'key:k1', from: '192.0.2.7' });
  });

  test('names this machine where nobody said from where', async () => {
    await commit(store, act('thing.do'), []);
    expect((await entries())[0]?.from).toMatch(/^host:./);
  });

  test('keeps acts at the same time apart: each has its own origin', async () => {
    await Promise.all(
      ['192.0.2.1', '192.0.2.2'].map((ip) => actingFrom(ip, () => commit(store, act('thing.do', `thing/${ip}`), []))),
    );
    for (const { subject, from } of await entries()) expect(subject).toBe(`thing/${from}`);
  });

  test('names the person behind its actor, and behind no other', async () => {
    await actingAs({ actor: 'key:k1', person: 'ana' }, async () => {
      await actingFrom('192.0.2.7', () => commit(store, act('thing.do'), []));
      await commit(store, { ...act('thing.give'), detail: { name: 'a' } }, []);
      await commit(store, act('thing.close', 'thing/1', 'system'), []);
    });
    expect((await entries()).map(({ actor, detail, from }) => [actor, detail, from?.slice(0, 4)])).toEqual([
      ['key:k1', { person: 'ana' }, '192.'],
      ['key:k1', { person: 'ana', name: 'a' }, 'host'],
      ['system', undefined, 'host'],
    ]);
  });

  test('tells before and after of each record that the act changed', async () => {
    const things = new Records<{ name: string; state?: string }>(store, 'thing');
    const made = await things.create('1', { name: 'a' }, act('thing.create'));
    await things.update(made, { name: 'a', state: 'open' }, act('thing.open'));
    const [first, second] = await entries();
    expect(first?.changes).toEqual([{ record: 'thing/1', version: 1, after: { '/name': 'a' } }]);
    expect(second?.changes).toEqual([{ record: 'thing/1', version: 2, before: {}, after: { '/state': 'open' } }]);
  });

  test('R19: tells of a hidden field that it changed, and neither value', async () => {
    const things = new Records<{ secret: string; tries: number }>(store, 'thing', { hidden: ['secret'] });
    const made = await things.create('1', { secret: 'alpha', tries: 0 }, act('thing.create'));
    await things.update(made, { secret: 'beta', tries: 1 }, act('thing.change'));
    expect((await entries())[1]?.changes?.[0]).toMatchObject({
      before: { '/secret': 'hidden', '/tries': 0 },
      after: { '/secret': 'hidden', '/tries': 1 },
    });
    expect(JSON.stringify(await entries())).not.toMatch(/alpha|beta/);
  });

  test('has a hash over all of it, origin and changes too', async () => {
    await new Records<{ name: string }>(store, 'thing').create('1', { name: 'a' }, act('thing.create'));
    const [entry] = await entries();
    for (const forged of [
      { ...entry!, from: '192.0.2.66' },
      { ...entry!, changes: [] },
    ]) {
      await rewrite([forged]);
      expect(await verifyAudit(store)).toMatchObject({ brokenAt: 0, why: 'altered' });
    }
  });
});

describe('the check of the audit log', () => {
  test('is content with an empty log, and with a whole one of several pages', async () => {
    expect(await verifyAudit(store)).toEqual({ entries: 0 });
    await rewrite(chained(Array.from({ length: 1_203 }, (_, i) => chain(act(`a.${i}`), '', '2026-01-01T00:00:00Z'))));
    const last = (await entries()).at(-1);
    await store.redis.set(auditKeys(store).head, last!.hash);
    expect(await verifyAudit(store)).toEqual({ entries: 1_203 });
  });

  test.each([
    ['altered', 2, (all: AuditEntry[]) => all.with(2, { ...all[2]!, actor: 'key:other' })],
    ['unchained', 2, (all: AuditEntry[]) => all.toSpliced(2, 1)],
    ['unchained', 2, (all: AuditEntry[]) => all.toSpliced(2, 0, chain(act('forged'), 'f'.repeat(64), all[1]!.at))],
    ['unchained', 3, (all: AuditEntry[]) => all.toSpliced(2, 0, chain(act('forged'), all[1]!.hash, all[1]!.at))],
    ['unchained', 1, (all: AuditEntry[]) => [all[0]!, all[2]!, all[1]!, all[3]!, all[4]!]],
    ['unchained', 0, (all: AuditEntry[]) => all.slice(1)],
    ['cut_short', 4, (all: AuditEntry[]) => all.slice(0, 4)],
    ['cut_short', 6, (all: AuditEntry[]) => [...all, chain(act('forged'), all[4]!.hash, all[4]!.at)]],
    ['unreadable', 1, (all: AuditEntry[]) => [all[0]!, 'no json', ...all.slice(2)]],
    ['unreadable', 1, (all: AuditEntry[]) => [all[0]!, 'null', ...all.slice(2)]],
  ])('names what is %s, at entry %i', async (why, brokenAt, forge: (all: AuditEntry[]) => (AuditEntry | string)[]) => {
    await acts(5);
    await rewrite(forge(await entries()));
    expect(await verifyAudit(store)).toMatchObject({ entries: brokenAt, brokenAt, why });
  });

  test('names the place in the stream', async () => {
    await acts(3);
    const [, second] = await store.redis.xrange(auditKeys(store).stream, '-', '+');
    await store.redis.xdel(auditKeys(store).stream, second![0]);
    const [, third] = await store.redis.xrange(auditKeys(store).stream, '-', '+');
    expect(await verifyAudit(store)).toMatchObject({ brokenAt: 1, id: third![0] });
  });

  test('takes entries that are written while it walks for no break', async () => {
    await acts(5);
    let done = false;
    const writing = acts(30).then(() => {
      done = true;
    });
    while (!done) expect((await verifyAudit(store)).why).toBeUndefined();
    await writing;
  });
});

describe('anchors of the audit log', () => {
  const file = () => join(folder, 'kept', 'anchors.jsonl');

  test('are lines in a file outside the store, one whenever the log has grown', async () => {
    expect(await dropAnchor(store, file(), 0)).toBeUndefined();
    await acts(2);
    const first = await dropAnchor(store, file(), Date.UTC(2026, 0, 1));
    expect(await dropAnchor(store, file(), Date.UTC(2026, 0, 2))).toBeUndefined();
    await acts(1);
    await dropAnchor(store, file(), Date.UTC(2026, 0, 3));
    const all = await entries();
    expect(first).toEqual({ at: '2026-01-01T00:00:00.000Z', entries: 2, hash: all[1]?.hash });
    expect(await readAnchors(file())).toEqual([
      first,
      { at: '2026-01-03T00:00:00.000Z', entries: 3, hash: all[2]?.hash },
    ]);
    expect(await verifyAudit(store, await readAnchors(file()))).toEqual({ entries: 3 });
  });

  test('show a log that was written anew as a whole, head and all', async () => {
    await acts(4);
    await dropAnchor(store, file(), 0);
    const forged = chained((await entries()).with(1, { ...(await entries())[1]!, actor: 'key:innocent' }));
    await rewrite(forged, forged.at(-1)!.hash);
    expect(await verifyAudit(store)).toEqual({ entries: 4 });
    expect(await verifyAudit(store, await readAnchors(file()))).toMatchObject({ brokenAt: 4, why: 'not_the_anchor' });
  });

  test('show a log that was cut short together with its head, or emptied', async () => {
    await acts(4);
    await dropAnchor(store, file(), 0);
    const all = await entries();
    await rewrite(all.slice(0, 3), all[2]!.hash);
    expect(await verifyAudit(store)).toEqual({ entries: 3 });
    expect(await verifyAudit(store, await readAnchors(file()))).toMatchObject({ brokenAt: 3, why: 'short_of_anchor' });
    await rewrite([], '');
    expect(await verifyAudit(store, await readAnchors(file()))).toMatchObject({ brokenAt: 0, why: 'short_of_anchor' });
  });

  test('that contradict one another are a break too', async () => {
    await acts(1);
    const [{ hash }] = (await entries()) as [AuditEntry];
    const anchors: Anchor[] = [hash, 'f'.repeat(64)].map((each) => ({ at: '', entries: 1, hash: each }));
    expect(await verifyAudit(store, anchors)).toMatchObject({ why: 'not_the_anchor' });
    expect(await verifyAudit(store, anchors.toReversed())).toMatchObject({ why: 'not_the_anchor' });
  });

  test('are for nobody else to read, and refused by line where they are none', async () => {
    await acts(1);
    await dropAnchor(store, file(), 0);
    writeFileSync(file(), `${readFileSync(file(), 'utf8')}{"entries":"two"}\nnothing\n`);
    await expect(readAnchors(file())).rejects.toMatchObject({
      code: 'bad_anchors',
      faults: [{ at: 'line 2' }, { at: 'line 3' }],
    });
    await expect(dropAnchor(store, file(), 0)).rejects.toMatchObject({ code: 'bad_anchors' });
  });
});

describe('a search in the audit log', () => {
  const at = (hour: number) => `2026-01-01T0${hour}:00:00.000Z`;
  beforeEach(async () => {
    const bodies = [
      chain(act('notice.create', 'notice/a', 'key:k1'), '', at(1)),
      chain({ ...act('notice.submit', 'notice/a', 'key:k2'), detail: { person: 'Ana' } }, '', at(2)),
      chain(act('key.create', 'key/a', 'cli:root'), '', at(3)),
      chain(act('notice.create', 'notice/b', 'key:k1'), '', at(4)),
    ];
    await rewrite(chained(bodies));
  });

  test.each([
    [{}, [4, 3, 2, 1]],
    [{ subject: 'notice/a' }, [2, 1]],
    [{ subject: 'notice/' }, [4, 2, 1]],
    [{ subject: 'notice' }, []],
    [{ actor: 'key:k1' }, [4, 1]],
    [{ actor: 'Ana' }, [2]],
    [{ action: 'notice.create' }, [4, 1]],
    [{ action: 'notice.' }, [4, 2, 1]],
    [{ since: at(2), until: at(4) }, [3, 2]],
    [{ since: '2026-01-01T03:00:00+01:00' }, [4, 3, 2]],
    [{ subject: 'notice/a', actor: 'key:k1' }, [1]],
  ])('for %j finds entries %j, newest first', async (filter, hours) => {
    const { items, next } = await auditPage(store, { limit: 10, ...filter });
    expect(items.map((entry) => entry.at)).toEqual(hours.map(at));
    expect(next).toBeUndefined();
  });

  test('goes on where the page before ended', async () => {
    const first = await auditPage(store, { limit: 2, subject: 'notice/' });
    expect(first.items.map((entry) => entry.at)).toEqual([at(4), at(2)]);
    const second = await auditPage(store, { limit: 2, subject: 'notice/', before: first.next });
    expect(second.items.map((entry) => entry.at)).toEqual([at(1)]);
    expect(second.next).toBeUndefined();
  });
});
