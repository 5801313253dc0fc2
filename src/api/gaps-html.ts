/** The report of gaps as a part of a page: well-formed, with states in words, every value escaped, and no script. */
import { GAP_STATES, type GapReport, type GapState } from '../directory/gaps.ts';
import { type Level, placeName } from '../directory/places.ts';
import { REGIONS } from '../directory/regions.ts';

export const STATE_WORDS: Readonly<Record<GapState, string>> = {
  missing: 'missing',
  stale: 'stale',
  fiction: 'fiction',
  grows_stale: 'grows stale',
  ok: 'ok',
};

/** What was asked for: codes of départements, and short numbers. */
interface Asked {
  readonly regions: readonly string[];
  readonly services: readonly string[];
}

export function gapsHtml(report: GapReport, { regions, services }: Asked): string {
  const { at, staleDays, growsStaleDays, numbers, contacts } = report;
  const one = regions.length === 1 ? 'département' : 'départements';
  const where = regions.length === REGIONS.length ? `all ${regions.length} ${one}` : `${one} ${listed(regions)}`;
  return `<section>
<p>Services ${listed(services)} in ${where}. As of ${moment(at)}. A test call counts for ${staleDays} days; what will not be in order in ${growsStaleDays} days grows stale.</p>
<h2>Numbers</h2>
${countsHtml(report.counts)}
${tableHtml('Alternative numbers that a notice would print', NUMBER_HEADS, numbers.map(numberCells), report.counts)}
<h2>Contacts</h2>
${countsHtml(report.contactCounts)}
${tableHtml('Contacts and follow-up channels', CONTACT_HEADS, contacts.map(contactCells), report.contactCounts)}
</section>`;
}

const listed = (codes: readonly string[]): string => escaped(codes.join(', '));

/** Where a number came from, when it is not the region's own. */
const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  departement: 'département',
  region: 'administrative region',
  national: 'national',
};

const NUMBER_HEADS = ['Region', 'Service', 'State', 'Why', 'Number', 'Who answers', 'Comes from', 'Verified'];
const CONTACT_HEADS = ['Contact', 'Kind', 'State', 'Why', 'Who is reached', 'For', 'Verified'];

/** The cells of a row, escaped; the first is its heading. */
interface Row {
  readonly state: GapState;
  readonly cells: readonly string[];
}

function numberCells(row: GapReport['numbers'][number]): Row {
  const cells = [`${row.region} ${placeName(row.region)}`, row.service, STATE_WORDS[row.state], row.reason];
  return {
    state: row.state,
    cells: [...cells, row.display ?? '', row.owner ?? '', origin(row), row.display ? verified(row) : ''].map(escaped),
  };
}

function origin({ region, place, from }: GapReport['numbers'][number]): string {
  if (place === undefined || from === undefined) return '';
  return place === region ? 'its own' : `${placeName(place)} (${LEVEL_WORDS[from]})`;
}

function contactCells(row: GapReport['contacts'][number]): Row {
  const cells = [row.id, row.kind, STATE_WORDS[row.state], row.reason, row.owner, placeName(row.region), verified(row)];
  return { state: row.state, cells: cells.map(escaped) };
}

function verified({ verifiedAt, verifiedBy }: { verifiedAt?: string; verifiedBy?: string }): string {
  return verifiedAt === undefined ? 'never' : `${verifiedAt.slice(0, 10)} by ${verifiedBy}`;
}

/** What there is none of has no colour: a red nought would look like an alarm. */
function countsHtml(counts: GapReport['counts']): string {
  const parts = GAP_STATES.map((state) => {
    const kind = counts[state] === 0 ? 'none' : state;
    return `<li class="${kind}"><b>${counts[state]}</b> ${STATE_WORDS[state]}</li>`;
  });
  return `<ul class="counts">${parts.join('')}</ul>`;
}

function tableHtml(
  caption: string,
  heads: readonly string[],
  rows: readonly Row[],
  { ok }: GapReport['counts'],
): string {
  if (rows.length === 0) return `<p>${caption}: ${ok === 0 ? 'there are none' : `nothing to do, ${ok} in order`}.</p>`;
  const head = heads.map((name) => `<th scope="col">${name}</th>`).join('');
  const body = rows.map(({ state, cells: [first, ...others] }) => {
    // The heading of its column again, for screens so narrow that a row is shown as lines.
    const cells = others.map((cell, i) => {
      const kind = i === 1 ? ' class="state"' : '';
      return cell === '' ? '<td></td>' : `<td${kind} data-label="${heads[i + 1]}">${cell}</td>`;
    });
    return `<tr class="${state}"><th scope="row">${first}</th>${cells.join('')}</tr>`;
  });
  return `<table>\n<caption>${caption}</caption>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}

const moment = (time: string): string => `<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
