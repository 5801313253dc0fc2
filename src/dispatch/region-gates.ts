/**
 * Caps by region on a route: a region that has used up its segments is passed over until more are due, and holds up no
 * other. The caps are shared by all processes, as the route's own rate is.
 */
import { Dues } from './dues.ts';
import type { Pacer } from './pacer.ts';

export interface RegionGatesDeps {
  /** The pacer of a region's cap; undefined where it has none. */
  readonly pacerOf: (region: string) => Pacer | undefined;
  /** Segments of a region have become due. */
  readonly onDue: () => void;
  readonly onStoreFault: (error: Error) => void;
}

/** Segments asked for at once; the pacer leases what is due within some milliseconds, at most. */
const MOST = 500;
/**
 * What a busy process has not used by then is forgone, but for one lease: late segments of one process would meet those due
 * in another, and a region with none in store would lose its turn.
 */
const LATE_MS = 100;

interface Gate {
  readonly pacer: Pacer;
  /** Segments that are granted and not used. */
  readonly dues: Dues;
  /** What the last asking brought: kept in store, so that a busy moment of this process does not eat into the cap. */
  lease: number;
  asking: boolean;
}

export class RegionGates {
  readonly #deps: RegionGatesDeps;
  readonly #gates = new Map<string, Gate | undefined>();

  constructor(deps: RegionGatesDeps) {
    this.#deps = deps;
  }

  /** How many segments may be claimed for the region now: Infinity without a cap. Asks for more where `least` are not. */
  due(region: string, least: number): number {
    const gate = this.#gate(region);
    if (!gate) return Number.POSITIVE_INFINITY;
    gate.dues.forgo(performance.now() - LATE_MS, Math.max(least, gate.lease));
    const { segments } = gate.dues;
    if (segments < Math.max(least, gate.lease)) this.#ask(gate, Math.max(1, least - segments));
    return segments >= least ? segments : 0;
  }

  /** Takes segments; the function returned waits until they may leave. Undefined where the region has no cap. */
  use(region: string, segments: number): (() => Promise<void>) | undefined {
    const gate = this.#gate(region);
    if (!gate) return undefined;
    return gate.pacer.use({ segments, dues: gate.dues.take(segments) }, segments);
  }

  #gate(region: string): Gate | undefined {
    if (this.#gates.has(region)) return this.#gates.get(region);
    const pacer = this.#deps.pacerOf(region);
    const gate = pacer && { pacer, dues: new Dues(), lease: 0, asking: false };
    this.#gates.set(region, gate);
    return gate;
  }

  #ask(gate: Gate, least: number): void {
    if (gate.asking) return;
    gate.asking = true;
    gate.pacer
      .take(least, Math.max(least, MOST))
      .then(({ segments, dues }) => {
        gate.dues.add(dues);
        gate.lease = segments;
      }, this.#deps.onStoreFault)
      .finally(() => {
        gate.asking = false;
        this.#deps.onDue();
      });
  }
}
