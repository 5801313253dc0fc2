/** A session whose SMSC sends anything: what the protocol lets it survive it survives, and nobody's submission is forgotten. */
import fc from 'fast-check';
import { FIXTURES } from './fixtures.ts';
import { APPENDIX_B, cstr, messagePdu, pdu, tlv, u8 } from './octets.ts';
import { boundSession, flush, MSISDN, TEMPLATE } from './session-fixture.ts';

const UNBIND = 6;
const SEEDS = [
  ...FIXTURES.map(({ bytes }) => bytes),
  messagePdu({ text: APPENDIX_B, tlvs: [tlv(0x001e, cstr('1234567')), tlv(0x0427, u8(2))] }),
  pdu(0x80000004, 0, 2, cstr('id-2')),
  pdu(0x80000004, 0x58, 3),
].filter((bytes) => bytes.readUInt32BE(4) !== UNBIND);

/** One PDU with some octets changed behind its length and command, of a length that is right. */
const damaged = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.integer({ min: 8, max: 300 }), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
    fc.option(fc.integer({ min: 16, max: 300 })),
  )
  .map(([seed, changes, cut]) => {
    const octets = Buffer.from(cut === null ? seed : seed.subarray(0, Math.max(16, Math.min(cut, seed.length))));
    for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
    octets.writeUInt32BE(octets.length, 0);
    return octets;
  });

test('stays bound whatever is wrong inside PDUs of a right length, cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(damaged, { maxLength: 12 }), fc.integer({ min: 1, max: 90 }), async (pdus, size) => {
      const { session, far, told, take } = await boundSession();
      session.submit(...submission(4));
      await take();
      const octets = Buffer.concat([...pdus, pdu(0x15, 0, 0x7000_0000)]);
      for (let at = 0; at < octets.length; at += size) far.write(octets.subarray(at, at + size));
      await flush();
      expect(session.state).toBe('bound');
      expect((await take()).at(-1)).toMatchObject({ command: 0x80000015, sequence: 0x7000_0000 });
      requireEach(told, session.unanswered);
      session.destroy();
    }),
    { numRuns: 200 },
  );
});

test('ends on a length that cannot be, having told it to the SMSC and the owner', async () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 65_537, max: 0xffff_ffff }));
  await fc.assert(
    fc.asyncProperty(fc.array(damaged, { maxLength: 3 }), length, async (pdus, bad) => {
      const { session, told, send, take, anomalies } = await boundSession();
      session.submit(...submission(4));
      await take();
      const header = Buffer.alloc(16, 1);
      header.writeUInt32BE(bad, 0);
      await send(...pdus, header);
      expect(session.state).toBe('closed');
      expect((await take()).at(-1)).toMatchObject({ command: 0x80000000, status: 2, sequence: 0 });
      expect(anomalies.at(-1)).toMatchObject({ kind: 'bad_frame' });
      expect(told.at(-1)).toMatchObject(['closed', 'bad_frame', expect.any(Array)]);
      requireEach(told, (told.at(-1)![2] as string[]).length);
    }),
    { numRuns: 100 },
  );
});

function submission(count: number): Parameters<Awaited<ReturnType<typeof boundSession>>['session']['submit']> {
  const refs = Array.from({ length: count }, (_, i) => `r${i}`);
  return [TEMPLATE, refs.map((_, i) => MSISDN + i), refs, 0, count];
}

/** Four were submitted: each was answered once, or is still to be. */
function requireEach(told: readonly unknown[][], left: number): void {
  const answered = told.filter(([what]) => what === 'response').map(([, ref]) => ref);
  expect(new Set(answered).size).toBe(answered.length);
  expect(answered.length + left).toBe(4);
}
