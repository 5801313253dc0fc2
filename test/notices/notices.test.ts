import { REGIONS } from '../../src/directory/regions.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { launched } from '../../src/notices/stages.ts';
import { auditEntries, verifyAudit } from '../../src/store/audit.ts';
import type { Stored } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';
import {
  AT_MS,
  AUTHOR,
  audienceOf,
  type Changeable,
  EDITOR,
  inputOf,
  MINISTER,
  noticesOver,
  PREFECT_29,
  PREFECT_35,
  refusalOf,
} from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

async function submittedNotice(changes: Record<string, unknown> = {}): Promise<Stored<Notice>> {
  const { id } = await notices.create(inputOf(changes), AUTHOR);
  return notices.submit(id, AUTHOR);
}

const approve = (notice: Stored<Notice>, region: string, by = PREFECT_35) =>
  notices.decide(notice.id, { region, decision: 'approve', hash: regionHash(notice.value, region) }, by);

describe('a new notice', () => {
  test('is a draft with a name for others, its author and the time', async () => {
    const { id, version, value } = await notices.create(inputOf(), AUTHOR);
    expect(version).toBe(1);
    expect(value).toMatchObject({
      identifier: id,
      sender: 'tocsin.example',
      sent: '2021-06-02T15:05:00-00:00',
      scope: 'Public',
      event: "Numéros d'urgence difficiles à joindre",
      state: 'draft',
      author: 'Alix Author',
      editors: [],
      decisions: [],
      timings: { created: '2021-06-02T15:05:00.000Z' },
    });
    expect((await notices.get(id)).value).toEqual(value);
  });

  test('from elsewhere keeps its name, and comes in once', async () => {
    const name = { identifier: 'X-1', sender: 'cell@example.org', sent: '2021-06-02T16:00:00+02:00' };
    const first = await notices.create(inputOf(name), AUTHOR);
    expect(first.value).toMatchObject(name);
    expect(await refusalOf(() => notices.create(inputOf(name), EDITOR))).toMatchObject({
      kind: 'conflict',
      code: 'duplicate_notice',
    });
    const other = await notices.create(inputOf({ ...name, identifier: 'X-2' }), AUTHOR);
    expect(other.id).not.toBe(first.id);
    expect((await notices.submit(first.id, AUTHOR)).value.sent).toBe(name.sent);
  });

  test('with half a name is refused', async () => {
    expect(await refusalOf(() => notices.create(inputOf({ identifier: 'X-3' }), AUTHOR))).toMatchObject({
      code: 'incomplete_identity',
      faults: [{ at: '/sender' }, { at: '/sent' }],
    });
  });

  test('may follow up another, if that is there', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const references = [`tocsin.example,${id},2021-06-02T15:05:00-00:00`];
    const next = await notices.create(inputOf({ followsUp: id, msgType: 'Update', references }), AUTHOR);
    expect(next.value).toMatchObject({ followsUp: id, references });
    expect(await refusalOf(() => notices.create(inputOf({ followsUp: 'none' }), AUTHOR))).toMatchObject({
      code: 'unknown_notice',
      faults: [{ at: '/followsUp' }],
    });
  });
});

describe('a change', () => {
  test('keeps what it does not name, and remembers who made it', async () => {
    const { id } = await notices.create(inputOf({ headline: 'Titre' }), AUTHOR);
    const changed = await notices.change(id, { severity: 'Minor' }, EDITOR, 1);
    expect(changed).toMatchObject({
      version: 2,
      value: { severity: 'Minor', headline: 'Titre', editors: ['Eden Editor'] },
    });
    expect((await notices.change(id, { severity: 'Severe' }, AUTHOR)).value.editors).toEqual(['Eden Editor']);
  });

  test('of an older version is refused', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    await notices.change(id, { severity: 'Minor' }, AUTHOR);
    for (const act of [
      () => notices.change(id, { severity: 'Severe' }, AUTHOR, 1),
      () => notices.submit(id, AUTHOR, 1),
      () => notices.cancel(id, AUTHOR, 1),
    ]) {
      expect(await refusalOf(act)).toMatchObject({ kind: 'precondition', code: 'version_mismatch' });
    }
  });

  test('of a submitted notice is refused: what authorities look at stays as it is', async () => {
    const { id } = await submittedNotice();
    expect(await refusalOf(() => notices.change(id, { severity: 'Minor' }, AUTHOR))).toMatchObject({
      code: 'wrong_state',
    });
  });

  test('takes a returned notice back to draft: the texts go, the reasons stay', async () => {
    const submitted = await submittedNotice();
    const hash = regionHash(submitted.value, '35');
    await notices.decide(submitted.id, { region: '35', decision: 'return', hash, reasons: 'Too late' }, PREFECT_35);
    expect(await refusalOf(() => notices.submit(submitted.id, AUTHOR))).toMatchObject({ code: 'wrong_state' });
    const { value } = await notices.change(submitted.id, { regions: ['35'] }, AUTHOR);
    expect(value).toMatchObject({ state: 'draft', decisions: [{ reasons: 'Too late' }] });
    expect(value).not.toHaveProperty('renderings');
    expect(value).not.toHaveProperty('submitted');
    world.nowMs += 60_000;
    const again = await notices.submit(submitted.id, AUTHOR);
    expect(again.value).toMatchObject({ state: 'submitted', decisions: [] });
    expect(regionHash(again.value, '35')).not.toBe(hash);
  });

  test('is held to the same rules as a new notice', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    expect(await refusalOf(() => notices.change(id, { regions: [] }, AUTHOR))).toMatchObject({ code: 'empty_area' });
  });
});

