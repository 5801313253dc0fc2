/**
 * What everybody may know: the notices that were launched, for the regions whose authority approved them. Never a draft,
 * nor a text that nobody has approved yet. Reads a notice once for each of its versions, since the feed is asked often.
 */
import type { Notice } from '../notices/notice.ts';
import { approvedRegions } from '../notices/stages.ts';
import type { Records, Stored } from '../store/records.ts';
import { type Signer, signedCap } from './sign.ts';
import { toCap, type WriteOptions } from './writer.ts';

export interface PublicAlert
  extends Pick<Notice, 'identifier' | 'sender' | 'sent' | 'status' | 'msgType' | 'event' | 'headline' | 'regions'> {
  /** Of the record, and in the address of the document. */
  readonly id: string;
  /** ms since epoch. */
  readonly launchedMs: number;
  /** When it last came to mean more regions. */
  readonly updatedMs: number;
  readonly expiresMs: number;
}

export interface PublicAlertsDeps {
  readonly records: Pick<Records<Notice>, 'find' | 'versions'>;
  readonly templates: NonNullable<WriteOptions['templates']>;
  readonly signer?: Signer;
  /** ms since epoch. */
  readonly now?: () => number;
}

/** Notices among which the launched ones are looked for: weeks of them, however busy. */
const LOOKED_AT = 1_000;
const LISTED = 100;
/** How long an alert that has expired is still listed, for those who ask seldom. */
const KEPT_MS = 86_400_000;
/** Written documents, for a crowd that asks for the same few. */
const KEPT_DOCUMENTS = 50;
/** However many ask, the store is asked this often. */
const FRESH_MS = 2_000;

export class PublicAlerts {
  readonly #deps: PublicAlertsDeps;
  readonly #now: () => number;
  #seen = new Map<string, { version: number; alert: PublicAlert | undefined }>();
  readonly #documents = new Map<string, { version: number; xml: string }>();
  #reading: { atMs: number; alerts: Promise<PublicAlert[]>; over: boolean } | undefined;

  constructor(deps: PublicAlertsDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
  }

  /** Newest first, those in force and those that were a day ago. */
  async list(status: Notice['status']): Promise<PublicAlert[]> {
    const nowMs = this.#now();
    const last = this.#reading;
    // One that takes long is waited for, however old: a second one would only make the store slower.
    const fits = last !== undefined && (!last.over || Math.abs(nowMs - last.atMs) < FRESH_MS);
    const { alerts } = fits ? last : this.#begin(nowMs);
    return (await alerts)
      .filter((alert) => alert.status === status && alert.expiresMs > nowMs - KEPT_MS)
      .slice(0, LISTED);
  }

  /**
   * One of them, however old; undefined where there is none for the public. `xml` writes and signs the document: to be
   * called once it is known that the caller may have it.
   */
  async find(id: string): Promise<{ alert: PublicAlert; xml: () => string } | undefined> {
    const stored = await this.#deps.records.find(id);
    const alert = stored && publicAlert(stored);
    if (!alert) return undefined;
    return { alert, xml: () => this.#document(stored) };
  }

  /** A national alert takes a second to write: the last ones are kept. */
  #document({ id, version, value }: Stored<Notice>): string {
    const known = this.#documents.get(id);
    const xml = known?.version === version ? known.xml : this.#write(value);
    // To the end: what goes first is what nobody has asked for longest.
    this.#documents.delete(id);
    this.#documents.set(id, { version, xml });
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > KEPT_DOCUMENTS && oldest !== undefined) this.#documents.delete(oldest);
    return xml;
  }

  #write(notice: Notice): string {
    const { templates, signer } = this.#deps;
    const plain = toCap(publicPart(notice), { templates, forPublic: true });
    return signer === undefined ? plain : signedCap(plain, signer);
  }

  #begin(atMs: number) {
    const reading = { atMs, alerts: this.#read(), over: false };
    this.#reading = reading;
    reading.alerts.then(
      () => {
        reading.over = true;
      },
      () => {
        // What failed is no answer for the next one. None was begun meanwhile, so this is still it.
        this.#reading = undefined;
      },
    );
    return reading;
  }

  async #read(): Promise<PublicAlert[]> {
    const versions = await this.#deps.records.versions(LOOKED_AT);
    const seen = new Map<string, { version: number; alert: PublicAlert | undefined }>();
    for (const { id, version } of versions) {
      const known = this.#seen.get(id);
      if (known?.version === version) seen.set(id, known);
      else {
        const stored = await this.#deps.records.find(id);
        if (stored) seen.set(id, { version: stored.version, alert: publicAlert(stored) });
      }
    }
    this.#seen = seen;
    return [...seen.values()]
      .flatMap(({ alert }) => alert ?? [])
      .sort((one, other) => other.updatedMs - one.updatedMs || (one.id < other.id ? 1 : -1));
  }
}

function publicAlert({ id, value: notice }: Stored<Notice>): PublicAlert | undefined {
  const { launched } = notice.timings;
  const { regions } = publicPart(notice);
  if (launched === undefined || regions.length === 0) return undefined;
  const { identifier, sender, sent, status, msgType, event, headline } = notice;
  const launchedMs = Date.parse(launched);
  const decidedMs = notice.decisions
    .filter(({ decision, region }) => decision === 'approved' && regions.includes(region))
    .map(({ at }) => Date.parse(at));
  return {
    ...{ id, identifier, sender, sent, status, msgType, event, regions, launchedMs },
    ...(headline === undefined ? {} : { headline }),
    updatedMs: Math.max(launchedMs, ...decidedMs),
    expiresMs: Date.parse(notice.expires),
  };
}

/** The notice for the regions that are approved: the others may yet be returned. */
function publicPart(notice: Notice): Notice {
  const approved = new Set(approvedRegions(notice));
  return {
    ...notice,
    regions: notice.regions.filter((region) => approved.has(region)),
    renderings: (notice.renderings ?? []).filter(({ region }) => approved.has(region)),
  };
}
