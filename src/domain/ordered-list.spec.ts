import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OrderedList } from './ordered-list.js';

const byNumber = (a: number, b: number): number => a - b;

/** Enough for several blocks, in any order, some of them taken out again. */
const numbers = fc.uniqueArray(fc.nat(20_000), { maxLength: 3_000, size: 'max' });

test('an ordered list contains inserted items that were not deleted, in order', () => {
  fc.assert(
    fc.property(numbers, fc.nat(7), (all, every) => {
      const list = new OrderedList(byNumber);
      for (const each of all) list.insert(each);
      const gone = all.filter((each) => each % (every + 1) === 0);
      for (const each of gone) expect(list.delete(each)).toBe(each);
      for (const each of gone) expect(list.delete(each)).toBeUndefined();
      const left = all.filter((each) => !gone.includes(each)).sort(byNumber);
      expect([...list]).toEqual(left);
      expect([list.first, list.last]).toEqual([left[0], left.at(-1)]);
    }),
    { numRuns: 50 },
  );
});

test('an ordered list finds the neighbours of any item', () => {
  fc.assert(
    fc.property(numbers, fc.array(fc.nat(20_000), { maxLength: 50 }), (all, asked) => {
      const list = new OrderedList(byNumber);
      for (const each of all) list.insert(each);
      const inOrder = all.toSorted(byNumber);
      for (const each of [...asked, ...all.slice(0, 50)]) {
        expect(list.before(each)).toBe(inOrder.findLast((other) => other < each));
        expect(list.after(each)).toBe(inOrder.find((other) => other > each));
      }
    }),
    { numRuns: 20 },
  );
});
