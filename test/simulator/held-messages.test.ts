import { HeldMessages } from '../../src/simulator/held-messages.ts';
import { MessageQueue } from '../../src/simulator/message-queue.ts';

describe('held messages', () => {
  test('are found by their serial while they are held, and their places are used again', () => {
    const held = new HeldMessages();
    const places = Array.from({ length: 5000 }, (_, serial) => held.hold(serial));
    expect(held.size).toBe(5000);
    expect(places.map((_, serial) => held.find(serial))).toEqual(places);
    held.release(places[17]!);
    expect(held.find(17)).toBe(-1);
    expect(held.hold(5000)).toBe(places[17]);
    expect(held.find(5000)).toBe(places[17]);
    expect(held.size).toBe(5000);
  });

  test('are found though younger ones have taken their entry', () => {
    const held = new HeldMessages();
    const old = held.hold(0);
    for (let serial = 1; serial < 20_000; serial++) held.release(held.hold(serial));
    held.hold(20_480);
    expect(held.find(0)).toBe(old);
    expect(held.find(19_999)).toBe(-1);
  });

  test('wait in queues in the order they came, though their columns grow', () => {
    const held = new HeldMessages();
    const queue = new MessageQueue(held);
    for (let serial = 0; serial < 3000; serial++) queue.push(held.hold(serial));
    const order = [];
    while (queue.length > 0) order.push(held.serial[queue.shift()]);
    expect(order).toEqual(Array.from({ length: 3000 }, (_, serial) => serial));
    expect(queue.first).toBe(-1);
    queue.push(3);
    expect(queue.first).toBe(3);
  });
});
