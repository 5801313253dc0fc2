/** The kinds of follow-up: what each says, and as which CAP message. */

export const FOLLOW_UPS = {
  correction: { template: 'correction', msgType: 'Update' },
  restored: { template: 'restored-keep-alternative', msgType: 'Update' },
  'all-clear': { template: 'end', msgType: 'Cancel' },
} as const;

export type FollowUpKind = keyof typeof FOLLOW_UPS;

export const FOLLOW_UP_KINDS = ['correction', 'restored', 'all-clear'] as const satisfies readonly FollowUpKind[];

/** Which kind a notice is; undefined for one that follows nothing up, or in other words. */
export function followUpKindOf(notice: {
  readonly template?: string | undefined;
  readonly followsUp?: string | undefined;
}): FollowUpKind | undefined {
  if (notice.followsUp === undefined) return undefined;
  return FOLLOW_UP_KINDS.find((kind) => FOLLOW_UPS[kind].template === notice.template);
}

/** What a notice holds of a follow-up that was prepared with it; the texts are a record beside it. */
export interface Prepared {
  readonly kind: FollowUpKind;
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the texts of each region. */
  readonly hashes: Readonly<Record<string, string>>;
}
