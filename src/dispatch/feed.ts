/**
 * The batches that run on a route in this process, and whose turn it is: severity first, then the lane that is least
 * far, so that all lanes end together whatever their size, and each in turn where they are equally far.
 */
import type { BatchRun } from './batch-run.ts';

export class Feed {
  #runs: BatchRun[] = [];
  #turn = 0;
  /** Runs of a higher rank do not go: another process has graver work on this route. */
  ceiling = Number.POSITIVE_INFINITY;

  add(run: BatchRun): void {
    this.#runs.push(run);
  }

  remove(run: BatchRun): void {
    this.#runs = this.#runs.filter((other) => other !== run);
  }

  get runs(): readonly BatchRun[] {
    return this.#runs;
  }

  /** The run to take work from; undefined when none has any that `mayGo`. `onHeld`: it would be another's turn, if that might. */
  next(
    nowMs: number,
    mayGo: (run: BatchRun) => boolean = () => true,
    onHeld: (run: BatchRun) => void = () => {},
  ): BatchRun | undefined {
    const { length } = this.#runs;
    const held: BatchRun[] = [];
    let best: BatchRun | undefined;
    let bestAt = 0;
    let least = 0;
    for (let i = 0; i < length; i += 1) {
      const at = (this.#turn + i) % length;
      const run = this.#runs[at]!;
      if (run.rank > (best?.rank ?? this.ceiling)) continue;
      const { progress } = run;
      if (best !== undefined && run.rank === best.rank && progress >= least) continue;
      if (!run.hasWork(nowMs)) continue;
      if (!mayGo(run)) {
        held.push(run);
        continue;
      }
      best = run;
      bestAt = at;
      least = progress;
    }
    if (best) this.#turn = bestAt + 1;
    for (const run of held)
      if (!best || run.rank < best.rank || (run.rank === best.rank && run.progress < least)) onHeld(run);
    return best;
  }

  /** Rank of the gravest work that could go, whatever other processes have; undefined when there is none. */
  gravest(nowMs: number, mayGo: (run: BatchRun) => boolean): number | undefined {
    let rank: number | undefined;
    for (const run of this.#runs) {
      if ((rank === undefined || run.rank < rank) && run.hasWork(nowMs) && mayGo(run)) rank = run.rank;
    }
    return rank;
  }

  /** When the next waiting slot of any run is due. */
  nextDue(): number | undefined {
    let due: number | undefined;
    for (const run of this.#runs) {
      const at = run.nextDue;
      if (at !== undefined && (due === undefined || at < due)) due = at;
    }
    return due;
  }
}
