import { AuditedRefusals } from '../../src/api/audited-refusals.ts';
import { callTable } from '../../src/api/call-table.ts';
import { ProgressStreams } from '../../src/api/progress-streams.ts';
import { TocsinError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { testStore } from '../support/redis.ts';

const calls = callTable(new ProgressStreams({ progress: () => Promise.reject(new Error('none')), onError: () => {} }));
const call = calls.find(({ right }) => right === 'halt.set');
const FAILED = new TocsinError('unauthenticated', 'unknown_key', 'No such key');
const DENIED = new TocsinError('forbidden', 'role_not_allowed', 'Not you');

describe('refusals in the audit log', () => {
  let opened: Awaited<ReturnType<typeof testStore>>;
  let refusals: AuditedRefusals;
  let nowMs = Date.now();
  beforeEach(async () => {
    opened = await testStore();
    refusals = new AuditedRefusals({ store: opened.store, log: createLogger('silent', 'test'), now: () => nowMs });
  });
  afterEach(() => opened.close());

  const guess = (from: string) =>
    refusals.note({ error: FAILED, call: undefined, caller: undefined, id: undefined, from });
  const deny = () => refusals.note({ error: DENIED, call, caller: undefined, id: undefined, from: '192.0.2.1' });
  const told = async (action: string) => {
    const found = [];
    for await (const entry of auditEntries(opened.store)) if (entry.action === action) found.push(entry);
    return found;
  };

  test('tell acts however many guess at keys, and the other way round', async () => {
    for (let i = 0; i < 70; i += 1) await guess(`192.0.2.${i}`);
    expect(await told('login.refused')).toHaveLength(60);
    for (let i = 0; i < 61; i += 1) await deny();
    expect(await told('act.refused')).toHaveLength(60);
    nowMs += 60_000;
    await deny();
    await guess('192.0.2.1');
    expect((await told('act.refused')).map(({ detail }) => detail?.leftOut ?? 0)).toContain(1);
    expect((await told('login.refused')).map(({ detail }) => detail?.leftOut ?? 0)).toContain(10);
  });

  test('count the addresses of one network of IPv6 as one', async () => {
    for (let i = 0; i < 8; i += 1) await guess(`2001:db8:0:${i}::${i}`);
    expect(await told('login.refused')).toHaveLength(5);
    await guess('2001:db8:1::1');
    expect(await told('login.refused')).toHaveLength(6);
  });
});
