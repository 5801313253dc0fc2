/** The short form of `npm run chaos`: every fault once, on a small broadcast. The same processes, the same judgement. */
import { existsSync } from 'node:fs';
import { Screen } from '../../bench/screen.ts';
import { FAULTS, rowOf } from './chaos.ts';
import { Stage } from './stage.ts';

const RECIPIENTS = 2_000;
const SEGMENTS_PER_SECOND = 2_000;
const RESPONSE_TIMEOUT_MS = 500;
const SEED = 1;
const PROGRAM = new URL('../../dist/bin/dispatcher.js', import.meta.url);

const silent = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream;

describe('whatever breaks in mid-broadcast, nobody is lost, and whoever has the text twice is listed as in doubt:', () => {
  const stop = new AbortController();
  let stage: Stage | undefined;

  beforeAll(() => {
    if (!existsSync(PROGRAM)) throw new Error('dist/ is missing: run "npm run build", or "npm test", which does');
  });
  afterAll(async () => {
    stop.abort();
    await stage?.close();
  }, 30_000);

  const stageOf = async () => {
    stage ??= await Stage.start({
      ...{ signal: stop.signal, screen: new Screen(silent) },
      segmentsPerSecond: SEGMENTS_PER_SECOND,
      responseTimeoutMs: RESPONSE_TIMEOUT_MS,
    });
    return stage;
  };

  for (const fault of FAULTS) {
    const obstacle = fault.unavailable();
    const title = `${fault.name}: ${fault.says.replace(/, \d+ times/, '').replace(/ for 10 s/, ' for a while')}`;
    (obstacle === undefined ? test : test.skip)(
      title,
      async () => {
        const { row, wrong } = await rowOf(fault, stageOf, {
          seed: SEED,
          runs: 1,
          recipients: RECIPIENTS,
          short: true,
        });
        expect(wrong).toEqual([]);
        expect(row).toMatchObject({ fault: fault.name, runs: 1, lost: 0 });
        expect(row.recipients).toBeGreaterThanOrEqual(RECIPIENTS);
        expect(row.twice).toBeLessThanOrEqual(row.inDoubt);
      },
      150_000,
    );
  }
});
