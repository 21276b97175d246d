import { describe, expect, test } from '@jest/globals';
import { groupKeys, isJoinedBy, type PairFact } from './identity-links.js';
import type { IdentityKey } from './identity.js';

const fact = (at: number, key: string, otherKey: string): PairFact => ({
  at,
  id: `e${at}`,
  key: key as IdentityKey,
  otherKey: otherKey as IdentityKey,
});
const [ada, adaMail, bob, bobMail, bobCrm] = ['user:ada', 'email:ada', 'user:bob', 'email:bob', 'crm:bob'];
const all = [ada, adaMail, bob, bobMail, bobCrm] as IdentityKey[];
const people = (joins: readonly PairFact[], splits: readonly PairFact[]): string[] =>
  groupKeys(all, joins, splits)
    .map((group) => group.toSorted().join(' '))
    .sort();

const ADA = fact(1, ada, adaMail);
const BOB = fact(2, bob, bobMail);
const CRM = fact(3, bobCrm, bobMail);
const TWO = ['email:ada user:ada', 'crm:bob email:bob user:bob'].sort();
const ONE = ['crm:bob email:ada email:bob user:ada user:bob'];

describe('a split parts what was joined', () => {
  test.each<[string, readonly PairFact[], readonly PairFact[], readonly string[]]>([
    ['nothing is split', [ADA, BOB, CRM, fact(9, ada, bob)], [], ONE],
    ['the merge itself', [ADA, BOB, CRM, fact(9, ada, bob)], [fact(10, ada, bob)], TWO],
    ['the merge, named by other keys', [ADA, BOB, CRM, fact(9, ada, bob)], [fact(10, adaMail, bobCrm)], TWO],
    ['a claim of keys in between', [ADA, BOB, CRM, fact(9, adaMail, bob)], [fact(10, ada, bobMail)], TWO],
    [
      'several claims across',
      [ADA, BOB, CRM, fact(8, ada, bob), fact(9, adaMail, bobCrm)],
      [fact(10, ada, bob)],
      TWO,
    ],
    [
      'what was named after the join goes with its own',
      [fact(0, ada, bob), ADA, BOB, CRM],
      [fact(10, ada, bob)],
      TWO,
    ],
    ['a split before the join', [ADA, BOB, CRM, fact(9, ada, bob)], [fact(8, ada, bob)], ONE],
    [
      'a later claim of other keys',
      [ADA, BOB, CRM, fact(9, ada, bob), fact(11, adaMail, bobMail)],
      [fact(10, ada, bob)],
      ONE,
    ],
    [
      'split, joined by another claim, and split again',
      [ADA, BOB, CRM, fact(9, ada, bob), fact(11, adaMail, bobMail)],
      [fact(10, ada, bob), fact(12, adaMail, bobMail)],
      TWO,
    ],
    [
      'keys that one event named',
      [ADA, BOB, CRM],
      [fact(10, ada, adaMail)],
      ['crm:bob email:bob user:bob', 'email:ada', 'user:ada'],
    ],
  ])('%s', (_name, joins, splits, expected) => expect(people(joins, splits)).toEqual(expected));
});

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
