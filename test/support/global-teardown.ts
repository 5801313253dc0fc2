import { rmSync } from 'node:fs';
import type { EmbeddedRedis } from '../../src/demo/embedded-redis.ts';

export default async function globalTeardown(): Promise<void> {
  const held = (globalThis as { tocsinTestRedis?: { redis: EmbeddedRedis; folder: string } }).tocsinTestRedis;
  await held?.redis.stop();
  if (held) rmSync(held.folder, { recursive: true, force: true });
}
