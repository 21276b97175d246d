import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../event-store/event-store.js';
import { Gate } from './gate.js';

const pause = () => new Promise((resolve) => setImmediate(resolve));

test('so many run at once, the others in their turn', async () => {
  const gate = new Gate(2);
  let running = 0;
  let most = 0;
  const work = async (name: number) => {
    most = Math.max(most, ++running);
    await pause();
    running--;
    return name;
  };
  const all = await Promise.all([1, 2, 3, 4, 5].map((name) => gate.run(() => work(name))));
  expect([all, most, running]).toEqual([[1, 2, 3, 4, 5], 2, 0]);
});

test('one that fails makes room like any other', async () => {
  const gate = new Gate(1);
  const failing = gate.run(() => Promise.reject(new Error('lost')));
  const next = gate.run(() => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('lost');
  expect(await next).toBe('done');
});

test('more than may wait are sent away at once, to try again', async () => {
  const gate = new Gate(1, 1);
  let end = (): void => undefined;
  const first = gate.run(() => new Promise<void>((resolve) => (end = resolve)));
  const second = gate.run(() => Promise.resolve());
  await expect(gate.run(() => Promise.resolve())).rejects.toThrow(StoreUnavailable);
  end();
  await Promise.all([first, second]);
});
