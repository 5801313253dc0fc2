/**
 * Loaded before a program (`node --import`): its wall clock is off by as many seconds as the file holds that
 * TOCSIN_TEST_CLOCK_FILE names, read again on SIGWINCH. Monotonic time stays what it is, as on a machine whose clock is set.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + offMs] : given));
  }

  static now() {
    return RealDate.now() + offMs;
  }
};

const read = () => {
  offMs = Number(readFileSync(process.env.TOCSIN_TEST_CLOCK_FILE, 'utf8')) * 1_000;
};
read();
process.on('SIGWINCH', read);
