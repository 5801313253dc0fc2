import { createHash } from 'node:crypto';
import { recordChange } from '../../src/store/audit-changes.ts';

const NAME = { record: 'thing/1', version: 2 };
const change = (before: unknown, after: unknown, hidden: readonly string[] = []) => {
  const { record, version, ...sides } = recordChange(NAME, before, after, hidden);
  expect([record, version]).toEqual(['thing/1', 2]);
  return sides;
};

describe('what an act changed', () => {
  test.each([
    ['a field', { a: 1, b: 2 }, { a: 1, b: 3 }, { '/b': 2 }, { '/b': 3 }],
    ['a field of a part', { a: { b: 1, c: 1 } }, { a: { b: 2, c: 1 } }, { '/a/b': 1 }, { '/a/b': 2 }],
    ['a field that came', { a: 1 }, { a: 1, b: null }, {}, { '/b': null }],
    ['a field that went', { a: 1, b: 2 }, { a: 1 }, { '/b': 2 }, {}],
    ['an item at the end', { a: ['x'] }, { a: ['x', 'y'] }, {}, { '/a/1': 'y' }],
    ['another kind of value', { a: ['x'] }, { a: { 0: 'x' } }, { '/a': ['x'] }, { '/a': { 0: 'x' } }],
    ['a name with / and ~', { 'a/b~c': 1 }, { 'a/b~c': 2 }, { '/a~1b~0c': 1 }, { '/a~1b~0c': 2 }],
    ['nothing but the order of fields', { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }, {}, {}],
  ])('tells %s by its place', (_, before, after, old, now) => {
    expect(change(before, after)).toEqual({ before: old, after: now });
  });

  test('tells a new record by its fields, and has no before', () => {
    expect(change(undefined, { a: 1, b: { c: 1 } })).toEqual({ after: { '/a': 1, '/b': { c: 1 } } });
  });

  test('tells a long value by the hash of its JSON, before and after', () => {
    const [old, now] = ['x'.repeat(159), 'y'.repeat(158)];
    const hash = createHash('sha256').update(JSON.stringify(old)).digest('hex');
    expect(change({ a: old }, { a: now })).toEqual({ before: { '/a': `sha256:${hash}` }, after: { '/a': now } });
  });

  test('tells larger parts as one where many places differ', () => {
    const many = (value: number) => Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`f${i}`, value]));
    expect(Object.keys(change({ a: many(1), b: 1 }, { a: many(2), b: 2 }).after)).toEqual(['/a', '/b']);
    const fewer = (value: number) => Object.fromEntries(Object.entries(many(value)).slice(0, 23));
    expect(Object.keys(change({ a: fewer(1), b: 1 }, { a: fewer(2), b: 2 }).after)).toHaveLength(24);
  });

  test('stays small whatever changes', () => {
    const lanes = (n: number) => Array.from({ length: 300 }, (_, i) => ({ text: `text ${i} ${n}`.repeat(30) }));
    const { before, after } = change({ lanes: lanes(1) }, { lanes: lanes(2) });
    expect(JSON.stringify({ before, after }).length).toBeLessThan(300);
  });

  test('R19: tells a hidden field as one, and neither value of it', () => {
    const told = change({ key: { secret: 's1' }, n: 1 }, { key: { secret: 's2' }, n: 1 }, ['key']);
    expect(told).toEqual({ before: { '/key': 'hidden' }, after: { '/key': 'hidden' } });
    expect(change(undefined, { key: 's1' }, ['key'])).toEqual({ after: { '/key': 'hidden' } });
  });
});
