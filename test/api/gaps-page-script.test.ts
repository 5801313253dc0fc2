import { createContext, Script } from 'node:vm';
import { SCRIPT } from '../../src/api/gaps-page-script.ts';
import { waitFor } from '../support/wait-for.ts';

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
}

/** `problem` is left out where what answers is not the API. */
interface Reply {
  readonly status: number;
  readonly text?: string;
  readonly problem?: object;
}

type Listener = (event: { preventDefault(): void }) => Promise<void> | void;

/** As much of a browser as the page's script touches. */
function browser(search = '', reply: Reply = { status: 200, text: '<section>rows</section>' }) {
  const stored = new Map<string, string>();
  const sent: Sent[] = [];
  const addresses: string[] = [];
  const listeners = new Map<string, Listener>();
  const focused: string[] = [];
  const element = (id: string) => ({
    id,
    value: '',
    textContent: '',
    className: '',
    innerHTML: '',
    focus: () => focused.push(id),
    scrollIntoView() {},
    replaceChildren() {
      this.innerHTML = '';
    },
    addEventListener: (type: string, listener: Listener) => listeners.set(`${id} ${type}`, listener),
  });
  const services = ['15', '17', '18'].map((value) => ({ ...element(value), value, checked: value !== '18' }));
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
      const { status, text, problem } = reply;
      const json = async () => problem ?? JSON.parse('<html>');
      return { ok: status === 200, status, text: async () => text, json };
    },
  });
  const start = () => new Script(SCRIPT).runInContext(context);
  const happen = async (what: string) => {
    let prevented = false;
    await listeners.get(what)?.({ preventDefault: () => (prevented = true) });
    return prevented;
  };
  return { stored, sent, addresses, focused, form, start, happen, of: (id: string) => elements.get(id)! };
}

describe('the script of the page of gaps', () => {
  test('sends the choice with the key as a header, shows what comes, and keeps the key for the tab', async () => {
    const page = browser();
    page.start();
    page.of('key').value = ' tocsin_a_b ';
    page.form.elements.regions.value = '35, r53';
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

  test('shows the report at once where the tab has the key already', async () => {
    const page = browser('?regions=2A');
    page.stored.set('tocsin-key', 'tocsin_a_b');
    page.start();
    await waitFor(() => page.of('report').innerHTML !== '');
    expect(page.sent[0]?.url).toContain('regions=2A');
    expect(browser().sent).toEqual([]);
  });

  test.each<[string, Reply, string, string[]]>([
    [
      'what is wrong with the choice',
      { status: 400, problem: { detail: 'No', faults: [{ at: '?x', message: 'no <b>' }] } },
      'no <b>',
      [],
    ],
    [
      'a key that is refused',
      { status: 401, problem: { detail: 'This key is not known' } },
      'This key is not known',
      ['key'],
    ],
    ['what answers instead of the API', { status: 502 }, 'The API does not answer: status 502', []],
  ])('shows %s as text, and keeps no key with it', async (_what, reply, words, focused) => {
    const page = browser('', reply);
    page.start();
    page.of('key').value = 'wrong';
    await page.happen('which submit');
    expect([page.of('status').textContent, page.of('status').className]).toEqual([words, 'wrong']);
    expect([page.of('report').innerHTML, page.stored.size]).toEqual(['', 0]);
    expect(page.focused).toEqual(focused);
  });

  test('forgets a key of the tab that is no longer in force', async () => {
    const page = browser('', { status: 401, problem: { detail: 'This API key was revoked' } });
    page.stored.set('tocsin-key', 'tocsin_a_b');
    page.start();
    await waitFor(() => page.of('status').className === 'wrong');
    expect(page.stored.size).toBe(0);
  });

  test('asks nothing without a key that can be one, nor without a service', async () => {
    const page = browser();
    page.start();
    for (const key of ['', 'clé secrète']) {
      page.of('key').value = key;
      await page.happen('csv click');
      expect(page.of('status').textContent).toMatch(/^Give an API key/);
    }
    page.of('key').value = 'tocsin_a_b';
    for (const box of page.form.elements.services) box.checked = false;
    await page.happen('which submit');
    expect(page.of('status').textContent).toMatch(/^Choose a service/);
    expect(page.focused).toEqual(['key', 'key', '15']);
    expect(page.sent).toEqual([]);
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
