import type { Contact } from '../../src/directory/contacts.ts';
import { Contacts } from '../../src/directory/contacts.ts';
import { commit, Records } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';

describe('the contacts of a cell', () => {
  test('are all listed by id, however many: one left out would never be tried', async () => {
    const { store, close } = await testStore();
    const records = new Records<Contact>(store, 'contact');
    const enteredAt = '2026-01-15T12:00:00.000Z';
    const contact = (address: string): Contact => {
      return { kind: 'email', address, owner: 'Cell', region: '35', enteredBy: 'anne', enteredAt };
    };
    const ids = Array.from({ length: 1_050 }, (_, i) => `c${String(i).padStart(4, '0')}`);
    const changes = ids.map((id) => records.put({ id, version: 0 }, contact(`${id}@prefecture.invalid`)));
    const removed = records.put({ id: 'removed', version: 0 }, contact(''));
    await commit(store, { actor: 'cli:test', action: 'contact.put', subject: 'contact' }, [...changes, removed]);
    const listed = await new Contacts({ store, now: Date.now, expected: [] }).list();
    expect(listed.map(({ id }) => id)).toEqual(ids);
    await close();
  });
});
