/**
 * The page at /directory: what is missing or stale, for people. It holds nothing itself: its script asks the API with the
 * reader's key, kept for as long as the tab is open and never part of an address, and shows the table that comes.
 */
import { Router } from 'express';
import { SERVICES, USUAL_SERVICES } from '../directory/services.ts';
import { SCRIPT } from './gaps-page-script.ts';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 90rem; color: #1a1a1a; background: #fff; }
form { display: grid; gap: .75rem; max-width: 48rem; }
fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
input[type=text], input[type=password] { font: inherit; width: 100%; box-sizing: border-box; padding: .3rem; border: 1px solid #555; }
button { font: inherit; padding: .4rem 1rem; }
:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.counts li { padding: .25rem .75rem; border: 1px solid #777; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #bbb; }
thead th { position: sticky; top: 0; background: #fff; }
tbody th { font-weight: normal; }
.state { font-weight: bold; }
.missing .state, li.missing { background: #fbd5d5; color: #6b0000; }
.stale .state, li.stale { background: #fde2c4; color: #5c2b00; }
.fiction .state, li.fiction { background: #e6dcf5; color: #36106b; }
.grows_stale .state, li.grows_stale { background: #fff4bf; color: #4d3f00; }
.ok .state, li.ok { background: #d9f2df; color: #0c4a1e; }
.wrong { color: #8b0000; font-weight: bold; }
@media print { form { display: none; } }
`;

const services = SERVICES.map(({ number, name }) => {
  const checked = USUAL_SERVICES.includes(number) ? ' checked="checked"' : '';
  return `<label><input type="checkbox" name="services" value="${number}"${checked}/> ${number} ${name.en}</label>`;
});

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Tocsin: alternative numbers, missing or stale</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Alternative numbers: missing or stale</h1>
<form id="which">
<label>API key <input type="password" id="key" autocomplete="off" required="required" aria-describedby="key-note"/></label>
<small id="key-note">Kept in this tab only, and forgotten when it is closed.</small>
<fieldset><legend>Services</legend>
${services.join('\n')}
</fieldset>
<label>Regions <input type="text" name="regions" value="FR" aria-describedby="regions-note"/></label>
<small id="regions-note">Separated by commas: 35 for a département, R53 for all of an administrative region, FR for all.</small>
<label><input type="checkbox" name="due" value="true" checked="checked"/> Leave out what is in order</label>
<div><button type="submit">Show</button> <button type="button" id="csv">Download as CSV</button> <button type="button" id="forget">Forget the key</button></div>
</form>
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
