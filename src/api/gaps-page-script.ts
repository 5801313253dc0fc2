/**
 * What the page at /directory does in the browser: sends the form's choice with the key as a header, and puts the reply,
 * which the server has written and escaped, into the page. The choice goes into the address, so that it can be shared;
 * the key never does.
 */
export const SCRIPT = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId('which');
  const KEY = 'tocsin-key';

  const remembered = sessionStorage.getItem(KEY);
  if (remembered) byId('key').value = remembered;
  const given = new URLSearchParams(location.search);
  if (given.has('regions')) form.elements.regions.value = given.get('regions');
  if (given.has('due')) form.elements.due.checked = given.get('due') === 'true';
  if (given.has('services')) {
    const chosen = given.get('services').split(',');
    for (const box of form.elements.services) box.checked = chosen.includes(box.value);
  }

  function choice() {
    const services = [...form.elements.services].filter((box) => box.checked).map((box) => box.value);
    const regions = form.elements.regions.value.toUpperCase().split(/[\\s,;]+/).filter(Boolean).join(',') || 'FR';
    return new URLSearchParams({ services: services.join(','), regions, due: String(form.elements.due.checked) });
  }

  function say(text, wrong) {
    byId('status').textContent = text;
    byId('status').className = wrong ? 'wrong' : '';
  }

  function refuse(text, field) {
    say(text, true);
    if (field) field.focus();
  }

  async function ask(media) {
    const key = byId('key').value.trim();
    const chosen = choice();
    if (!/^[\\x21-\\x7e]+$/.test(key)) return refuse('Give an API key, or a token, as it was handed to you.', byId('key'));
    if (chosen.get('services') === '') return refuse('Choose a service at least.', form.elements.services[0]);
    history.replaceState(null, '', '/directory?' + chosen);
    say('Reading the directory…', false);
    try {
      const reply = await fetch('/v1/directory/gaps?' + chosen, {
        headers: { Accept: media, Authorization: 'Bearer ' + key },
        cache: 'no-store',
        credentials: 'omit',
      });
      if (reply.ok) {
        sessionStorage.setItem(KEY, key);
        return await reply.text();
      }
      if (reply.status === 401) sessionStorage.removeItem(KEY);
      // What stands between here and the API answers in words of its own.
      const problem = await reply.json().catch(() => ({ detail: 'The API does not answer: status ' + reply.status }));
      const faults = (problem.faults || []).map(({ message }) => message);
      refuse(faults.length > 0 ? faults.join('; ') : problem.detail, reply.status === 401 ? byId('key') : undefined);
    } catch (error) {
      say('The API does not answer: ' + error.message, true);
    }
    return undefined;
  }

  async function show() {
    byId('report').replaceChildren();
    const html = await ask('text/html');
    if (html === undefined) return;
    byId('report').innerHTML = html;
    say('The report is below.', false);
    byId('status').scrollIntoView();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return show();
  });

  byId('csv').addEventListener('click', async () => {
    const csv = await ask('text/csv');
    if (csv === undefined) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }));
    link.download = 'directory-gaps.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    say('The CSV file is downloaded.', false);
  });

  byId('forget').addEventListener('click', () => {
    sessionStorage.removeItem(KEY);
    byId('key').value = '';
    byId('report').replaceChildren();
    say('The key is forgotten.', false);
  });

  // Who loads the page anew in the same tab has asked already.
  if (remembered) void show();
})();
`;
