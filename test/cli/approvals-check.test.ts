import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/command-line.ts';

const SAMPLE = new URL('../../config/approvals.sample.yaml', import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-approvals-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tocsin approvals check', () => {
  test('says what each rule asks for, without the store', async () => {
    const { code, out } = await runCli(undefined, 'approvals', 'check', SAMPLE);
    expect(code).toBe(0);
    const rows = out.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    expect(rows[3]).toEqual([
      '',
      '2A 2B',
      'Extreme Severe',
      '2 of prefecture + 1 of ministry',
      '5 min',
      'SMS, duty-desk',
      '',
    ]);
    expect(rows[5]).toEqual(['', 'all', 'all', '1 of prefecture or ministry', '10 min', 'SMS', '']);
    expect(out).toContain('2 people, 2 of them with a telephone number; 1 webhooks');
  });

  test('takes the file of the installation where none is named', async () => {
    const { code, out } = await runCli(undefined, 'approvals', 'check');
    expect([code, out.includes('config/approvals.yaml: 0 people')]).toEqual([0, true]);
  });

  test('gives no number, address or secret away', async () => {
    const { out } = await runCli(undefined, 'approvals', 'check', SAMPLE, '--json');
    expect(JSON.parse(out)).toMatchObject({ people: [{ id: 'prefect-2a', phone: true }, {}], webhooks: ['duty-desk'] });
    expect(out).not.toMatch(/39 ?98|alerts\.example|\?\?/);
  });

  test('ends with 1 and every fault at its place', async () => {
    const file = join(folder, 'approvals.yaml');
    writeFileSync(file, 'rules:\n  - { approvals: [{ count: 0 }], webhooks: [none] }\n  - {}\n');
    const { code, notes } = await runCli(undefined, 'approvals', 'check', file);
    expect(code).toBe(1);
    expect(notes).toContain('/rules/0/approvals/0/count');
    expect(notes).toContain('/rules/1/approvals: is missing');
  });
});
