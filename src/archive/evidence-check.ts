/**
 * Whether evidence is what was exported: recomputes the hash of every file of a folder or a bundle, and what the files say
 * of themselves: the approved texts theirs, the audit entries theirs. It needs no store: an inquiry can do it elsewhere.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Lane } from '../broadcasts/broadcast.ts';
import { type Fault, TocsinError } from '../errors.ts';
import { regionHash } from '../notices/hashes.ts';
import type { Notice } from '../notices/notice.ts';
import { type AuditEntry, chain } from '../store/audit.ts';
import { LISTS, MANIFEST, type Manifest } from './evidence.ts';
import { Meter } from './evidence-files.ts';

export interface EvidenceCheck {
  readonly broadcast: string;
  readonly files: number;
  /** SHA-256 of the manifest: the archive's entry in the audit log has it too (`archive.write`). */
  readonly manifest: string;
  readonly faults: readonly Fault[];
  /** Lists of recipients that are not there: their time was over. */
  readonly purged: readonly string[];
}

/** Files whose content is looked into; none of them grows with the recipients. */
const READ = new Set([MANIFEST, 'notice.json', 'lanes.json', 'audit.jsonl']);

interface Found {
  readonly bytes: number;
  readonly sha256: string;
  readonly content: string;
}

/**
 * `path`: a folder, a `.tar.gz` or a `.tar`; `expected`: the SHA-256 of the manifest, as the audit log has it. Throws
 * `invalid` / `no_evidence` where there is no manifest to check by, `broken_evidence` of what was cut.
 */
export async function checkEvidence(path: string, expected?: string): Promise<EvidenceCheck> {
  const isFolder = (await stat(path).catch(noEvidence)).isDirectory();
  const found = new Map<string, Found>();
  try {
    for await (const { name, stream } of isFolder ? filesOf(path) : entriesOf(path)) {
      found.set(name, await read(name, stream));
    }
  } catch (cause) {
    const message = `It cannot be read to its end: ${(cause as Error).message}`;
    throw new TocsinError('invalid', 'broken_evidence', message, { cause });
  }
  const manifest = parsed<Manifest>(found.get(MANIFEST)?.content);
  if (!Array.isArray(manifest?.files)) throw noEvidence();
  const missing = manifest.files.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  // All lists or none: one alone is no purge.
  const purged = LISTS.every((name) => missing.includes(name)) ? LISTS : [];
  const { sha256: digest } = found.get(MANIFEST)!;
  const faults = [
    ...(expected === undefined || expected === digest ? [] : [{ at: MANIFEST, message: 'is not the one expected' }]),
    ...manifest.files.flatMap(({ name, bytes, sha256 }) => {
      const file = found.get(name);
      if (file === undefined) return purged.includes(name) ? [] : [{ at: name, message: 'is missing' }];
      const same = file.sha256 === sha256 && file.bytes === bytes;
      return same ? [] : [{ at: name, message: `is another file: ${file.bytes} bytes, SHA-256 ${file.sha256}` }];
    }),
    ...[...found.keys()]
      .filter((name) => name !== MANIFEST && !manifest.files.some((file) => file.name === name))
      .map((name) => ({ at: name, message: 'is not in the manifest' })),
    // Whoever leaves them out of the list has nothing to be checked by.
    ...[...READ]
      .filter((name) => name !== MANIFEST && !manifest.files.some((file) => file.name === name))
      .map((name) => ({ at: MANIFEST, message: `does not name ${name}` })),
    ...faultsOfTexts(found.get('lanes.json')?.content, found.get('notice.json')?.content),
    ...faultsOfApprovals(found.get('notice.json')?.content),
    ...faultsOfEntries(found.get('audit.jsonl')?.content),
  ];
  const { broadcast } = manifest;
  return { broadcast, files: found.size, manifest: digest, faults, purged };
}

/** R10: each text is the one that was approved for its region and language, to the byte, and has its hash. */
function faultsOfTexts(lanes = '[]', notice = '{}'): Fault[] {
  const all = parsed<Lane[]>(lanes);
  if (!Array.isArray(all)) return [{ at: 'lanes.json', message: 'cannot be read' }];
  const told = parsed<Partial<Notice>>(notice);
  if (told === undefined) return [{ at: 'notice.json', message: 'cannot be read' }];
  const placeOf = ({ region, language }: Pick<Lane, 'region' | 'language'>) => `${region} ${language}`;
  const approved = new Map((told.renderings ?? []).map((one) => [placeOf(one), one]));
  const isApproved = ({ rendering: { text, sha256 }, ...lane }: Lane): boolean =>
    createHash('sha256').update(text).digest('hex') === sha256 && approved.get(placeOf(lane))?.sha256 === sha256;
  return all
    .filter((lane) => !isApproved(lane))
    .map((lane) => ({
      at: `lanes.json, ${placeOf(lane)}`,
      message: 'the text is not the one that was approved',
    }));
}

/** R10: what each region approved is these texts, for this audience, by these routes: the hash that it named is theirs. */
function faultsOfApprovals(json = '{}'): Fault[] {
  const notice = parsed<Partial<Notice>>(json);
  if (!Array.isArray(notice?.decisions)) return [];
  const { identifier = '', status = 'Actual', waivers = [], ...rest } = notice;
  const named = new Map<string, string>();
  // Of approvals of different bytes the last counts, as it did for the launch.
  for (const { region, decision, hash } of notice.decisions) if (decision === 'approved') named.set(region, hash);
  return [...named]
    .filter(([region, hash]) => regionHash({ ...rest, identifier, status, waivers }, region) !== hash)
    .map(([region]) => ({ at: `notice.json, region ${region}`, message: 'what was approved is something else' }));
}

function faultsOfEntries(lines = ''): Fault[] {
  const isWhole = (line: string): boolean => {
    const entry = parsed<AuditEntry>(line);
    return entry !== undefined && chain(entry, entry.previous, entry.at).hash === entry.hash;
  };
  return lines
    .split('\n')
    .flatMap((line, i) =>
      line === '' || isWhole(line) ? [] : [{ at: `audit.jsonl, line ${i + 1}`, message: 'its hash does not fit' }],
    );
}

async function* filesOf(folder: string): AsyncGenerator<{ name: string; stream: Readable }> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((each) => each.isFile());
  for (const { name } of files) yield { name, stream: createReadStream(join(folder, name)) };
}

async function* entriesOf(file: string): AsyncGenerator<{ name: string; stream: Readable }> {
  const packed = createReadStream(file);
  const tar = extract();
  const source = /\.(tgz|gz)$/.test(file) ? packed.pipe(createGunzip()) : packed;
  packed.on('error', (error: Error) => source.destroy(error));
  source.on('error', (error: Error) => tar.destroy(error));
  source.pipe(tar);
  for await (const entry of tar) {
    yield { name: basename(entry.header.name), stream: entry as unknown as Readable };
  }
}

async function read(name: string, stream: Readable): Promise<Found> {
  const meter = new Meter();
  const kept: Buffer[] = [];
  for await (const chunk of stream) {
    meter.take(chunk as Buffer);
    if (READ.has(name)) kept.push(chunk as Buffer);
  }
  return { ...meter.result(), content: Buffer.concat(kept).toString() };
}

function parsed<T>(json: string | undefined): T | undefined {
  try {
    return JSON.parse(json ?? '') as T;
  } catch {
    return undefined;
  }
}

function noEvidence(): never {
  throw new TocsinError('invalid', 'no_evidence', `There is no evidence: a folder or .tar.gz with a ${MANIFEST}`);
}
