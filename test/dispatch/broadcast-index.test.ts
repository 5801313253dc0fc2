import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import type { Store } from '../../src/store/connection.ts';

test('a halt is not lifted by an answer that was asked for before it, and came after it', () => {
  const index = new BroadcastIndex({ store: { prefix: 't:' } as Store });
  index.heed(true, 200);
  index.heed(false, 100);
  expect(index.halted).toBe(true);
  index.heed(false, 300);
  expect(index.halted).toBe(false);
});
