/** One broadcast against a simulator that shows a quirk: what nearly every test of this folder begins with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Progress } from '../../src/broadcasts/progress.ts';
import {
  dispatchFixture,
  expectAccountedFor,
  type LaunchInput,
  nonZero,
  type RunningDispatch,
  type StartInput,
} from '../dispatch/harness.ts';

export interface Sent {
  readonly running: RunningDispatch;
  readonly id: string;
  readonly progress: Progress;
  /** The counts that are not zero. */
  readonly counts: ReturnType<typeof nonZero>;
}

const DEADLINE_MS = 15_000;

/** Registers its own afterEach: call it once in a file. */
export function quirkFixture() {
  const dispatch = dispatchFixture();
  /** Launches one broadcast, waits for its end, and holds the counts against the slots. */
  const broadcast = async (input: StartInput, launch: LaunchInput = {}, deadlineMs = DEADLINE_MS): Promise<Sent> => {
    const running = await dispatch.start(input);
    const id = await running.launch({ recipients: 50, ...launch });
    const progress = await running.closed(id, deadlineMs);
    await expectAccountedFor(running, id);
    return { running, id, progress, counts: nonZero(progress.counts) };
  };
  /** A routes file whose routes have these senders. */
  const routesFile = async (senders: readonly unknown[]): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-quirk-'));
    dispatch.atEnd(async () => rmSync(folder, { recursive: true, force: true }));
    const account = { kind: 'exercise', host: 'smsc', port: 2775, systemId: 'tocsin' };
    const file = join(folder, 'routes.yaml');
    writeFileSync(file, stringify({ routes: senders.map((sender, i) => ({ ...account, id: `r${i}`, sender })) }));
    return file;
  };
  return { ...dispatch, broadcast, routesFile };
}
