/**
 * Caps by region on a route: a region that has used up its segments is passed over until more are due, and holds up no
 * other. The caps are shared by all processes, as the route's own rate is.
 */
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

interface Gate {
  readonly pacer: Pacer;
  /** Segments that are due and not used. */
  due: number;
  asking: boolean;
}

export class RegionGates {
  readonly #deps: RegionGatesDeps;
  readonly #gates = new Map<string, Gate | undefined>();

  constructor(deps: RegionGatesDeps) {
    this.#deps = deps;
  }

  /** How many segments may leave for the region now: Infinity without a cap. Asks for more where `least` are not due. */
  due(region: string, least: number): number {
    const gate = this.#gate(region);
    if (!gate) return Number.POSITIVE_INFINITY;
    if (gate.due < least) this.#ask(gate, least - gate.due);
    return gate.due >= least ? gate.due : 0;
  }

  use(region: string, segments: number): void {
    const gate = this.#gate(region);
    if (gate) gate.due -= segments;
  }

  #gate(region: string): Gate | undefined {
    if (this.#gates.has(region)) return this.#gates.get(region);
    const pacer = this.#deps.pacerOf(region);
    const gate = pacer && { pacer, due: 0, asking: false };
    this.#gates.set(region, gate);
    return gate;
  }

  #ask(gate: Gate, least: number): void {
    if (gate.asking) return;
    gate.asking = true;
    gate.pacer
      .take(least, Math.max(least, MOST))
      .then((segments) => {
        gate.due += segments;
      }, this.#deps.onStoreFault)
      .finally(() => {
        gate.asking = false;
        this.#deps.onDue();
      });
  }
}
