/**
 * What a notice is: what an authority has to tell the public, in the terms of CAP 1.2. Owns the record's shape; what may
 * come in from outside is in notice-input.ts.
 */
import type { RegionScope } from '../directory/authorities.ts';
import type { Person } from '../store/person.ts';
import type { NoticeStatus, Rendering } from '../templates/rendering.ts';
import type { FollowUpKind, Prepared } from './follow-up-kinds.ts';
import type { NoticeState } from './lifecycle.ts';
import type { Waiver } from './waivers.ts';

/** Gravest first: a graver broadcast runs before others (R11). */
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

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
  /** What was approved before the notice was submitted, where that is what makes this approval. */
  readonly basis?: Basis;
  /** They were a deputy, after the escalation. */
  readonly deputy?: true;
  /** What they would say instead; only with a return. */
  readonly proposal?: Proposal;
}

/** Changes of a notice that whoever returns it proposes; its author takes them over or does not. */
export interface Proposal {
  readonly template?: string;
  /** These only; the others stay. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headline?: string;
  readonly description?: string;
}

/** So many persons of these authorities. */
export interface RequiredApprovals {
  /** Ids of authorities; `*` for whoever may decide for the region. */
  readonly from: readonly string[] | '*';
  readonly count: number;
}

/** What one region asks for, as of submission. */
export interface Requirement {
  /** Each by other persons than the others. */
  readonly approvals: readonly RequiredApprovals[];
  /** RFC 3339: from then on deputies may act; without it, never. */
  readonly escalatesAt?: string;
}

/** That authorities, or their deputies, were told that a notice waits for them. */
export interface NoticeCall {
  readonly stage: 'submitted' | 'escalated';
  /** RFC 3339. */
  readonly at: string;
  readonly regions: readonly string[];
  /** Ids of the notifications that left for it. */
  readonly notifications: readonly string[];
}

/** An approval that takes effect at submission: of the prepared texts of the notice that is followed up, or a standing one. */
export type Basis =
  | { readonly kind: 'prepared'; readonly notice: string; readonly hash: string; readonly at: string }
  | { readonly kind: 'standing'; readonly approval: string; readonly givenAt: string };

/** RFC 3339 times at which the stages were first reached; a resubmission stamps `submitted` anew. */
interface Timings {
  /** The breakdown; the creation where nobody said. */
  readonly detected?: string;
  readonly created?: string;
  readonly submitted?: string;
  /** The authorities were told of the submission. */
  readonly notified?: string;
  /** It escalated in a first region. */
  readonly escalated?: string;
  readonly firstApproval?: string;
  readonly approved?: string;
  readonly returned?: string;
  readonly launched?: string;
  /** Its broadcast was cancelled: nobody is asked any more, though it closes later only. */
  readonly stopped?: string;
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
  readonly severity: Severity;
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
  /** RFC 3339: when the breakdown was detected; the creation where nobody said. */
  readonly detectedAt?: string;
  /** Parameters of its follow-ups, as the author gave them. */
  readonly followUps?: Readonly<Partial<Record<FollowUpKind, Readonly<Record<string, string>>>>>;
  readonly submitted?: { readonly by: string; readonly at: string };
  /** Frozen at submission, sorted by region and language. */
  readonly renderings?: readonly Rendering[];
  /** Hex SHA-256 over all renderings. */
  readonly renderingsHash?: string;
  /** The follow-ups written and approved together with it; see prepared.ts. */
  readonly prepared?: readonly Prepared[];
  /** Digest of the audience's snapshot, as of submission. */
  readonly audienceDigest?: string;
  /** Ids of the routes that may carry each region, as of submission. */
  readonly routes?: Readonly<Record<string, readonly string[]>>;
  /** What each region asks for, as of submission; without it, one approval by whoever may decide for it. */
  readonly requires?: Readonly<Record<string, Requirement>>;
  /** The last decision of each person in each region, in the order they came. */
  readonly decisions: readonly Decision[];
  /** Who was told that it waits, since the submission. */
  readonly calls?: readonly NoticeCall[];
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
