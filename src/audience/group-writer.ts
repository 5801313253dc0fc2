/**
 * Deals sorted lines out to their groups and packs each group's blocks as they fill. Since lines come by number, every
 * group is sorted as it stands, and a number that comes twice comes twice in a row.
 */
import { createHash, type Hash } from 'node:crypto';
import { kindOf } from '../sms/msisdn.ts';
import type { NewBlock } from './block-store.ts';
import { BLOCK_SIZE, packBlock, wideForm } from './blocks.ts';
import { groupAt, lineAt, msisdnAt, WORDS } from './entries.ts';
import { GROUPS, groupName } from './groups.ts';
import type { AudienceGroup } from './snapshot.ts';

interface OpenGroup {
  readonly region: string;
  readonly language: string;
  readonly filling: Float64Array;
  readonly firsts: number[];
  readonly hash: Hash;
  filled: number;
  recipients: number;
}

export class GroupWriter {
  readonly #groups: (OpenGroup | undefined)[] = new Array(GROUPS).fill(undefined);
  readonly #onDuplicate: (line: number) => void;
  #ready: NewBlock[] = [];
  #last = 0;
  recipients = 0;
  fictional = 0;
  unassigned = 0;

  constructor(onDuplicate: (line: number) => void) {
    this.#onDuplicate = onDuplicate;
  }

  /** Takes sorted entries; the first line of a number is kept, the others are told as duplicates. */
  take(entries: Uint32Array, count: number): void {
    for (let at = 0; at < count * WORDS; at += WORDS) {
      const msisdn = msisdnAt(entries, at);
      if (msisdn === this.#last) this.#onDuplicate(lineAt(entries, at));
      // A block out of order would hide its recipients from every search.
      else if (msisdn < this.#last) throw new RangeError('the entries are not sorted');
      else this.#add(groupAt(entries, at), msisdn);
      this.#last = msisdn;
    }
  }

  /** Blocks that are full and were not taken yet. */
  takeReady(): NewBlock[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  get readyBlocks(): number {
    return this.#ready.length;
  }

  /** Packs what is left, and sums up. `firsts` is each group's index, in the order of `groups`. */
  finish(): { groups: AudienceGroup[]; firsts: Buffer[]; digest: string } {
    const sorted = this.#groups
      .filter((group) => group !== undefined)
      .sort((a, b) => order(a.region, b.region) || order(a.language, b.language));
    const total = createHash('sha256');
    for (const group of sorted) {
      this.#pack(group);
      total.update(`${group.region}:${group.language}:${group.recipients}:${group.hash.digest('hex')}\n`);
    }
    return {
      groups: sorted.map(({ region, language, recipients, firsts }) => ({
        region,
        language,
        recipients,
        blocks: firsts.length,
      })),
      firsts: sorted.map(({ firsts }) => packBlock(firsts)),
      digest: total.digest('hex'),
    };
  }

  #add(number: number, msisdn: number): void {
    let group = this.#groups[number];
    if (group === undefined) {
      const filling = new Float64Array(BLOCK_SIZE);
      group = { ...groupName(number), filling, firsts: [], hash: createHash('sha256'), filled: 0, recipients: 0 };
      this.#groups[number] = group;
    }
    group.filling[group.filled] = msisdn;
    group.filled += 1;
    group.recipients += 1;
    this.recipients += 1;
    const kind = kindOf(msisdn);
    if (kind === 'fictional') this.fictional += 1;
    else if (kind === 'unassigned') this.unassigned += 1;
    if (group.filled === BLOCK_SIZE) this.#pack(group);
  }

  #pack(group: OpenGroup): void {
    if (group.filled === 0) return;
    const bytes = packBlock(group.filling, group.filled);
    group.hash.update(wideForm(group.filling, group.filled));
    this.#ready.push({ region: group.region, language: group.language, block: group.firsts.length, bytes });
    group.firsts.push(group.filling[0]!);
    group.filled = 0;
  }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