describe('the way to approval', () => {
  test('stamps the time of every stage', async () => {
    const submitted = await submittedNotice();
    world.nowMs = AT_MS + 60_000;
    await approve(submitted, '35');
    world.nowMs = AT_MS + 120_000;
    const approved = await approve(submitted, '29', PREFECT_29);
    expect(approved.value).toMatchObject({
      state: 'approved',
      timings: {
        created: '2021-06-02T15:05:00.000Z',
        submitted: '2021-06-02T15:05:00.000Z',
        firstApproval: '2021-06-02T15:06:00.000Z',
        approved: '2021-06-02T15:07:00.000Z',
      },
    });
  });

  test('R10: an approval of a preview from before the submission is stale', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    const { regions } = await notices.preview(id);
    const seen = regions.find(({ region }) => region === '35')?.hash ?? '';
    world.nowMs += 60_000;
    await notices.submit(id, AUTHOR);
    const act = () => notices.decide(id, { region: '35', decision: 'approve', hash: seen }, PREFECT_35);
    expect(await refusalOf(act)).toMatchObject({ kind: 'conflict', code: 'stale_hash' });
  });

  test('nobody approves what they submitted, nor changed, nor wrote', async () => {
    const { id } = await notices.create(inputOf(), AUTHOR);
    await notices.change(id, { severity: 'Minor' }, EDITOR);
    const submitted = await notices.submit(id, { actor: 'key:s', person: 'Sam Submitter' });
    for (const person of ['Alix Author', 'Eden Editor', 'Sam Submitter']) {
      expect(await refusalOf(() => approve(submitted, '35', { ...MINISTER, person }))).toMatchObject({
        kind: 'forbidden',
        code: 'own_submission',
      });
    }
  });

  test('a hundred authorities that decide at once, in two processes: none is lost, none has to try again', async () => {
    const codes = REGIONS.map(({ code }) => code);
    const groups = codes.map((region) => ({ region, language: 'fr', recipients: 1 }));
    world.audience = audienceOf({ recipients: groups.length, groups });
    const submitted = await submittedNotice({ regions: codes });
    const elsewhere = noticesOver(store).notices;
    await Promise.all(
      codes.map((region, i) => {
        const hash = regionHash(submitted.value, region);
        const by = { actor: `key:${region}`, person: `Prefect ${region}`, regions: [region] };
        return (i % 2 ? notices : elsewhere).decide(submitted.id, { region, decision: 'approve', hash }, by);
      }),
    );
    const { value } = await notices.get(submitted.id);
    expect(value.state).toBe('approved');
    expect(value.decisions).toHaveLength(codes.length);
  });

  test('a decision on a version that is named is not made on another', async () => {
    const submitted = await submittedNotice();
    await approve(submitted, '35');
    const hash = regionHash(submitted.value, '29');
    const act = () => notices.decide(submitted.id, { region: '29', decision: 'approve', hash }, PREFECT_29, 2);
    expect(await refusalOf(act)).toMatchObject({ kind: 'precondition', code: 'version_mismatch' });
  });

  test('a cancelled notice goes no further; a launched one is cancelled by its broadcast', async () => {
    const submitted = await submittedNotice();
    const cancelled = await notices.cancel(submitted.id, AUTHOR);
    expect(cancelled.value).toMatchObject({ state: 'cancelled', timings: { cancelled: expect.any(String) } });
    expect(await refusalOf(() => approve(submitted, '35'))).toMatchObject({ code: 'wrong_state' });

    const other = await submittedNotice();
    const approved = await approve(other, '35');
    const act = { actor: 'key:c', action: 'notice.launch', subject: `notice/${other.id}` };
    await notices.records.update(approved, launched(approved.value, 'b1', '2021-06-02T15:10:00Z'), act);
    expect(await refusalOf(() => notices.cancel(other.id, AUTHOR))).toMatchObject({ code: 'wrong_state' });
  });
});

test('lists come newest first, without the texts', async () => {
  const submitted = await submittedNotice();
  const [first] = await notices.list({ limit: 1 });
  expect(first).toMatchObject({ id: submitted.id, version: 2, value: { state: 'submitted' } });
  expect(first?.value).not.toHaveProperty('renderings');
});

test('every change has its entry in an unbroken audit log, without texts', async () => {
  const submitted = await submittedNotice();
  await approve(submitted, '35');
  const entries = [];
  for await (const entry of auditEntries(store)) if (entry.subject === `notice/${submitted.id}`) entries.push(entry);
  expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
    ['notice.create', 'key:author'],
    ['notice.submit', 'key:author'],
    ['notice.approve', 'key:p35'],
  ]);
  expect(JSON.stringify(entries)).not.toContain('0261910030');
  expect((await verifyAudit(store)).brokenAt).toBeUndefined();
});
