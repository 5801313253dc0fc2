/**
 * Caps by region on a route: a region that has used up its segments is passed over until more are due, and holds up no
 * other. The caps are shared by all processes, as the route's own rate is.
 */
import { AT_ONCE, type Pacer } from './pacer.ts';

export interface RegionGatesDeps {
  /** The pacer of a region's cap; undefined where it has none. */
  readonly pacerOf: (region: string) => Pacer | undefined;
  /** Segments of a region have become due. */
  readonly onDue: () => void;
  readonly onStoreFault: (error: Error) => void;
}

/** Segments asked for at once; the pacer leases what is due within some milliseconds, at most. */
const MOST = 500;

interface Gate {
  readonly pacer: Pacer;
  /** Segments that are granted and not used, and when they may leave. */
  due: number;
  dueAt: number;
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
    if (gate.due < Math.max(least, gate.lease)) this.#ask(gate, Math.max(1, least - gate.due));
    return gate.due >= least ? gate.due : 0;
  }

  /** Takes segments; returns the moment for which `reach` waits before they are written. */
  use(region: string, segments: number): number {
    const gate = this.#gate(region);
    if (!gate) return AT_ONCE;
    gate.due -= segments;
    return gate.dueAt;
  }

  async reach(region: string, dueAt: number, segments: number): Promise<void> {
    if (dueAt !== AT_ONCE) await this.#gate(region)?.pacer.reach(dueAt, segments);
  }

  #gate(region: string): Gate | undefined {
    if (this.#gates.has(region)) return this.#gates.get(region);
    const pacer = this.#deps.pacerOf(region);
    const gate = pacer && { pacer, due: 0, dueAt: 0, lease: 0, asking: false };
    this.#gates.set(region, gate);
    return gate;
  }

  #ask(gate: Gate, least: number): void {
    if (gate.asking) return;
    gate.asking = true;
    gate.pacer
      .take(least, Math.max(least, MOST))
      .then(({ segments, dueAt }) => {
        gate.due += segments;
        gate.lease = segments;
        gate.dueAt = dueAt;
      }, this.#deps.onStoreFault)
      .finally(() => {
        gate.asking = false;
        this.#deps.onDue();
      });
  }
}
