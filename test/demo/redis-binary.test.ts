import { findOrInstallRedis, type Run } from '../../src/demo/redis-binary.ts';

const version = (text: string) => ({ status: 0, output: text });
const absent = { status: undefined, output: '' };

/** A machine whose programs answer by the table; `after` joins the table once an install command has run. */
function machine(
  programs: Record<string, { status: number | undefined; output: string }>,
  after: typeof programs = {},
) {
  const calls: string[] = [];
  let table = programs;
  const run: Run = (program, args) => {
    const line = [program, ...args].join(' ');
    calls.push(line);
    if (/ install /.test(line) && table[program]?.status === 0) table = { ...table, ...after };
    return table[program] ?? absent;
  };
  const said: string[] = [];
  return { run, calls, said, say: (text: string) => said.push(text) };
}

const REDIS_7 = version('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64');
const REDIS_5 = version('Redis server v=5.0.7 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64');
const VALKEY_8 = version('Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64');
const APT = { 'apt-get': version('apt 2.6.1'), id: version('0\n'), env: version('') };

describe('findOrInstallRedis', () => {
  test('takes the Redis of the PATH and installs nothing', async () => {
    const here = machine({ 'redis-server': REDIS_7, ...APT });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).resolves.toBe('redis-server');
    expect(here.calls).toEqual(['redis-server --version']);
    expect(here.said).toEqual([]);
  });

  test.each([
    ['valkey-server', VALKEY_8],
    ['/usr/bin/redis-server', REDIS_7],
    ['/usr/local/bin/valkey-server', VALKEY_8],
    ['/opt/homebrew/bin/redis-server', REDIS_7],
  ])('takes %s when the PATH has no redis-server', async (program, answer) => {
    const here = machine({ [program]: answer });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).resolves.toBe(program);
  });

  test('passes over a server older than 6.2 for a newer one elsewhere', async () => {
    const here = machine({ 'redis-server': REDIS_5, '/usr/local/bin/redis-server': version('Redis server v=6.2.0') });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).resolves.toBe('/usr/local/bin/redis-server');
  });

  test('installs by apt-get as root, and says so', async () => {
    const here = machine(APT, { '/usr/bin/redis-server': REDIS_7 });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).resolves.toBe('/usr/bin/redis-server');
    const installs = here.calls.filter((line) => line.startsWith('env '));
    expect(installs).toHaveLength(2);
    expect(installs[0]).toMatch(/RUNLEVEL=1 .*apt-get update/);
    expect(installs[1]).toMatch(/apt-get install -y .*--no-install-recommends .*redis-server/);
    expect(here.said[0]).toMatch(/installing it with "apt-get install redis-server"/);
  });

  test('installs through sudo where that asks for no password', async () => {
    const programs = { ...APT, id: version('1000\n'), sudo: version('') };
    const here = machine(programs, { 'redis-server': REDIS_7 });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).resolves.toBe('redis-server');
    expect(here.calls.some((line) => /^sudo -n env .*apt-get install/.test(line))).toBe(true);
  });

  test('installs by Homebrew on macOS', async () => {
    const here = machine({ brew: version('') }, { '/opt/homebrew/bin/redis-server': REDIS_7 });
    await expect(findOrInstallRedis({ ...here, system: 'darwin' })).resolves.toBe('/opt/homebrew/bin/redis-server');
    expect(here.calls).toContain('brew install redis');
    expect(here.said[0]).toMatch(/brew install redis/);
  });

  test.each([
    ['no apt-get', {}, 'apt-get is not there'],
    [
      'a password prompt',
      { ...APT, id: version('1000\n'), sudo: { status: 1, output: '' } },
      'sudo asks for a password',
    ],
    [
      'a failing apt-get',
      { ...APT, env: { status: 100, output: 'E: Unable to locate package\n' } },
      'Unable to locate',
    ],
    ['an installation without a program', APT, 'no server program is there'],
  ])('with %s, ends with the commands to type', async (_what, programs, why) => {
    const here = machine(programs);
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'redis_missing',
      message: expect.stringMatching(
        new RegExp(`${why}[\\s\\S]*\\n {2}sudo apt-get update && sudo apt-get install -y redis-server$`),
      ),
    });
  });

  test('names the version it refuses when nothing newer can be had', async () => {
    const here = machine({ '/usr/bin/redis-server': REDIS_5, ...APT });
    await expect(findOrInstallRedis({ ...here, system: 'linux' })).rejects.toMatchObject({
      code: 'redis_too_old',
      message: expect.stringContaining('6.2 or later (or Valkey), but /usr/bin/redis-server is version 5.0.7'),
    });
  });
});
