import { createContext, Script } from 'node:vm';
import { SCRIPT } from '../../src/api/gaps-page-script.ts';

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
}

type Listener = (event: { preventDefault(): void }) => Promise<void> | void;

/** As much of a browser as the page's script touches. */
function browser(search = '', reply = { ok: true, text: '<section>rows</section>', problem: {} }) {
  const stored = new Map<string, string>();
  const sent: Sent[] = [];
  const addresses: string[] = [];
  const listeners = new Map<string, Listener>();
  const element = (id: string) => ({
    id,
    value: '',
    textContent: '',
    className: '',
    innerHTML: '',
    replaceChildren() {
      this.innerHTML = '';
    },
    addEventListener: (type: string, listener: Listener) => listeners.set(`${id} ${type}`, listener),
  });
  const services = ['15', '17', '18'].map((value) => ({ value, checked: value !== '18' }));
  const elements = new Map(['which', 'key', 'status', 'report', 'csv', 'forget'].map((id) => [id, element(id)]));
  const form = Object.assign(elements.get('which')!, {
    elements: { services, regions: { value: 'FR' }, due: { checked: true } },
  });
  const context = createContext({
    document: { getElementById: (id: string) => elements.get(id) },
    sessionStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    },
    location: { search },
    history: { replaceState: (_state: unknown, _title: string, address: string) => addresses.push(address) },
    URLSearchParams,
    fetch: async (url: string, { headers }: { headers: Record<string, string> }) => {
      sent.push({ url, headers });
      return { ok: reply.ok, text: async () => reply.text, json: async () => reply.problem };
    },
  });
  const start = () => new Script(SCRIPT).runInContext(context);
  const happen = async (what: string) => {
    let prevented = false;
    await listeners.get(what)?.({ preventDefault: () => (prevented = true) });
    return prevented;
  };
  return { stored, sent, addresses, form, start, happen, of: (id: string) => elements.get(id)! };
}

describe('the script of the page of gaps', () => {
  test('sends the choice with the key as a header, shows what comes, and keeps the key for the tab', async () => {
    const page = browser();
    page.start();
    page.of('key').value = ' tocsin_a_b ';
    page.form.elements.regions.value = '35, R53';
    expect(await page.happen('which submit')).toBe(true);
    expect(page.sent).toEqual([
      {
        url: '/v1/directory/gaps?services=15%2C17&regions=35%2CR53&due=true',
        headers: { Accept: 'text/html', Authorization: 'Bearer tocsin_a_b' },
      },
    ]);
    expect(page.of('report').innerHTML).toBe('<section>rows</section>');
    expect([...page.stored]).toEqual([['tocsin-key', 'tocsin_a_b']]);
    expect(page.addresses).toEqual(['/directory?services=15%2C17&regions=35%2CR53&due=true']);
    expect(JSON.stringify([page.sent[0]?.url, page.addresses])).not.toContain('tocsin_a_b');
  });

  test('starts with what the address says, and with the key that the tab has', () => {
    const page = browser('?services=18&regions=2A&due=false');
    page.stored.set('tocsin-key', 'tocsin_a_b');
    page.start();
    expect(page.form.elements.services.map(({ checked }) => checked)).toEqual([false, false, true]);
    expect([page.form.elements.regions.value, page.form.elements.due.checked]).toEqual(['2A', false]);
    expect(page.of('key').value).toBe('tocsin_a_b');
  });

  test('shows a refusal with its places as text, and keeps no key that was refused', async () => {
    const problem = { detail: 'No <b>', faults: [{ at: '?regions.0', message: 'is none' }] };
    const page = browser('', { ok: false, text: '', problem });
    page.start();
    page.of('key').value = 'wrong';
    await page.happen('which submit');
    expect([page.of('status').textContent, page.of('status').className]).toEqual([
      'No <b>; ?regions.0 is none',
      'wrong',
    ]);
    expect([page.of('report').innerHTML, page.stored.size]).toEqual(['', 0]);
  });

  test('forgets the key and the report when told to', async () => {
    const page = browser();
    page.start();
    page.of('key').value = 'tocsin_a_b';
    await page.happen('which submit');
    await page.happen('forget click');
    expect([page.stored.size, page.of('key').value, page.of('report').innerHTML]).toEqual([0, '', '']);
  });
});
