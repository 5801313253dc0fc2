/** What Redis answers when it cannot serve now is never the end of anything: dispatch waits, goes on, and nothing is lost. */
import { openStore, ready, storeFaultOf } from '../../src/store/connection.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { redisServers, type Server } from '../support/redis-servers.ts';
import { waitFor } from '../support/wait-for.ts';

const RECIPIENTS = 1_500;
const NOBODY = 1;

const REFUSALS: readonly [reason: string, begin: (server: Server) => unknown, end: (server: Server) => unknown][] = [
  [
    'READONLY: it was made a replica',
    ({ redis }) => redis.replicaof('127.0.0.1', NOBODY),
    ({ redis }) => redis.replicaof('NO', 'ONE'),
  ],
  [
    'OOM: its memory is full',
    ({ redis }) => redis.config('SET', 'maxmemory', '1mb'),
    ({ redis }) => redis.config('SET', 'maxmemory', '0'),
  ],
  [
    'NOREPLICAS: too few replicas for its own rule',
    ({ redis }) => redis.config('SET', 'min-replicas-to-write', '1'),
    ({ redis }) => redis.config('SET', 'min-replicas-to-write', '0'),
  ],
];

describe('a store that refuses', () => {
  const dispatch = dispatchFixture();

  test.each(REFUSALS)(
    'by %s, holds the broadcast up and loses nobody',
    async (_reason, begin, end) => {
      const servers = await redisServers();
      dispatch.atEnd(servers.end);
      const server = await servers.server();
      const store = openStore({ url: server.url, prefix: 'no:', replicas: 0 }, 'worker', () => {});
      dispatch.atEnd(async () => store.redis.disconnect());
      await ready(store.redis);
      const running = await dispatch.start({ store, route: { segmentsPerSecond: 1_000 } });
      const id = await running.launch({ recipients: RECIPIENTS });
      await waitFor(() => running.record().submits > 300, 15_000);
      await begin(server);
      await waitFor(() => Date.now() - running.record().lastSubmitAt! > 400, 10_000, 'silence');
      expect(running.record().submits).toBeLessThan(RECIPIENTS);
      await end(server);
      const progress = await running.closed(id, 20_000);
      expect(nonZero(progress.counts)).toEqual({ delivered: RECIPIENTS });
      expect(running.record()).toMatchObject({ recipients: RECIPIENTS, duplicates: 0 });
      expect(progress.inDoubt).toBe(0);
      await expectAccountedFor(running, id);
    },
    40_000,
  );

  test.each([
    ['READONLY You can not write against a read only replica.', 'readonly'],
    ['ERR Error running script: @user_script:8: -READONLY You can not write.', 'readonly'],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ['CLUSTERDOWN Hash slot not served', 'clusterdown'],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'misconf'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'oom'],
    ['connect ECONNREFUSED 127.0.0.1:6379', 'unreachable'],
    ['Connection is closed.', 'unreachable'],
    ['Too many Cluster redirections. Last error: x', 'unreachable'],
    ['something else', 'other'],
  ])('is counted by its own word: %s', (message, reason) => {
    expect(storeFaultOf(new Error(message))).toBe(reason);
  });
});
