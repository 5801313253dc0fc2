/** Takes over what somebody who returned a notice would say instead. */
import { TocsinError } from '../errors.ts';
import type { Person } from '../store/person.ts';
import type { Stored } from '../store/records.ts';
import type { Notice } from './notice.ts';
import type { Notices } from './notices.ts';
import { findProposal } from './proposals.ts';

/**
 * The notice as proposed, a draft again; who proposed is one of its writers from then on. Throws `not-found` /
 * `unknown_proposal`, `precondition` / `version_mismatch`, and what a change throws.
 */
export async function takeOver(
  notices: Pick<Notices, 'get' | 'change'>,
  id: string,
  proposal: string,
  by: Person,
  ifVersion?: number,
): Promise<Stored<Notice>> {
  const { value, version } = await notices.get(id);
  if (ifVersion !== undefined && ifVersion !== version) {
    throw new TocsinError('precondition', 'version_mismatch', `The notice "${id}" was changed since you read it`);
  }
  const { patch, by: proposer } = findProposal(value, proposal);
  return notices.change(id, patch, by, version, proposer);
}
