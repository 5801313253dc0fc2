import { isSamePerson } from '../../src/store/person.ts';

describe('two names', () => {
  test.each([
    ['Anne Martin', 'anne  MARTIN '],
    ['Ａnne', 'Anne'],
    ['é', 'e\u0301'],
  ])('%j and %j are one person', (one, other) => {
    expect(isSamePerson(one, other)).toBe(true);
  });

  test.each([
    ['Anne', 'Annie'],
    ['Anne Martin', 'AnneMartin'],
  ])('%j and %j are two people', (one, other) => {
    expect(isSamePerson(one, other)).toBe(false);
  });
});
