import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PersistentMap, withEntry } from './persistent-map.js';

const entries = fc.array(fc.tuple(fc.nat(300), fc.nat()), { minLength: 1, maxLength: 400 });

test('a persistent map has the entries of a Map with the same changes', () => {
  fc.assert(
    fc.property(entries, (all) => {
      let map: PersistentMap<number, number> = new Map<number, number>();
      for (const [key, value] of all) map = withEntry(map, key, value);
      const expected = new Map(all);
      const inOrder = (found: Iterable<readonly [number, number]>) => [...found].sort(([a], [b]) => a - b);
      expect(inOrder(map)).toEqual(inOrder(expected));
      expect([...map.keys()].sort()).toEqual([...expected.keys()].sort());
      expect(map.size).toBe(expected.size);
      for (const [key, value] of expected) expect(map.get(key)).toBe(value);
      expect(map.get(301)).toBeUndefined();
    }),
  );
});

test('adding an entry to a persistent map does not change the original', () => {
  fc.assert(
    fc.property(entries, fc.nat(300), fc.nat(), (all, key, value) => {
      let map: PersistentMap<number, number> = new Map<number, number>();
      for (const [each, of] of all) map = withEntry(map, each, of);
      const before = [...map];
      withEntry(map, key, value);
      expect([...map]).toEqual(before);
    }),
  );
});
