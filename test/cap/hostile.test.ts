import { fromCap } from '../../src/cap/reader.ts';
import { refusalOf } from '../notices/samples.ts';
import { faultsOf } from './faults.ts';
import { CAP_MESSAGE, edxl } from './messages.ts';

describe('hostile XML', () => {
  const withDoctype = (doctype: string, text: string) =>
    CAP_MESSAGE.replace('\n<alert', `\n${doctype}\n<alert`).replace('Panne nationale.', text);

  test('an external entity is never read', async () => {
    const xml = withDoctype('<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '&x;');
    const faults = await faultsOf(xml);
    expect(faults).toEqual([{ at: 'line 1', message: expect.stringContaining('DOCTYPE') }]);
    expect(JSON.stringify(faults)).not.toContain('root:');
  });

  test('an entity bomb is refused at once', async () => {
    const levels = 'abcdefghij'.split('').map((name, i, all) => {
      const inner = i === 0 ? 'boom boom ' : `&${all[i - 1]};`.repeat(10);
      return `<!ENTITY ${name} "${inner}">`;
    });
    const start = performance.now();
    await faultsOf(withDoctype(`<!DOCTYPE alert [${levels.join('')}]>`, '&j;'));
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('a DOCTYPE is refused even if it is harmless', async () => {
    expect(await faultsOf(withDoctype('<!DOCTYPE alert>', 'x'))).toHaveLength(1);
  });

  test('octets that are not in the declared encoding are refused with the line', async () => {
    const [fault] = await faultsOf(Buffer.from(CAP_MESSAGE, 'latin1'));
    expect(fault).toEqual({ at: 'line 26', message: expect.stringMatching(/encoding/) });
  });

  test('an encoding that nobody knows is refused', async () => {
    expect(await faultsOf(Buffer.from(CAP_MESSAGE.replace('UTF-8', 'klingon')))).toContainEqual({
      at: 'line 1',
      message: expect.stringMatching(/klingon/),
    });
  });

  test('elements nested without end are refused', async () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    const tooDeep = [{ at: 'line 1', message: 'is nested deeper than 20 elements' }];
    expect(await faultsOf(nested(22))).toEqual(tooDeep);
    expect(await faultsOf(nested(21))).not.toEqual(tooDeep);
    expect((await faultsOf('<a>'.repeat(100_000))).length).toBeGreaterThan(0);
  });

  test('more elements than any alert has are refused', async () => {
    const faults = await faultsOf(`<a>${'<b/>'.repeat(50_000)}</a>`);
    expect(faults).toEqual([{ at: 'line 1', message: expect.stringMatching(/no alert has so many/) }]);
  });

  test('faults without end are counted, not listed', async () => {
    const faults = await faultsOf(CAP_MESSAGE.replace('<scope>', `${'<colour/>'.repeat(1_000)}<scope>`));
    expect(faults).toHaveLength(51);
    expect(faults.at(-1)?.message).toMatch(/^and \d+ more faults$/);
  });

  test('a message of more than a megabyte is refused unread', async () => {
    const error = await refusalOf(() => fromCap(`<a>${'x'.repeat(1_000_001)}</a>`));
    expect(error).toMatchObject({ kind: 'too-large', code: 'cap_too_large' });
  });
});

test('memory of the parser is given back', async () => {
  const { XmlDocument, diag } = await import('libxml2-wasm');
  expect(XmlDocument).toBeDefined();
  diag.configure({ enabled: true });
  for (const xml of [CAP_MESSAGE, edxl(2), CAP_MESSAGE.replace('Public', 'Private'), '<a', '<!DOCTYPE a><a/>']) {
    try {
      await fromCap(xml);
    } catch {
      // Refusals must give it back as well.
    }
  }
  expect(diag.report()).toEqual({});
  diag.configure({ enabled: false });
});
