/** What the API is given: the modules it speaks for. It makes none of them itself and knows no process, port or file. */
import type { ArchiveCalls } from '../archive/calls.ts';
import type { Audiences } from '../audience/audiences.ts';
import type { broadcastCalls } from '../broadcasts/calls.ts';
import type { OrderRule } from '../broadcasts/route-choice.ts';
import type { Route } from '../broadcasts/routes.ts';
import type { CapSettings } from '../cap/cap-file.ts';
import type { Directory } from '../directory/directory.ts';
import type { Fault } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Notices } from '../notices/notices.ts';
import type { Store } from '../store/connection.ts';
import type { Templates } from '../templates/load.ts';
import type { Identity } from './identity.ts';
import type { Keys } from './keys.ts';

/** What broadcasts/ does for the API, with its own dependencies already given. */
export type BroadcastCalls = ReturnType<typeof broadcastCalls>;

export interface ApiDeps {
  readonly store: Store;
  readonly keys: Keys;
  /** Absent where API keys are the only way in. */
  readonly identity?: Identity;
  readonly notices: Notices;
  readonly directory: Directory;
  readonly audiences: Audiences;
  readonly templates: Templates;
  readonly broadcasts: BroadcastCalls;
  readonly archive: ArchiveCalls;
  readonly routes: readonly Route[];
  readonly order?: readonly OrderRule[];
  /** Absent: signatures are not looked at, nothing is signed, the feed is public. */
  readonly cap?: CapSettings;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Shown in the OpenAPI document. */
  readonly version: string;
  /** What keeps this process from serving, besides a store that does not answer. */
  readonly now?: () => number;
  readonly notReady?: () => Promise<Fault[]>;
  readonly uploadLimitBytes?: number;
  readonly deadlineMs?: number;
  /** For a small body to come in. */
  readonly bodyMs?: number;
  /** By API key. */
  readonly callsPerMinute?: number;
  /** By address, whoever calls. */
  readonly callsPerMinuteOfAddress?: number;
  /** By address. */
  readonly failedAttemptsPerMinute?: number;
  /** Of the CAP feed, by address. */
  readonly feedReadsPerMinute?: number;
  /** How many proxies stand before us, for the caller's address in limits. */
  readonly trustedProxies?: number;
}
