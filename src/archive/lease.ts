/** Work that one process at a time does. When it dies another may begin within half a minute: each step must bear repetition. */
import { Lock } from '../broadcasts/lock.ts';
import type { Store } from '../store/connection.ts';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** Runs `work` if no other process has the lease; false if one has. The signal aborts when the lease was lost. */
export async function withLease(
  { store, name, holder }: { store: Store; name: string; holder: string },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const lock = new Lock({ store, name, holder, ms: LEASE_MS });
  if (!(await lock.hold())) return false;
  const lost = new AbortController();
  const renew = () =>
    lock.hold().then(
      (held) => held || lost.abort(new Error(`another process has taken over: ${name}`)),
      (error: Error) => lost.abort(error),
    );
  const timer = setInterval(() => void renew(), RENEW_MS);
  try {
    await work(lost.signal);
    return true;
  } finally {
    clearInterval(timer);
    await lock.leave();
  }
}
