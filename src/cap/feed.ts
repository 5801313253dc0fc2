/** The public alerts as an Atom feed (RFC 4287), each entry with a link to its CAP document. */
import { createHash } from 'node:crypto';
import { create } from 'xmlbuilder2';
import { findRegion } from '../directory/regions.ts';
import type { NoticeStatus } from '../templates/rendering.ts';
import { ATOM_NAMESPACE } from './elements.ts';
import type { PublicAlert } from './public-alerts.ts';
import { xmlText } from './writer.ts';

export const ATOM_MEDIA = 'application/atom+xml';
export const CAP_MEDIA = 'application/cap+xml';

/** As people read them (R6). */
const PREFIXES: Readonly<Record<NoticeStatus, string>> = { Actual: '', Exercise: 'EXERCICE – ', Test: 'TEST – ' };
const KINDS: Readonly<Record<PublicAlert['msgType'], string>> = {
  Alert: 'Alerte',
  Update: 'Mise à jour',
  Cancel: 'Fin d’alerte',
};

export interface Feed {
  readonly xml: string;
  /** ms since epoch; the epoch itself while there is nothing. */
  readonly updatedMs: number;
}

/** `alerts`: newest first. Links are relative to the address of the feed, whatever host it is read at. */
export function atomFeed(alerts: readonly PublicAlert[], status: NoticeStatus): Feed {
  const updatedMs = Math.max(0, ...alerts.map((alert) => alert.updatedMs));
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const feed = document.ele(ATOM_NAMESPACE, 'feed').att('xml:lang', 'fr-FR');
  const self = status === 'Actual' ? 'feed' : `feed?status=${status}`;
  feed.ele('id').txt(uuidOf(`feed ${status}`));
  feed.ele('title').txt(`${PREFIXES[status]}Alertes diffusées par SMS`);
  feed.ele('updated').txt(atomTime(updatedMs));
  feed.ele('author').ele('name').txt('Tocsin');
  feed.ele('link').att({ rel: 'self', type: ATOM_MEDIA, href: self });
  for (const alert of alerts) addEntry(feed.ele('entry'), alert);
  return { xml: document.end({ prettyPrint: true }), updatedMs };
}

function addEntry(entry: ReturnType<ReturnType<typeof create>['ele']>, alert: PublicAlert): void {
  const { id, sender, identifier, sent, status, msgType, regions } = alert;
  const names = regions.map((region) => findRegion(region)?.name ?? region);
  // The three together name a message for good (CAP 1.2 §3.2.1), as an entry's id must (RFC 4287 §4.2.6).
  entry.ele('id').txt(uuidOf(`${sender},${identifier},${sent}`));
  entry.ele('title').txt(xmlText(`${PREFIXES[status]}${KINDS[msgType]} : ${alert.headline ?? alert.event}`));
  entry.ele('updated').txt(atomTime(alert.updatedMs));
  entry.ele('published').txt(atomTime(alert.launchedMs));
  entry.ele('author').ele('name').txt(xmlText(sender));
  entry.ele('category').att('term', msgType);
  entry.ele('summary').txt(names.join(', '));
  entry.ele('link').att({ type: CAP_MEDIA, href: `alerts/${encodeURIComponent(id)}.xml` });
}

const atomTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A UUID of version 8 (RFC 9562 §5.8): the same for the same name, on every machine. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`tocsin ${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
