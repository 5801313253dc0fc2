import { TocsinError } from '../../src/errors.ts';
import { hostsOf, redisTarget, redisUrlFaults } from '../../src/store/redis-url.ts';

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the URL of Redis', () => {
  test('may name one server, as it always did', () => {
    const url = 'rediss://user:pass@redis.example.org:6380/2';
    expect(redisTarget(url)).toEqual({ kind: 'server', url, hosts: [{ host: 'redis.example.org', port: 6380 }] });
    expect(redisTarget('redis://127.0.0.1')).toMatchObject({ hosts: [{ host: '127.0.0.1', port: 6379 }] });
  });

  test('may name Sentinels, and the master by the name they know it by', () => {
    expect(redisTarget('redis+sentinel://s1:26379,s2:26380,s3/mymaster')).toEqual({
      kind: 'sentinel',
      tls: false,
      hosts: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
        { host: 's3', port: 26379 },
      ],
      master: 'mymaster',
      db: 0,
      login: {},
      sentinelLogin: {},
    });
  });

  test('takes a login of the servers, another of the Sentinels, a database and TLS', () => {
    const url =
      'rediss+sentinel://tocsin:p%40ss@s1,s2,[::1]:5000/crisis/3?sentinelUsername=watch&sentinelPassword=w%26d';
    expect(redisTarget(url)).toMatchObject({
      tls: true,
      hosts: [{ host: 's1' }, { host: 's2' }, { host: '::1', port: 5000 }],
      master: 'crisis',
      db: 3,
      login: { username: 'tocsin', password: 'p@ss' },
      sentinelLogin: { username: 'watch', password: 'w&d' },
    });
  });

  test('may name nodes of a Cluster', () => {
    expect(redisTarget('redis+cluster://:secret@n1:7000,n2:7001,n3')).toEqual({
      kind: 'cluster',
      tls: false,
      hosts: [
        { host: 'n1', port: 7000 },
        { host: 'n2', port: 7001 },
        { host: 'n3', port: 6379 },
      ],
      login: { password: 'secret' },
    });
    expect(redisTarget('rediss+cluster://n1')).toMatchObject({ tls: true });
  });

  test.each([
    ['http://example.org', /^must be redis:\/\//],
    ['redis://bad host', /^must be redis:\/\//],
    ['redis+sentinel:s1/mymaster', /^must be redis:\/\//],
    ['redis+ring://n1', /^must be redis:\/\//],
    ['redis+sentinel://s1,s2', /^lacks the name of the master/],
    ['redis+sentinel://s1/mymaster/two', /^after the name of the master only a database/],
    ['redis+sentinel://s1/mymaster/2/3', /^after the name of the master only a database/],
    ['redis+sentinel://s1,,s3/mymaster', /^host 2 is not of the form/],
    ['redis+sentinel://s1:70000/mymaster', /^host 1 is not of the form/],
    ['redis+sentinel://s1:0/mymaster', /^host 1 is not of the form/],
    ['redis+sentinel://s1/mymaster?pasword=x', /^after "\?" only sentinelUsername and sentinelPassword/],
    ['redis+sentinel://secret@s1/mymaster', /^before "@" must stand/],
    ['redis+sentinel://user:@s1/mymaster', /^before "@" must stand/],
    ['redis+sentinel://:50%@s1/mymaster', /^has a "%"/],
    ['redis+cluster://n1:7000/2', /^a Cluster has no database/],
    ['redis+cluster://n1?sentinelPassword=x', /^nothing may stand after "\?"/],
    ['redis+cluster://', /^host 1 is not of the form/],
  ])('%s is refused', (url, fault) => {
    expect(redisUrlFaults(url)).toEqual([expect.stringMatching(fault)]);
  });

  test('has all its faults named at once', () => {
    expect(redisUrlFaults('redis+sentinel://word@s1:x,s2:y?z=1')).toHaveLength(5);
  });

  test('keeps its password out of every fault, and out of the hosts', () => {
    const url = 'redis+sentinel://:hunter2@s1:x/mymaster?sentinelPassword=hunter2&other=hunter2';
    expect(redisUrlFaults(url).join()).not.toContain('hunter2');
    const error = thrownBy(() => redisTarget(url));
    expect(error).toBeInstanceOf(TocsinError);
    expect(error).toMatchObject({ code: 'bad_redis_url', faults: redisUrlFaults(url).map((message) => ({ message })) });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(hostsOf('redis+cluster://:hunter2@n1,n2:7')).toBe('n1:6379, n2:7');
  });
});
