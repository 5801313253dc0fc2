/**
 * Words of an author that go out by CAP beside the texts. An approval from before they were written, be it standing or of
 * prepared texts, is no approval of them.
 */
import type { Template } from '../templates/template.ts';
import type { Notice } from './notice.ts';

/** The fields that hold such words; the event of a notice is its template's unless somebody wrote another. */
export function freeWords(
  { headline, description, event }: Pick<Notice, 'headline' | 'description' | 'event'>,
  template: Pick<Template, 'event'> | undefined,
): string[] {
  return [
    ...(headline === undefined ? [] : ['headline']),
    ...(description === undefined ? [] : ['description']),
    ...(event === template?.event ? [] : ['event']),
  ];
}
