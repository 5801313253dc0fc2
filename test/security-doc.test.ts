import { existsSync, readFileSync } from 'node:fs';

const document = new URL('../docs/security.md', import.meta.url);
const text = readFileSync(document, 'utf8').replaceAll(/\s*\n\s*/g, ' ');
const links = [...text.matchAll(/\[([^\]]+)\]\(([^)#]+)[^)]*\)/g)].map(
  ([, words = '', to = '']) => [words, to] as const,
);
const tests = links.filter(([, to]) => to.endsWith('.test.ts'));

describe('docs/security.md', () => {
  test('links what is there', () => {
    expect(links.filter(([, to]) => !existsSync(new URL(to, document)))).toEqual([]);
  });

  test('leans on many tests', () => {
    expect(tests.length).toBeGreaterThan(35);
  });

  test.each(tests)('"%s" is a test of %s', (title, to) => {
    const source = readFileSync(new URL(to, document), 'utf8').replaceAll("\\'", "'");
    expect(source).toContain(title);
  });

  test('speaks of every secret that a setting may name by a file', () => {
    const config = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8');
    const secrets = /const SECRETS[^;]+;/.exec(config)?.[0].match(/TOCSIN_\w+/g) ?? [];
    expect(secrets.length).toBeGreaterThan(1);
    for (const name of secrets.filter((one) => one !== 'TOCSIN_REDIS_URL')) expect(text).toContain(`${name}_FILE`);
  });
});
