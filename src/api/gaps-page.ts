/**
 * The page at /directory: what is missing or stale, for people. It holds nothing itself: its script asks the API with the
 * reader's key, kept for as long as the tab is open and never part of an address, and shows the table that comes.
 */
import { Router } from 'express';
import { GAP_STATES, type GapState } from '../directory/gaps.ts';
import { SERVICES, USUAL_SERVICES } from '../directory/services.ts';
import { STATE_WORDS } from './gaps-html.ts';
import { SCRIPT } from './gaps-page-script.ts';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 90rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.75rem; line-height: 1.2; }
form { display: grid; gap: .75rem; max-width: 60rem; }
fieldset { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: .25rem 1rem; margin: 0; border: 1px solid #555; }
fieldset label { display: grid; grid-template-columns: auto 1fr; gap: .4rem; align-items: start; }
fieldset input { margin-top: .35rem; }
small { display: block; font-size: .875rem; color: #444; }
.acts { display: flex; flex-wrap: wrap; gap: .5rem; }
input[type=text], input[type=password] { font: inherit; width: 100%; box-sizing: border-box; padding: .3rem; border: 1px solid #555; }
button { font: inherit; padding: .4rem 1rem; border: 1px solid #555; border-radius: 4px; background: #eee; color: inherit; }
button[type=submit] { background: #0b4a8f; border-color: #0b4a8f; color: #fff; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
dt { font-weight: bold; }
#status { overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.counts li { padding: .25rem .75rem; border: 1px solid #777; }
.counts .none { border-color: #bbb; color: #595959; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
td { overflow-wrap: anywhere; }
td[data-label=Number] { white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #bbb; }
thead th { position: sticky; top: 0; background: #fff; box-shadow: 0 1px #777; }
tbody th { font-weight: normal; }
.state { font-weight: bold; }
.missing .state, li.missing { background: #fbd5d5; color: #6b0000; }
.stale .state, li.stale { background: #fde2c4; color: #5c2b00; }
.fiction .state, li.fiction { background: #e6dcf5; color: #36106b; }
.grows_stale .state, li.grows_stale { background: #fff4bf; color: #4d3f00; }
.ok .state, li.ok { background: #d9f2df; color: #0c4a1e; }
.wrong { color: #8b0000; font-weight: bold; }
@media (max-width: 50rem) {
  thead { display: none; }
  table, tbody, tr, tbody th, td, caption { display: block; }
  tr { padding: .5rem 0; border-bottom: 2px solid #777; }
  tbody th { font-weight: bold; }
  tbody th, td { padding: .1rem .5rem; border: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label) ': '; color: #444; font-weight: normal; }
}
@media print { form, details, #status { display: none; } }
`;

const services = SERVICES.map(({ number, name }) => {
  const checked = USUAL_SERVICES.includes(number) ? ' checked="checked"' : '';
  return `<label><input type="checkbox" name="services" value="${number}"${checked}/><span>${number} ${name.en}</span></label>`;
});

const MEANINGS: Readonly<Record<GapState, string>> = {
  missing:
    'No number is in force: a notice for this region and service is refused. Enter one, or one for its whole administrative region.',
  stale:
    'It was never verified, or too long ago, or its last test call failed. Somebody else than who entered it dials it, and records the call.',
  fiction: 'It is from a range for films and exercises: a notice with status Actual is refused. Enter the real one.',
  grows_stale:
    'In order today, and soon not any more: its test call falls due, or its validity ends. Plan the call, or enter what follows.',
  ok: 'A second person has dialled it, and it stays in order.',
};
const meanings = GAP_STATES.map((state) => `<dt>${STATE_WORDS[state]}</dt><dd>${MEANINGS[state]}</dd>`);

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Tocsin: alternative numbers, missing or stale</title>
<link rel="icon" href="data:,"/>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Alternative numbers: missing or stale</h1>
<p>Which numbers a notice would tell the public to dial today, which of them nobody can rely on, and whom the crisis cell could not reach. Looking changes nothing and sends nothing.</p>
<form id="which">
<label>API key or token <input type="password" id="key" autocomplete="off" required="required" aria-describedby="key-note"/></label>
<small id="key-note">Kept in this tab only, and forgotten when it is closed.</small>
<fieldset><legend>Services</legend>
${services.join('\n')}
</fieldset>
<label>Regions <input type="text" name="regions" value="FR" aria-describedby="regions-note"/></label>
<small id="regions-note">Separated by commas: 35 for a département, R53 for all of an administrative region, FR for all.</small>
<label><input type="checkbox" name="due" value="true" checked="checked"/> Leave out what is in order</label>
<div class="acts"><button type="submit">Show the report</button> <button type="button" id="csv">Download as CSV</button> <button type="button" id="forget">Forget the key</button></div>
</form>
<details><summary>What the states mean, and what to do</summary>
<dl>
${meanings.join('\n')}
</dl>
</details>
<p id="status" role="status" aria-live="polite"></p>
<div id="report"></div>
<noscript><p>This page needs its script to send the key. The same report, without it: GET /v1/directory/gaps with Accept: text/html or text/csv, or the command tocsin directory stale.</p></noscript>
</main>
<script src="/directory/page.js"></script>
</body>
</html>
`;

export function gapsPage(): Router {
  const router = Router();
  router.get('/directory', (_request, response) => {
    response.type('html').set('Cache-Control', 'no-store').send(PAGE);
  });
  router.get('/directory/page.js', (_request, response) => {
    response.type('text/javascript').send(SCRIPT);
  });
  return router;
}
