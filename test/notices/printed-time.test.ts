import type { Notices } from '../../src/notices/notices.ts';
import { testStore } from '../support/redis.ts';
import { AUTHOR, type Changeable, inputOf, noticesOver } from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

let notices: Notices;
let world: Changeable;
beforeEach(() => {
  ({ notices, world } = noticesOver(store));
});

const HOUR_MS = 3_600_000;

describe('the time that a follow-up prints', () => {
  test('is that of the SMS, not that of the message from elsewhere which led to it', async () => {
    const from = { identifier: 'alert-1', sender: 'orsec.example', sent: '2021-06-02T16:20:00-00:00' };
    world.nowMs += 3 * HOUR_MS;
    const { id } = await notices.create(inputOf(from), AUTHOR);
    await notices.submit(id, AUTHOR);
    world.nowMs += HOUR_MS;
    const draft = await notices.followUp(id, 'correction', { parameters: {} }, AUTHOR);
    const { renderings } = await notices.preview(draft.id);
    expect(renderings.find(({ language }) => language === 'fr')?.text).toContain('SMS du 02/06 20h05');
  });

  test('is that of a message from elsewhere, by the reference to it', async () => {
    const references = ['orsec.example,alert-1,2021-06-02T16:20:00-00:00'];
    world.nowMs += 3 * HOUR_MS;
    const input = inputOf({ template: 'correction', msgType: 'Update', references });
    const { id } = await notices.create(input, AUTHOR);
    const { renderings } = await notices.preview(id);
    expect(renderings.find(({ language }) => language === 'fr')?.text).toContain('SMS du 02/06 18h20');
  });
});
