/** One broadcast against a simulator that shows a quirk: what nearly every test of this folder begins with. */
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

/** Early enough that what is only made good by a later look counts as missed. */
const DEADLINE_MS = 4_500;

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
  return { ...dispatch, broadcast };
}
