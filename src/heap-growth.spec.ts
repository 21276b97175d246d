import { describe, expect, test } from '@jest/globals';
import { HeapGrowth } from './heap-growth.js';

const FAR = 100_000n;

function growth() {
  const set: number[] = [];
  return { set, heap: new HeapGrowth((percent) => set.push(percent)) };
}

describe('growth of the heap', () => {
  test('is larger while projections are far behind a log that does not grow', () => {
    const { heap, set } = growth();
    heap.applied(5_000n, FAR, 0);
    heap.applied(10_000n, FAR, 500);
    expect(set).toEqual([100]);
    heap.applied(95_000n, FAR, 9_000);
    heap.applied(FAR, FAR, 9_500);
    expect(set).toEqual([100, 0]);
  });

  test('is left to V8 while the log grows, and for a second after', () => {
    const { heap, set } = growth();
    heap.applied(5_000n, FAR, 0);
    heap.applied(10_000n, FAR + 1n, 100);
    expect(set).toEqual([100, 0]);
    heap.applied(15_000n, FAR + 1n, 900);
    expect(set).toEqual([100, 0]);
    heap.applied(20_000n, FAR + 1n, 1_200);
    expect(set).toEqual([100, 0, 100]);
  });

  test('is left to V8 where little is to be projected', () => {
    const { heap, set } = growth();
    heap.applied(90_000n, FAR, 0);
    heap.applied(FAR, FAR, 100);
    expect(set).toEqual([]);
  });
});
