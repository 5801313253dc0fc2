import { runCli } from '../support/command-line.ts';

describe('tocsin', () => {
  test('prints its version and its help with the exit codes, and is content', async () => {
    await expect(runCli(undefined, '--version')).resolves.toMatchObject({ code: 0, out: '1.2.3' });
    const help = await runCli(undefined, '--help');
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/Exit codes: 0 all is well, 1 failed or something is wrong, 2 bad usage/);
  });

  test.each([
    ['an unknown command', ['broadcats']],
    ['an unknown option', ['audit', 'verify', '--jsno']],
    ['a missing argument', ['key', 'revoke']],
    ['a missing option', ['key', 'create', '--name', 'cell']],
    ['links of neither all routes nor one', ['routes', 'reconnect']],
    ['links of all routes and of one', ['routes', 'reconnect', '--all', '--route', 'drill']],
    ['a role that there is not', ['key', 'create', '--name', 'cell', '--role', 'king']],
  ])('ends with 2 on %s, and points to the help', async (_what, args) => {
    const { code, out, notes } = await runCli(undefined, ...args);
    expect([code, out]).toEqual([2, '']);
    expect(notes).toMatch(/error: /);
  });

  test.each([
    'key create',
    'key list',
    'key revoke',
    'audience import',
    'templates lint',
    'evidence export',
    'directory import',
    'directory export',
    'directory missing',
    'directory stale',
    'directory history',
    'notice show',
    'broadcast watch',
    'halt',
    'routes reconnect',
    'verify',
    'audit verify',
    'audit anchor',
    'audit export',
    'broadcast recipient',
    'evidence verify',
    'archive',
    'purge',
  ])('helps with "%s", which knows --json', async (command) => {
    const { code, out } = await runCli(undefined, ...command.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain('--json');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('ends with 1 when the store cannot be reached, and says so', async () => {
    await expect(runCli(undefined, 'audit', 'verify')).resolves.toEqual({
      code: 1,
      out: '',
      notes: 'The store cannot be reached',
    });
  });
});
