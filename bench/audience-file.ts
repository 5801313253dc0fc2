/** A file of an audience as the world has them: several ways of writing, some duplicates, some bad lines; and what is true of it. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { REGIONS } from '../src/directory/regions.ts';

/** Country code 999 is nobody's. */
const FIRST = 999_000_000_000;
const COUNT = 1_000_000_000;
/** Coprime with ten: no number comes again within a thousand million. */
const STEP = 7_368_787;
const DUPLICATE_EVERY = 100;
const DUPLICATE_OF = 37;
const BAD_EVERY = 1_000;
const BAD_AT = 500;
const ENGLISH_EVERY = 25;
const TEXT_AT_ONCE = 262_144;
/** A sum that stays exact. */
export const CHECKSUM_BELOW = 2 ** 50;

export interface Truth {
  lines: number;
  recipients: number;
  duplicates: number;
  rejected: number;
  /** Sum of all recipients' numbers, modulo CHECKSUM_BELOW. */
  checksum: number;
}

/** Writes `lines` lines below a header, gzipped if asked, and returns what an import has to find in them. */
export async function writeAudienceFile(
  file: string,
  lines: number,
  gzip: boolean,
  signal: AbortSignal,
): Promise<Truth> {
  const truth: Truth = { lines, recipients: 0, duplicates: 0, rejected: 0, checksum: 0 };
  const output = createWriteStream(file);
  const text = Readable.from(texts(lines, truth));
  if (gzip) await pipeline(text, createGzip({ level: 1 }), output, { signal });
  else await pipeline(text, output, { signal });
  return truth;
}

function* texts(lines: number, truth: Truth): Generator<string> {
  let text = 'msisdn,region,language\n';
  for (let i = 0; i < lines; i += 1) {
    text += lineAt(i, truth);
    if (text.length < TEXT_AT_ONCE) continue;
    yield text;
    text = '';
  }
  yield text;
}

function lineAt(i: number, truth: Truth): string {
  const region = REGIONS[i % REGIONS.length]!.code;
  const language = i % ENGLISH_EVERY === 0 ? 'en' : 'fr';
  if (i % BAD_EVERY === BAD_AT) {
    truth.rejected += 1;
    return `12345,${region},${language}\n`;
  }
  if (i > DUPLICATE_OF && i % DUPLICATE_EVERY === DUPLICATE_EVERY - 1) {
    truth.duplicates += 1;
    return `${numberOf(i - DUPLICATE_OF)},${region},${language}\n`;
  }
  const msisdn = numberOf(i);
  truth.recipients += 1;
  truth.checksum = (truth.checksum + msisdn) % CHECKSUM_BELOW;
  return `${written(msisdn, i)},${region},${language}\n`;
}

const numberOf = (i: number): number => FIRST + ((i * STEP) % COUNT);

/** Half with a plus, a tenth with spaces, the others in digits alone. */
function written(msisdn: number, i: number): string {
  if (i % 2 === 0) return `+${msisdn}`;
  const digits = String(msisdn);
  if (i % 5 !== 0) return digits;
  return `+${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6, 9)} ${digits.slice(9)}`;
}
