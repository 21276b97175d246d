import { expect, test } from '@jest/globals';
import { run, type Loading } from './loading.js';

function* adding(parts: readonly (number | Promise<void>)[]): Loading<number> {
  let sum = 0;
  for (const part of parts) {
    if (typeof part === 'number') sum += part;
    else yield part;
  }
  return sum;
}

test('work that waits for nothing is done at once', () => {
  expect(run(adding([1, 2]))).toBe(3);
});

test('work that waits goes on when what it waits for is there', async () => {
  const result = run(adding([1, Promise.resolve(), 2, Promise.resolve(), 3]));
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toBe(6);
});

test.each([
  ['first', [Promise.reject(new Error('no database')), 1]],
  ['later', [Promise.resolve(), 1, Promise.reject(new Error('no database'))]],
])('work whose %s read fails is rejected', async (_which, parts) => {
  for (const part of parts) if (typeof part !== 'number') part.catch(() => undefined);
  await expect(run(adding(parts))).rejects.toThrow('no database');
});
