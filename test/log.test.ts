import { PassThrough } from 'node:stream';
import { ReplyError } from 'ioredis';
import { createLogger } from '../src/log.ts';
import { testStore } from './support/redis.ts';

const MSISDN = '33639980001';

/** What a logger writes of one act. */
function written(act: (log: ReturnType<typeof createLogger>) => void): string {
  const stream = new PassThrough();
  act(createLogger('trace', 'test', stream));
  return String(stream.read() ?? '');
}

describe('logs', () => {
  test('R19: a field that could hold a recipient, a text or a secret is written as redacted, up to three levels deep', () => {
    for (const field of [
      'msisdn',
      'destination',
      'recipient',
      'password',
      'secret',
      'token',
      'authorization',
      'text',
    ]) {
      for (const data of [{ [field]: MSISDN }, { a: { [field]: MSISDN } }, { a: { b: { [field]: MSISDN } } }]) {
        const line = written((log) => log.info(data, 'x'));
        expect(line).toContain('[redacted]');
        expect(line).not.toContain(MSISDN);
      }
    }
  });

  test('R19: of an error goes in what helps, and nothing that a library hung on it', () => {
    const error = Object.assign(new TypeError('no such thing'), {
      code: 'ENOTHING',
      command: { name: 'set', args: ['key', MSISDN, 'the text of a notice'] },
      config: { password: 'hunter2' },
    });
    const line = written((log) => log.error({ err: error }, 'x'));
    expect(JSON.parse(line).err).toEqual({
      ...{ type: 'TypeError', message: 'no such thing', code: 'ENOTHING' },
      stack: expect.stringMatching(/^\s+at /),
    });
    expect(line).not.toMatch(/33639980001|hunter2|text of a notice/);
  });

  test('R19: nor of what caused it, nor a number in its words', () => {
    const cause = Object.assign(new Error(`nobody has ${MSISDN}`), { args: ['hunter2'] });
    const line = written((log) => log.error({ err: new Error(`no ${MSISDN} here`, { cause }) }, 'x'));
    expect(line).not.toMatch(/33639980001|hunter2/);
    expect(JSON.parse(line).err).toMatchObject({
      message: 'no [number] here',
      cause: { message: 'nobody has [number]' },
    });
    expect(written((log) => log.error({ err: MSISDN }, 'x'))).not.toContain(MSISDN);
  });

  test('R19: a command that Redis refuses is not written with its arguments', async () => {
    const { store, close } = await testStore();
    await store.redis.set(`${store.prefix}word`, 'no list');
    const refused = await store.redis.rpush(`${store.prefix}word`, MSISDN, 'hunter2').catch((error: Error) => error);
    await close();
    expect(refused).toBeInstanceOf(ReplyError);
    expect(JSON.stringify(refused)).toContain(MSISDN);
    const line = written((log) => log.error({ err: refused }, 'x'));
    expect(JSON.parse(line).err.message).toMatch(/^WRONGTYPE/);
    expect(line).not.toMatch(/33639980001|hunter2/);
  });
});
