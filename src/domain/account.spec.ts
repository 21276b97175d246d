import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accountTraits, type AccountState, observeAccount, ownsDomainBefore, textOf } from './account.js';
import type { AccountObserved } from './events.js';

interface Fact {
  readonly at: number;
  readonly id: string;
  readonly data: AccountObserved;
}

const applied = (facts: readonly Fact[]): AccountState =>
  facts.reduce<AccountState | undefined>(
    (state, { data, at, id }) => observeAccount(state, data, { at, id }),
    undefined,
  )!;

const fact = (at: number, name: string, keyScope?: 'public'): Fact => ({
  ...{ at, id: `id-${at}` },
  data: {
    ...{
      accountId: 'acme',
      name,
      domain: `${name}.example`,
      traits: { name, [`of-${keyScope ?? 'server'}`]: at },
    },
    ...(keyScope && { keyScope }),
  },
});

const nameOf = (facts: readonly Fact[]): string | null => textOf(applied(facts).name);

describe('the name of an account', () => {
  test.each([
    ['the latest statement of a server-side key', [fact(1, 'a'), fact(2, 'b')], 'b'],
    [
      'the latest statement of a public key if there is no other',
      [fact(1, 'a', 'public'), fact(2, 'b', 'public')],
      'b',
    ],
    [
      'the one from a server-side key, however late a public key renames it',
      [fact(1, 'a'), fact(9, 'b', 'public')],
      'a',
    ],
    [
      'the one from a server-side key, even if it is older and arrives later',
      [fact(9, 'b', 'public'), fact(1, 'a')],
      'a',
    ],
  ] as [string, Fact[], string][])('is %s', (_, facts, expected) => {
    const state = applied(facts);
    expect([textOf(state.name), textOf(state.domain)]).toEqual([expected, `${expected}.example`]);
    expect(accountTraits(state)).toMatchObject({ name: expected });
  });

  test('does not keep a public key from adding new traits', () => {
    expect(accountTraits(applied([fact(1, 'a'), fact(2, 'b', 'public')]))).toMatchObject({ 'of-public': 2 });
  });

  test('and traits withdrawn by a server-side key are not set again by a public key', () => {
    const back: Fact = { at: 2, id: 'x', data: { accountId: 'acme', traits: { plan: null } } };
    const set: Fact = {
      at: 3,
      id: 'y',
      data: { accountId: 'acme', traits: { plan: 'free' }, keyScope: 'public' },
    };
    expect(accountTraits(applied([back, set]))).toEqual({});
  });
});

const facts = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: 1, max: 20 }),
    id: fc.uuid(),
    data: fc.record(
      {
        accountId: fc.constant('acme'),
        name: fc.constantFrom('a', 'b', 'c'),
        domain: fc.constantFrom('a.example', 'b.example'),
        traits: fc.dictionary(fc.constantFrom('plan', 'size'), fc.constantFrom(null, 1, 'x')),
        keyScope: fc.constant('public' as const),
      },
      { requiredKeys: ['accountId'] },
    ),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
);

describe('the state of an account', () => {
  test('does not depend on the order in which facts arrive', () => {
    fc.assert(
      fc.property(
        facts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([one, other]) => {
          expect(applied(other)).toEqual(applied(one));
        },
      ),
    );
  });

  test('keeps every name, domain and trait of server-side keys, whatever public keys send', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const trusted = all.filter(({ data }) => data.keyScope === undefined);
        fc.pre(trusted.length > 0);
        const [alone, together] = [applied(trusted), applied(all)];
        if (alone.name) expect(together.name).toEqual(alone.name);
        if (alone.domain) expect(together.domain).toEqual(alone.domain);
        expect(together.traits).toMatchObject(alone.traits);
      }),
    );
  });
});

test('a domain belongs to the account of a server-side key, even if another account was seen first', () => {
  const trusted = { accountId: 'acme', state: applied([fact(5, 'a')]) };
  const hijacker = { accountId: 'evil', state: applied([fact(1, 'a', 'public')]) };
  expect([ownsDomainBefore(trusted, hijacker), ownsDomainBefore(hijacker, trusted)]).toEqual([true, false]);
  expect(nameOf([fact(1, 'a', 'public')])).toBe('a');
});
