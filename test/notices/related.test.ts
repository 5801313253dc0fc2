/** CAP 1.2 §3.2.1: a follow-up refers to every related message that is in force. */
import { capTime } from '../../src/notices/identity.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { withRelated } from '../../src/notices/related.ts';
import type { Stored } from '../../src/store/records.ts';
import { noticeOf } from './samples.ts';

const START = Date.UTC(2021, 5, 2, 15);
const NOW = START + 3_600_000;

/** Notices in the order they were written, one a minute; each submitted unless told otherwise. */
function recordsOf(notices: readonly (Partial<Notice> & { id: string })[]) {
  const stored = notices.map(({ id, ...changes }, i): Stored<Notice> => {
    const sent = capTime(START + i * 60_000);
    const submitted = { by: 'x', at: new Date(START + i * 60_000).toISOString() };
    return {
      id,
      version: 1,
      value: noticeOf({ identifier: id, sender: 's', sent, submitted, state: 'launched', ...changes }),
    };
  });
  const newestFirst = [...stored].reverse();
  return {
    find: async (id: string) => stored.find((one) => one.id === id),
    list: async ({ limit = 100, before }: { limit?: number; before?: string } = {}) => {
      const from = newestFirst.findIndex((one) => one.id === before) + 1;
      return newestFirst.slice(from, from + limit);
    },
  };
}
const refersTo = async (
  notices: readonly (Partial<Notice> & { id: string })[],
  id: string,
  references: string[] = [],
) => {
  const followUp = await withRelated(recordsOf(notices), id, { references }, NOW);
  return followUp.references.map((reference) => reference.split(',')[1]);
};
const FIRST = { id: 'first' };
const CORRECTION = { id: 'correction', followsUp: 'first' };

test('refers to what it follows', async () => {
  expect(await refersTo([{ id: 'other' }, FIRST, { id: 'third' }], 'first')).toEqual(['first']);
});

test('refers to the other follow-ups of what it follows, oldest first', async () => {
  const second = { id: 'second', followsUp: 'first' };
  expect(await refersTo([FIRST, CORRECTION, { id: 'other' }, second], 'first')).toEqual([
    'first',
    'correction',
    'second',
  ]);
});

test('refers to all of a chain, whichever of it it follows', async () => {
  const chain = [FIRST, CORRECTION, { id: 'second', followsUp: 'correction' }, { id: 'aside', followsUp: 'first' }];
  for (const { id } of chain) {
    expect(await refersTo(chain, id)).toEqual(['first', 'correction', 'second', 'aside']);
  }
});

test('keeps what the message already refers to, once', async () => {
  const elsewhere = `a,elsewhere,${capTime(START - 60_000)}`;
  const first = `s,first,${capTime(START)}`;
  expect(await refersTo([FIRST], 'first', [first, elsewhere])).toEqual(['elsewhere', 'first']);
});

test.each<[string, Partial<Notice>]>([
  ['expired', { expires: new Date(NOW).toISOString() }],
  ['a draft', { submitted: undefined as never, state: 'draft' }],
  ['given up before its launch', { state: 'cancelled', timings: {} }],
])('does not refer to one that is %s', async (_, changes) => {
  expect(await refersTo([FIRST, { ...CORRECTION, ...changes }], 'first')).toEqual(['first']);
});

test('refers to one that was stopped after its launch: people have it', async () => {
  const stopped = { ...CORRECTION, state: 'cancelled', timings: { launched: '2021-06-02T15:10:00Z' } } as const;
  expect(await refersTo([FIRST, stopped], 'first')).toEqual(['first', 'correction']);
});

test('finds them behind other notices, and looks no further than some hundreds', async () => {
  const others = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `o${i}` }));
  expect(await refersTo([FIRST, CORRECTION, ...others(150)], 'first')).toEqual(['first', 'correction']);
  expect(await refersTo([FIRST, CORRECTION, ...others(500)], 'first')).toEqual(['first']);
});
