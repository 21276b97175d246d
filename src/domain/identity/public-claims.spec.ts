import { describe, expect, test } from '@jest/globals';
import type { IdentityKey } from './keys.js';
import { isJoinedBy } from './public-claims.js';

describe('a claim by a public write key', () => {
  const seen = (times: Readonly<Record<string, number>>) => (key: IdentityKey) => {
    const at = times[key];
    return at === undefined ? undefined : { at, id: at === 5 ? 'claim' : `e${at}` };
  };
  const claim = (...others: string[]) => ({ at: 5, id: 'claim', others: others as IdentityKey[] });
  test.each<[string, Readonly<Record<string, number>>, readonly string[], readonly boolean[]]>([
    ['joins two keys that nobody knew', { 'user:m': 5, 'email:a': 5 }, ['email:a'], [true]],
    ['joins a new key to a known main key', { 'user:m': 1, 'email:a': 5 }, ['email:a'], [true]],
    ['joins a new main key to a known one', { 'user:m': 5, 'email:a': 1 }, ['email:a'], [true]],
    ['joins no two known keys', { 'user:m': 1, 'email:a': 1 }, ['email:a'], [false]],
    ['joins keys that were known later only', { 'user:m': 5, 'email:a': 5, 'crm:b': 9 }, ['email:a'], [true]],
    [
      'joins a new main key to the first known one only',
      { 'user:m': 5, 'email:a': 1, 'crm:b': 2 },
      ['email:a', 'crm:b'],
      [true, false],
    ],
    [
      'joins new keys beside a known one',
      { 'user:m': 5, 'email:a': 5, 'crm:b': 2 },
      ['email:a', 'crm:b'],
      [true, true],
    ],
  ])('%s', (_name, times, others, expected) => {
    const made = claim(...others);
    expect(made.others.map((other) => isJoinedBy(made, 'user:m', other, seen(times)))).toEqual(expected);
  });
});
