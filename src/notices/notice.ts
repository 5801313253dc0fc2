/**
 * What a notice is: what an authority has to tell the public, in the terms of CAP 1.2. Owns the record's shape; what may
 * come in from outside is in notice-input.ts.
 */
import type { RegionScope } from '../directory/authorities.ts';
import type { Person } from '../store/person.ts';
import type { NoticeStatus, Rendering } from '../templates/rendering.ts';
import type { NoticeState } from './lifecycle.ts';
import type { Waiver } from './waivers.ts';

/** What one region's authority said about the exact bytes of its renderings. */
export interface Decision {
  readonly region: string;
  /** Id of the authority: `prefecture-35`. */
  readonly authority: string;
  /** The person. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly decision: 'approved' | 'returned';
  /** The region's hash that was decided on. */
  readonly hash: string;
  readonly reasons?: string;
}

/** RFC 3339 times at which the stages were first reached; a resubmission stamps `submitted` anew. */
interface Timings {
  readonly created?: string;
  readonly submitted?: string;
  readonly firstApproval?: string;
  readonly approved?: string;
  readonly returned?: string;
  readonly launched?: string;
  readonly closed?: string;
  readonly cancelled?: string;
}

export interface Notice {
  // The CAP alert. Together these three are its name for others (CAP 1.2 §3.2.1, references).
  readonly identifier: string;
  readonly sender: string;
  /** With a numeric offset, UTC as -00:00 (CAP 1.2 §3.3.2). Of our own notices the time of submission. */
  readonly sent: string;
  readonly status: NoticeStatus;
  readonly msgType: 'Alert' | 'Update' | 'Cancel';
  readonly scope: 'Public';
  /** `sender,identifier,sent` of each earlier message this one updates or cancels. */
  readonly references: readonly string[];
  /** Id of the notice here that this one follows up. */
  readonly followsUp?: string;

  // The CAP info.
  readonly event: string;
  readonly category: 'Infra';
  readonly urgency: 'Immediate' | 'Expected' | 'Future' | 'Past' | 'Unknown';
  readonly severity: 'Extreme' | 'Severe' | 'Moderate' | 'Minor' | 'Unknown';
  readonly certainty: 'Observed' | 'Likely' | 'Possible' | 'Unlikely' | 'Unknown';
  /** RFC 3339: no message may be sent, nor stay with an SMSC, after this. */
  readonly expires: string;
  readonly headline?: string;
  readonly description?: string;

  // What is sent to whom.
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly services: readonly string[];
  readonly regions: readonly string[];
  /** Id of the audience's snapshot. */
  readonly audience: string;
  readonly route?: string;
  /** What becomes of recipients whose submission may or may not have reached the SMSC when a process died. */
  readonly inDoubt: 'resend' | 'hold';
  /** Faults that it is sent in spite of, each with who answers for it. */
  readonly waivers: readonly Waiver[];

  // How far it is.
  readonly state: NoticeState;
  /** The person who wrote it. */
  readonly author: string;
  /** Everybody who changed it afterwards: they may not approve it either. */
  readonly editors: readonly string[];
  readonly createdAt: string;
  readonly submitted?: { readonly by: string; readonly at: string };
  /** Frozen at submission, sorted by region and language. */
  readonly renderings?: readonly Rendering[];
  /** Hex SHA-256 over all renderings. */
  readonly renderingsHash?: string;
  /** Digest of the audience's snapshot, as of submission. */
  readonly audienceDigest?: string;
  /** Ids of the routes that may carry each region, as of submission. */
  readonly routes?: Readonly<Record<string, readonly string[]>>;
  /** The last decision of each region, in the order they came. */
  readonly decisions: readonly Decision[];
  /** Id of the broadcast, once launched. */
  readonly broadcast?: string;
  readonly timings: Timings;
}

/** A person who may decide for some regions, or for all (`*`). */
export interface Approver extends Person {
  readonly regions: RegionScope;
  /** Id of the authority they act for; default: the region's prefecture, or the ministry for who decides for all. */
  readonly authority?: string;
}

/** What a notice needs to know of an audience: the counts of a snapshot, never its recipients. */
export interface AudienceView {
  readonly recipients: number;
  readonly groups: readonly { readonly region: string; readonly language: string; readonly recipients: number }[];
  readonly fictional: number;
  readonly unassigned: number;
  readonly digest: string;
}
