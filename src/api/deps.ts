/** What the API is given: the modules it speaks for. It makes none of them itself and knows no process, port or file. */
import type { Readable } from 'node:stream';
import type { Audiences } from '../audience/audiences.ts';
import type { Broadcast } from '../broadcasts/broadcast.ts';
import type { Progress } from '../broadcasts/progress.ts';
import type { RecipientState } from '../broadcasts/recipient.ts';
import type { Route } from '../broadcasts/routes.ts';
import type { Directory } from '../directory/directory.ts';
import type { Fault } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Person } from '../notices/notice.ts';
import type { Notices } from '../notices/notices.ts';
import type { Store } from '../store/connection.ts';
import type { Stored } from '../store/records.ts';
import type { Templates } from '../templates/load.ts';
import type { Keys } from './keys.ts';
import type { RouteHealth } from './schemas.ts';

export interface Attachment {
  /** File name, without a folder. */
  readonly name: string;
  readonly stream: Readable;
  readonly contentType: string;
}

/** What broadcasts/ does for the API, with its own dependencies already given. `id` is the broadcast's. */
export interface BroadcastCalls {
  /** Throws `wrong_phrase`, `wrong_state`, `not_approved`, `expired_notice`, … */
  launch(noticeId: string, phrase: string, by: Person): Promise<Stored<Broadcast>>;
  pause(id: string, by: Person): Promise<Stored<Broadcast>>;
  resume(id: string, by: Person): Promise<Stored<Broadcast>>;
  cancel(id: string, by: Person): Promise<Stored<Broadcast>>;
  progress(id: string): Promise<Progress>;
  /** Throws `unknown_recipient`. */
  recipientState(id: string, msisdn: number): Promise<RecipientState>;
  evidence(id: string): Promise<Attachment>;
  /** By id of the route; one that no dispatcher told of is left out. */
  routeHealth(): Promise<Readonly<Record<string, RouteHealth>>>;
}

export interface ApiDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly notices: Notices;
  readonly directory: Directory;
  readonly audiences: Audiences;
  readonly templates: Templates;
  readonly broadcasts: BroadcastCalls;
  readonly routes: readonly Route[];
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Shown in the OpenAPI document. */
  readonly version: string;
  /** What keeps this process from serving, besides a store that does not answer. */
  readonly now?: () => number;
  readonly notReady?: () => Promise<Fault[]>;
  readonly uploadLimitBytes?: number;
  readonly deadlineMs?: number;
  /** By API key. */
  readonly callsPerMinute?: number;
  /** By address. */
  readonly failedAttemptsPerMinute?: number;
  /** How many proxies stand before us, for the caller's address in limits. */
  readonly trustedProxies?: number;
}
