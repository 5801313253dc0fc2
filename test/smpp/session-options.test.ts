import { decodePdu } from '../../src/smpp/pdu.ts';
import { encodeBind, resolveOptions, tickMs } from '../../src/smpp/session-options.ts';

const account = { systemId: 'tocsin', password: 'secret' };

describe('the options of a session', () => {
  test('need an account alone: the rest is what most SMSCs take', () => {
    const { clock, ...options } = resolveOptions(account);
    expect(options).toEqual({
      ...account,
      systemType: '',
      bindAs: 'transceiver',
      interfaceVersion: 0x34,
      addressTon: 0,
      addressNpi: 0,
      addressRange: '',
      window: 100,
      responseTimeoutMs: 30_000,
      enquireLinkMs: 30_000,
      enquireLinkTimeoutMs: 10_000,
      bindTimeoutMs: 10_000,
      pduTimeoutMs: 10_000,
      maxPduBytes: 65_536,
      firstSequence: 1,
    });
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  });

  test('make a bind of themselves', () => {
    const bind = encodeBind(
      resolveOptions({ ...account, bindAs: 'receiver', systemType: 'CBC', addressRange: '^33' }),
      7,
    );
    expect(decodePdu(bind, 0, bind.length)).toMatchObject({
      command: 1,
      sequence: 7,
      system_id: 'tocsin',
      password: 'secret',
      system_type: 'CBC',
      interface_version: 0x34,
      address_range: '^33',
    });
  });

  test.each([
    ['responseTimeoutMs', 800, 200],
    ['enquireLinkMs', 801, 200],
    ['enquireLinkTimeoutMs', 400, 100],
    ['bindTimeoutMs', 2_000, 500],
    ['pduTimeoutMs', 3_999, 999],
    ['pduTimeoutMs', 1, 5],
    ['pduTimeoutMs', 8_000, 1_000],
  ] as const)('deadlines are looked at four times within the shortest: %s of %d ms every %d ms', (name, ms, tick) => {
    expect(tickMs(resolveOptions({ ...account, [name]: ms }))).toBe(tick);
  });
});
