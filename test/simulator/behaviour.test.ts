import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { TocsinError } from '../../src/errors.ts';
import { behaviourSchema, parseBehaviour, patchBehaviour } from '../../src/simulator/behaviour.ts';
import { ACTIONS } from '../../src/simulator/behaviour-sessions.ts';

function faultsOf(input: unknown): string[] {
  try {
    parseBehaviour(input);
  } catch (error) {
    return (error as TocsinError).faults.map((fault) => fault.at);
  }
  return [];
}

interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

/** Every field of the schema by its path, list items as `[]`. */
function fields(schema: JsonSchema, path = ''): { path: string; description: string | undefined }[] {
  const own = path === '' ? [] : [{ path, description: schema.description }];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    fields(property, path === '' ? name : `${path}.${name}`),
  );
  const items = schema.items?.properties ? fields(schema.items, `${path}[]`).slice(1) : [];
  const alternatives = (schema.anyOf ?? []).flatMap((one) => fields(one, path).slice(1));
  return [...own, ...inner, ...items, ...alternatives];
}

const all = fields(z.toJSONSchema(behaviourSchema, { io: 'input' }) as JsonSchema);

const docs = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');

describe('the behaviour', () => {
  test('is a friendly SMSC when nothing is said', () => {
    const behaviour = parseBehaviour({});
    expect(behaviour.accounts).toMatchObject([{ systemId: 'tocsin', password: 'secret', segmentsPerSecond: null }]);
    expect(behaviour.receipts.mix).toMatchObject({ delivered: 1, undeliverable: 0, none: 0 });
    expect(behaviour.responses.lost).toBe(0);
    expect(parseBehaviour(behaviour)).toEqual(behaviour);
  });

  test.each([
    [{ receipts: { mix: { deliverd: 1 } } }, '/receipts/mix'],
    [{ receipts: { mix: { delivered: -1 } } }, '/receipts/mix/delivered'],
    [{ receipts: { mix: { delivered: 0 } } }, '/receipts/mix'],
    [{ receipts: { delayMs: { min: 5, max: 1 } } }, '/receipts/delayMs/min'],
    [{ responses: { lost: 2 } }, '/responses/lost'],
    [{ submissions: { refusals: [{ status: 'ESME_RNOSUCH' }] } }, '/submissions/refusals/0/status'],
    [{ submissions: { refusals: [{ status: 8, destinations: ['+33'] }] } }, '/submissions/refusals/0/destinations/0'],
    [{ accounts: [] }, '/accounts'],
    [{ messageIds: { first: '9223372036854775808' } }, '/messageIds/first'],
    ['none', '/'],
  ])('names the place that is wrong: %j', (input, at) => {
    expect(faultsOf(input)).toContain(at);
  });

  test('names every place, not only the first', () => {
    expect(faultsOf({ responses: { lost: 2 }, bind: { silent: 'yes' } })).toHaveLength(2);
  });

  test('refuses two accounts of one name', () => {
    const account = { systemId: 'a', password: 'b' };
    expect(faultsOf({ accounts: [account, account] })).toEqual(['/accounts']);
  });

  test('is patched: objects merge, lists are replaced, null brings the default back', () => {
    const one = patchBehaviour(parseBehaviour({}), {
      receipts: { mix: { undeliverable: 1 }, intermediate: 0.5 },
      submissions: { refusals: [{ status: 'ESME_RSYSERR' }] },
    });
    expect(one.receipts.mix).toMatchObject({ delivered: 1, undeliverable: 1 });
    const two = patchBehaviour(one, { receipts: { intermediate: null }, submissions: { refusals: [] } });
    expect(two.receipts.intermediate).toBe(0);
    expect(two.receipts.mix.undeliverable).toBe(1);
    expect(two.submissions.refusals).toEqual([]);
  });

  test('describes every field, and the documentation has each', () => {
    expect(all.length).toBeGreaterThan(80);
    expect(all.filter(({ description }) => !description).map(({ path }) => path)).toEqual([]);
    expect(all.filter(({ path }) => !docs.includes(`\`${path}\``)).map(({ path }) => path)).toEqual([]);
  });

  test('takes every example of the documentation', () => {
    const blocks = [...docs.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1]!);
    const recipes = [...docs.matchAll(/`(\{"[^`]+\})`/g)].map((match) => match[1]!);
    const examples = [...blocks, ...recipes]
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .filter((example) => Object.keys(example).every((key) => key in behaviourSchema.shape));
    expect(examples.length).toBeGreaterThan(40);
    for (const example of examples) expect(faultsOf(example)).toEqual([]);
  });

  test('has every action in its documentation', () => {
    expect(ACTIONS.filter((action) => !docs.includes(`\`${action}\``))).toEqual([]);
  });
});
