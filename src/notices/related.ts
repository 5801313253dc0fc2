/**
 * What a follow-up refers to: every message about the same thing that is still in force (CAP 1.2 §3.2.1), also those that
 * others wrote meanwhile about the same first notice.
 */
import type { Records, Stored } from '../store/records.ts';
import type { Notice } from './notice.ts';

const PAGE = 10;
/** Notices newer than the first that are looked through; an incident that has more of them has other means. */
const LOOKED_AT = 200;

/**
 * A follow-up of the notice `id` that also refers to that one's other follow-ups, and to what it follows itself; oldest
 * first. `nowMs`: since epoch.
 */
export async function withRelated<N extends Pick<Notice, 'references'>>(
  records: Pick<Records<Notice>, 'find' | 'list'>,
  id: string,
  followUp: N,
  nowMs: number,
): Promise<N & { references: string[] }> {
  const root = await rootOf(records, id);
  const about = new Set([root, id]);
  // Oldest first, so that what a follow-up follows is known before itself.
  for (const { id: other, value } of (await newerThan(records, root)).reverse()) {
    if (value.followsUp !== undefined && about.has(value.followsUp)) about.add(other);
  }
  const names = new Set(followUp.references);
  for (const other of about) {
    const found = await records.find(other);
    if (found && wasSaid(found.value) && Date.parse(found.value.expires) > nowMs) names.add(nameOf(found.value));
  }
  return { ...followUp, references: [...names].sort((one, two) => sentMs(one) - sentMs(two)) };
}

async function rootOf(records: Pick<Records<Notice>, 'find'>, id: string): Promise<string> {
  let root = id;
  for (let i = 0; i < LOOKED_AT; i += 1) {
    const followed = (await records.find(root))?.value.followsUp;
    if (followed === undefined) break;
    root = followed;
  }
  return root;
}

/** By pages, since each notice holds all its texts. */
async function newerThan(records: Pick<Records<Notice>, 'list'>, root: string): Promise<FollowUpLink[]> {
  const newer: FollowUpLink[] = [];
  for (let before: string | undefined; newer.length < LOOKED_AT; before = newer.at(-1)?.id) {
    const page = await records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const { id, value } of page) {
      if (id === root) return newer;
      newer.push({ id, value: { followsUp: value.followsUp } });
    }
    if (page.length < PAGE) break;
  }
  return newer;
}

interface FollowUpLink extends Pick<Stored<Notice>, 'id'> {
  readonly value: { readonly followsUp: string | undefined };
}

/** Whether others may have heard of it: a draft has no time of its own yet. */
const wasSaid = ({ submitted, state, timings }: Notice): boolean =>
  submitted !== undefined && (state !== 'cancelled' || timings.launched !== undefined);

const nameOf = ({ sender, identifier, sent }: Notice): string => `${sender},${identifier},${sent}`;

const sentMs = (reference: string): number => Date.parse(reference.split(',')[2] ?? '');
