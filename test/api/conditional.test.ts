import { etagOf, ifVersion } from '../../src/api/conditional.ts';

describe('versions on the wire', () => {
  test('the ETag of a record is its version, apart by representation', () => {
    expect(etagOf(3)).toBe('"3"');
    expect(etagOf(3, 'cap')).toBe('"3-cap"');
  });

  test.each([
    [undefined, undefined],
    ['*', undefined],
    ['"7"', 7],
    [' "7" ', 7],
    ['"7-cap"', 7],
  ])('If-Match %j names version %j', (header, version) => {
    expect(ifVersion(header)).toBe(version);
  });

  test.each(['7', 'W/"7"', '"seven"', '""', '"-1"', '"99999999999999999999"'])(
    'If-Match %s matches no record',
    (header) => {
      expect(() => ifVersion(header)).toThrow(expect.objectContaining({ kind: 'precondition', code: 'etag_mismatch' }));
    },
  );

  test('a list of tags is refused, since a change has one base', () => {
    expect(() => ifVersion('"1", "2"')).toThrow(expect.objectContaining({ code: 'invalid_if_match' }));
  });
});
