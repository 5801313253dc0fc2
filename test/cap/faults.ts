import { fromCap, type ReadDeps } from '../../src/cap/reader.ts';
import { refusalOf } from '../notices/samples.ts';

/** The faults that a message is refused for. */
export async function faultsOf(xml: Uint8Array | string, deps: ReadDeps = {}, code = 'invalid_cap') {
  const error = await refusalOf(() => fromCap(xml, deps));
  expect(error).toMatchObject({ kind: 'invalid', code });
  return error.faults;
}
