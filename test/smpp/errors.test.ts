import { TocsinError } from '../../src/errors.ts';
import { BindError, FrameError, notBound, PduError } from '../../src/smpp/errors.ts';

/** What the API, the console and the log show of an error. */
const shown = ({ name, kind, code, message }: TocsinError) => ({ name, kind, code, message });

describe('the errors of the wire', () => {
  test('a stream that cannot be cut says which length it claimed, and what is allowed', () => {
    const error = new FrameError(15, 65_536);
    expect(shown(error)).toEqual({
      name: 'FrameError',
      kind: 'invalid',
      code: 'smpp_command_length',
      message: 'command_length 15 is outside 16 to 65536: the stream cannot be cut into PDUs',
    });
    expect(error.commandLength).toBe(15);
  });

  test('a PDU that cannot be used is named, with the reason, and says how to answer it', () => {
    const error = new PduError(5, 7, 8, 'source_addr is longer than 20 octets');
    expect(shown(error)).toEqual({
      name: 'PduError',
      kind: 'invalid',
      code: 'smpp_pdu',
      message: 'deliver_sm: source_addr is longer than 20 octets',
    });
    expect([error.command, error.sequence, error.status]).toEqual([5, 7, 8]);
  });

  test('a refused bind names the status of the SMSC', () => {
    const error = new BindError('refused', 0x0e);
    expect(shown(error)).toEqual({
      name: 'BindError',
      kind: 'unavailable',
      code: 'smpp_bind_refused',
      message: 'bind refused with ESME_RINVPASWD',
    });
    expect([error.failure, error.status]).toEqual(['refused', 0x0e]);
  });

  test.each(['timeout', 'closed'] as const)('a bind without an answer says why: %s', (failure) => {
    const error = new BindError(failure);
    expect(shown(error)).toEqual({
      name: 'BindError',
      kind: 'unavailable',
      code: `smpp_bind_${failure}`,
      message: `bind ${failure}`,
    });
    expect(error.status).toBeUndefined();
  });

  test('what needs a bound session says that there is none', () => {
    expect(notBound()).toBeInstanceOf(TocsinError);
    expect(shown(notBound())).toEqual({
      name: 'TocsinError',
      kind: 'unavailable',
      code: 'smpp_not_bound',
      message: 'the session is not bound',
    });
  });
});
