import { describe, expect, test } from '@jest/globals';
import { memoize } from './memoize.js';

const counting = (max: number) => {
  const computed: string[] = [];
  const compute = (key: string): string | undefined => {
    computed.push(key);
    return key === 'nothing' ? undefined : key.toUpperCase();
  };
  return { computed, memoized: memoize(max, compute) };
};

describe('a memoized function', () => {
  test('computes the result of a key once', () => {
    const { computed, memoized } = counting(10);
    expect([memoized('a'), memoized('a')]).toEqual(['A', 'A']);
    expect(computed).toEqual(['a']);
  });

  test('keeps the result of a key in use, however many other keys come between', () => {
    const { computed, memoized } = counting(10);
    for (let other = 0; other < 1_000; other++) {
      memoized('in use');
      memoized(`other ${other}`);
    }
    expect(computed.filter((key) => key === 'in use')).toHaveLength(1);
  });

  test('drops the least recently used key when it is full', () => {
    const { computed, memoized } = counting(2);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) memoized(key);
    expect(computed).toEqual(['a', 'b', 'c', 'b']);
  });

  test.each([
    ['an undefined result', 'nothing'],
    ['the result of a very long key', 'k'.repeat(513)],
  ])('does not keep %s', (_, key) => {
    const { computed, memoized } = counting(10);
    memoized(key);
    memoized(key);
    expect(computed).toEqual([key, key]);
  });
});
