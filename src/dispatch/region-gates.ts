/**
 * Caps by region on a route: a region that has used up its segments is passed over until more are due, and holds up no
 * other. The caps are shared by all processes, as the route's own rate is.
 */
import { Dues } from './dues.ts';
import type { Pacer } from './pacer.ts';
import type { Timeline } from './slices.ts';

export interface RegionGatesDeps {
  /** The pacer of a region's cap; undefined where it has none. */
  readonly pacerOf: (region: string) => Pacer | undefined;
  /** Segments of a region have become due. */
  readonly onDue: () => void;
  readonly onStoreFault: (error: Error) => void;
}

/** Segments asked for at once; the pacer leases what is due within some milliseconds, at most. */
const MOST = 500;
/** Leases in store at most: what comes due from one turn of the region to the next, on a route that is busy with others. */
const LEASES = 6;
/** Whoever has had no turn for this long leaves what comes due to others: the pump looks five times a second, at least. */
const WANTED_MS = 500;

interface Gate {
  readonly pacer: Pacer;
  /** Segments that are granted and not used. */
  readonly dues: Dues;
  /** What the last asking brought. */
  lease: number;
  filling: boolean;
  wantedAt: number;
}

export class RegionGates {
  readonly #deps: RegionGatesDeps;
  readonly #gates = new Map<string, Gate | undefined>();

  constructor(deps: RegionGatesDeps) {
    this.#deps = deps;
  }

  /** How many segments may be claimed for the region now: Infinity without a cap, 0 where `least` may not. */
  due(region: string, least: number): number {
    const gate = this.#gate(region);
    if (!gate) return Number.POSITIVE_INFINITY;
    // But for one lease: a region with none in store would lose its turn.
    gate.pacer.forgo(gate.dues, Math.max(least, gate.lease));
    const { segments } = gate.dues;
    return segments >= least ? segments : 0;
  }

  /** It is the region's turn, or would be: asks for more where that is needed. Whoever has no turn must not take from others. */
  want(region: string, least: number): void {
    const gate = this.#gate(region);
    if (!gate) return;
    gate.wantedAt = performance.now();
    if (gate.dues.segments < Math.max(least, gate.lease * LEASES)) void this.#fill(gate, least);
  }

  /** Takes segments. Undefined where the region has no cap. */
  use(region: string, segments: number): Timeline | undefined {
    const gate = this.#gate(region);
    return gate && { dues: gate.dues.take(segments), moment: gate.pacer.moment };
  }

  /** Segments that were taken are not written after all. */
  unused(region: string, segments: number): void {
    this.#gate(region)?.pacer.unused(segments);
  }

  #gate(region: string): Gate | undefined {
    if (this.#gates.has(region)) return this.#gates.get(region);
    const pacer = this.#deps.pacerOf(region);
    const gate = pacer && { pacer, dues: new Dues(), lease: 0, filling: false, wantedAt: Number.NEGATIVE_INFINITY };
    this.#gates.set(region, gate);
    return gate;
  }

  /** Fills a gate's store, while its region waits for the route. */
  async #fill(gate: Gate, least: number): Promise<void> {
    if (gate.filling) return;
    gate.filling = true;
    try {
      do {
        const missing = Math.max(1, least - gate.dues.segments);
        const { segments, dues } = await gate.pacer.take(missing, Math.max(missing, MOST));
        gate.dues.add(dues);
        gate.lease = segments;
        this.#deps.onDue();
      } while (gate.dues.segments < gate.lease * LEASES && performance.now() - gate.wantedAt < WANTED_MS);
    } catch (error) {
      this.#deps.onStoreFault(error as Error);
    } finally {
      gate.filling = false;
    }
  }
}
