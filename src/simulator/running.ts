/** A simulator that runs, as tests, the demo and the HTTP control hold it. Made by simulator.ts. */
import type { ActionDetails } from './actions.ts';
import type { Behaviour } from './behaviour.ts';
import type { Action } from './plan.ts';
import type { SimulatorRecord } from './record.ts';
import type { SmscLink } from './smsc-link.ts';

export interface Simulator {
  readonly smppPort: number;
  readonly httpPort: number;
  readonly record: SimulatorRecord;
  readonly behaviour: Behaviour;
  /** Replaces the behaviour; throws `invalid/bad_behaviour` and changes nothing when it is not usable. */
  setBehaviour(input: unknown): Behaviour;
  /** Merges into the behaviour (RFC 7396). */
  patchBehaviour(patch: unknown): Behaviour;
  links(): SmscLink[];
  /** Does an action to the links that `isMeant`, all by default; returns to how many. */
  act(action: Action, isMeant?: (link: SmscLink) => boolean, details?: Partial<ActionDetails>): number;
  /** Accepted messages that something is still to be said about. */
  held(): number;
  stop(): Promise<void>;
}
