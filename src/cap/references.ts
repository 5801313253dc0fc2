/**
 * What an Update or Cancel is about: its references, held against the notices here. A message about one of ours goes to
 * those who were sent that one; what a reference cannot be made out to be is told, not refused (CAP 1.2 §3.2.1).
 */
import { identityOf } from '../notices/identity.ts';
import type { Notice } from '../notices/notice.ts';
import type { Records, Stored } from '../store/records.ts';

export type FindNotice = (reference: string) => Promise<Stored<Notice> | undefined>;

/** Finds the notice that `sender,identifier,sent` names: one written here, or one that came in as CAP. */
export function noticeFinder(records: Pick<Records<Notice>, 'find'>): FindNotice {
  return async (reference) => {
    const [sender = '', identifier = '', sent = ''] = reference.split(',');
    const { id } = identityOf({ sender, identifier, sent }, '', 0);
    for (const found of [await records.find(id), await records.find(identifier)]) {
      const notice = found?.value;
      if (!notice || notice.sender !== sender || notice.identifier !== identifier) continue;
      if (Date.parse(notice.sent) === Date.parse(sent)) return found;
    }
    return undefined;
  };
}

export type Follower = Pick<Notice, 'status' | 'regions'> & { readonly audience?: string };

/** Why a notice is no follow-up of `first`, though it refers to it; undefined when it is one. */
export function whyNoFollowUp(first: Notice, follower: Follower): string | undefined {
  if (first.submitted === undefined) return 'was not submitted yet';
  if (first.state === 'cancelled' && first.timings.launched === undefined) return 'was given up before its launch';
  if (follower.audience !== undefined && follower.audience !== first.audience) return 'goes to another audience';
  const more = follower.regions.filter((region) => !first.regions.includes(region));
  if (more.length > 0) return `does not concern ${more.join(', ')}`;
  return undefined;
}

/** What a person should know of a notice's references, one sentence each. */
export async function remarksOn(notice: Notice, find: FindNotice): Promise<string[]> {
  const remarks = await Promise.all(
    notice.references.map(async (reference) => {
      const found = await find(reference);
      if (found === undefined) return `${reference}: there is no such notice here`;
      if (notice.followsUp !== undefined) return undefined;
      const why = whyNoFollowUp(found.value, notice) ?? 'is not followed up';
      return `${reference}: notice "${found.id}" ${why}, so this one goes to the whole audience`;
    }),
  );
  return remarks.filter((remark) => remark !== undefined);
}
