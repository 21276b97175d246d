import { describe, expect, test } from '@jest/globals';
import type { IdentityKey } from './keys.js';
import { groupKeys, type PairFact } from './key-groups.js';

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

describe('a split', () => {
  test.each<[string, readonly PairFact[], readonly PairFact[], readonly string[]]>([
    ['without any split event changes nothing', [ADA, BOB, CRM, fact(9, ada, bob)], [], ONE],
    ['undoes a merge', [ADA, BOB, CRM, fact(9, ada, bob)], [fact(10, ada, bob)], TWO],
    [
      'undoes a merge, given other keys of the two people',
      [ADA, BOB, CRM, fact(9, ada, bob)],
      [fact(10, adaMail, bobCrm)],
      TWO,
    ],
    [
      'undoes a claim of keys in between',
      [ADA, BOB, CRM, fact(9, adaMail, bob)],
      [fact(10, ada, bobMail)],
      TWO,
    ],
    [
      'undoes several claims between the two people',
      [ADA, BOB, CRM, fact(8, ada, bob), fact(9, adaMail, bobCrm)],
      [fact(10, ada, bob)],
      TWO,
    ],
    [
      'keeps keys claimed after the join with their own person',
      [fact(0, ada, bob), ADA, BOB, CRM],
      [fact(10, ada, bob)],
      TWO,
    ],
    ['before the join has no effect', [ADA, BOB, CRM, fact(9, ada, bob)], [fact(8, ada, bob)], ONE],
    [
      'does not prevent a later claim of other keys',
      [ADA, BOB, CRM, fact(9, ada, bob), fact(11, adaMail, bobMail)],
      [fact(10, ada, bob)],
      ONE,
    ],
    [
      'after another claim separates the people again',
      [ADA, BOB, CRM, fact(9, ada, bob), fact(11, adaMail, bobMail)],
      [fact(10, ada, bob), fact(12, adaMail, bobMail)],
      TWO,
    ],
    [
      'undoes a claim in one event',
      [ADA, BOB, CRM],
      [fact(10, ada, adaMail)],
      ['crm:bob email:bob user:bob', 'email:ada', 'user:ada'],
    ],
  ])('%s', (_name, joins, splits, expected) => expect(people(joins, splits)).toEqual(expected));
});
