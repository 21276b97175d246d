import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IdentityKey } from './identity/keys.js';
import { PeopleInList } from './people-in-list.js';

const key = fc
  .integer({ min: 0, max: 12 })
  .map((nr): IdentityKey => (nr % 3 === 0 ? `crm:${nr}` : `email:${nr}@acme.example`));
const rows = fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), { maxLength: 30 });
/** A lead of its own for each of these keys. */
const KNOWN: ReadonlySet<IdentityKey> = new Set(['crm:0', 'email:4@acme.example', 'crm:9']);
const leadsOf = (keys: readonly IdentityKey[]) => keys.filter((each) => KNOWN.has(each));

function peopleOf(list: readonly (readonly IdentityKey[])[]): PeopleInList {
  const people = new PeopleInList();
  for (const [at, keys] of list.entries()) people.add({ keys, place: `list.csv:${at + 2}` }, leadsOf(keys));
  return people;
}

/** Sets of keys that have none in common, the long way. */
function groupsOf(list: readonly (readonly IdentityKey[])[]): Set<IdentityKey>[] {
  return list.reduce<Set<IdentityKey>[]>((groups, keys) => {
    const touched = groups.filter((group) => keys.some((each) => group.has(each)));
    const joined = new Set([...keys, ...touched.flatMap((group) => [...group])]);
    return [...groups.filter((group) => !touched.includes(group)), joined];
  }, []);
}

test('new and known people of a list are counted as sets of keys that are linked, in any order of its rows', () => {
  fc.assert(
    fc.property(
      rows.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([list, shuffled]) => {
        const groups = groupsOf(list);
        const known = groups.filter((group) => [...group].some((each) => KNOWN.has(each)));
        for (const people of [peopleOf(list), peopleOf(shuffled), peopleOf([...list, ...list])]) {
          expect(people.newPeople).toBe(groups.length - known.length);
          expect(people.knownLeads).toBe(new Set(leadsOf(list.flat())).size);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('rows that name a key again are reported with the first row that did', () => {
  const people = new PeopleInList();
  people.add({ keys: ['crm:1', 'email:a@acme.example'], place: 'list.csv:2' }, []);
  people.add({ keys: ['email:b@acme.example'], place: 'list.csv:3' }, []);
  expect(people.add({ keys: ['email:b@acme.example', 'crm:1'], place: 'list.csv:4' }, [])).toEqual([
    ['email:b@acme.example', 'list.csv:3'],
    ['crm:1', 'list.csv:2'],
  ]);
  expect(people.newPeople).toBe(1);
});

test('a hundred thousand rows of one address are one person', () => {
  const people = new PeopleInList();
  for (let nr = 0; nr < 100_000; nr += 1)
    people.add({ keys: ['email:a@acme.example', `crm:${nr}`], place: `list.csv:${nr + 2}` }, []);
  expect(people.newPeople).toBe(1);
});
