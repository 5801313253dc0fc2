import { cpSync, createWriteStream, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { recipientInEvidence } from '../../src/archive/evidence-lookup.ts';
import { runCli } from '../support/command-line.ts';
import { BY, DAY_MS, type Filed, filed, recipientOf35 } from './archive-fixture.ts';

const NOBODY = 33_639_989_999;

describe('a look-up in evidence on another machine, without the store', () => {
  let own: Filed;
  let id: string;
  let copies = 0;
  beforeAll(async () => {
    own = await filed();
    id = await own.closedBroadcast({ audience: await own.importAudience() });
    await own.calls.archive.write(id, 'system');
  });
  afterAll(() => own.close());

  /** Of the archive's folder, under any other name. */
  const aCopy = () => {
    copies += 1;
    const folder = join(own.folder, `inquiry's copy ${copies}`);
    cpSync(join(own.folder, 'archive', id), folder, { recursive: true });
    return folder;
  };

  test('answers as the machine that wrote it did, before and after its ledger was purged', async () => {
    const folder = aCopy();
    const asked = await own.calls.recipientState(id, 33_639_980_003, BY);
    expect(await recipientInEvidence(folder, 33_639_980_003)).toEqual({ broadcast: id, ...asked });
    own.clock.nowMs += 40 * DAY_MS;
    await own.purge.run({ actor: 'system' });
    expect(await recipientInEvidence(folder, recipientOf35(7))).toMatchObject({ state: 'delivered', region: '35' });
    await expect(recipientInEvidence(folder, NOBODY)).rejects.toMatchObject({ code: 'unknown_recipient' });
  });

  test('takes a folder by a relative path too', async () => {
    const path = relative(process.cwd(), aCopy());
    expect(await recipientInEvidence(path, recipientOf35(7))).toMatchObject({ state: 'delivered' });
  });

  test('vouches for nothing that is not as it was exported, in whatever file', async () => {
    for (const name of ['recipients.parquet', 'lanes.json', 'counts.json']) {
      const folder = aCopy();
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(folder, name), bytes);
      await expect(recipientInEvidence(folder, recipientOf35(7))).rejects.toMatchObject({
        code: 'broken_evidence',
        faults: expect.arrayContaining([{ at: name, message: expect.stringContaining('is another file') }]),
      });
    }
  });

  test('R19: says that the lists were purged, and of a bundle that it must be unpacked', async () => {
    const folder = aCopy();
    for (const name of ['recipients.csv.gz', 'recipients.parquet']) unlinkSync(join(folder, name));
    await expect(recipientInEvidence(folder, recipientOf35(7))).rejects.toMatchObject({ code: 'lists_purged' });
    const packed = join(own.folder, 'bundle.tar.gz');
    await pipeline((await own.calls.evidence(id, BY)).stream, createWriteStream(packed));
    await expect(recipientInEvidence(packed, recipientOf35(7))).rejects.toMatchObject({ code: 'packed_evidence' });
    await expect(recipientInEvidence(own.folder, recipientOf35(7))).rejects.toMatchObject({ code: 'no_evidence' });
  });

  test('is a command, whose refusals do not repeat the number', async () => {
    const folder = aCopy();
    const found = await runCli(undefined, 'evidence', 'recipient', folder, '06 39 98 00 03');
    expect([found.code, found.out]).toEqual([
      0,
      expect.stringMatching(/^unconfirmed, in doubt: .* \(2A fr\)\n {2}EXERCICE/),
    ]);
    const json = await runCli(undefined, 'evidence', 'recipient', folder, '33639980003', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ broadcast: id, state: 'unconfirmed', inDoubt: true });
    for (const number of [String(NOBODY), '0639989999x']) {
      const refused = await runCli(undefined, 'evidence', 'recipient', folder, number);
      expect([refused.code, refused.out, refused.notes]).toEqual([1, '', expect.not.stringContaining('39989999')]);
    }
  });
});
