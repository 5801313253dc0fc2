/** The report of gaps as a part of a page: well-formed, with states in words, every value escaped, and no script. */
import { GAP_STATES, type GapReport, type GapState } from '../directory/gaps.ts';
import { placeName } from '../directory/places.ts';

const STATE_WORDS: Readonly<Record<GapState, string>> = {
  missing: 'missing',
  stale: 'stale',
  fiction: 'fiction',
  grows_stale: 'grows stale',
  ok: 'ok',
};

export function gapsHtml(report: GapReport): string {
  const { at, staleDays, growsStaleDays, numbers, contacts } = report;
  return `<section>
<p>As of ${moment(at)}. A test call counts for ${staleDays} days; what will not be in order in ${growsStaleDays} days grows stale.</p>
${countsHtml('Numbers', report.counts)}
${countsHtml('Contacts', report.contactCounts)}
${tableHtml('Alternative numbers that a notice would print', NUMBER_HEADS, numbers.map(numberCells))}
${tableHtml('Contacts and follow-up channels', CONTACT_HEADS, contacts.map(contactCells))}
</section>`;
}

const NUMBER_HEADS = ['Region', 'Service', 'State', 'Why', 'Number', 'Who answers', 'Comes from', 'Verified'];
const CONTACT_HEADS = ['Contact', 'Kind', 'State', 'Why', 'Who is reached', 'For', 'Verified'];

/** The cells of a row, escaped; the first is its heading. */
interface Row {
  readonly state: GapState;
  readonly cells: readonly string[];
}

function numberCells(row: GapReport['numbers'][number]): Row {
  const from = row.place === undefined ? '' : `${row.from ?? ''}, ${placeName(row.place)}`;
  const cells = [`${row.region} ${placeName(row.region)}`, row.service, STATE_WORDS[row.state], row.reason];
  return { state: row.state, cells: [...cells, row.display ?? '', row.owner ?? '', from, verified(row)].map(escaped) };
}

function contactCells(row: GapReport['contacts'][number]): Row {
  const cells = [row.id, row.kind, STATE_WORDS[row.state], row.reason, row.owner, placeName(row.region), verified(row)];
  return { state: row.state, cells: cells.map(escaped) };
}

function verified({ verifiedAt, verifiedBy }: { verifiedAt?: string; verifiedBy?: string }): string {
  return verifiedAt === undefined ? 'never' : `${verifiedAt.slice(0, 10)} by ${verifiedBy}`;
}

function countsHtml(what: string, counts: GapReport['counts']): string {
  const parts = GAP_STATES.map((state) => `<li class="${state}"><b>${counts[state]}</b> ${STATE_WORDS[state]}</li>`);
  return `<h2>${what}</h2>\n<ul class="counts">${parts.join('')}</ul>`;
}

function tableHtml(caption: string, heads: readonly string[], rows: readonly Row[]): string {
  if (rows.length === 0) return `<p>${caption}: nothing to show.</p>`;
  const head = heads.map((name) => `<th scope="col">${name}</th>`).join('');
  const body = rows.map(({ state, cells: [first, ...others] }) => {
    const cells = others.map((cell, i) => (i === 1 ? `<td class="state">${cell}</td>` : `<td>${cell}</td>`));
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
