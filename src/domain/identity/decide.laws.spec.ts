import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryIdentity } from '../../../test/memory-identity.js';
import { resolveIdentity } from '../../../test/resolve-identity.js';
import { changesNothing } from './decide.js';
import { pairOf, type IdentityKey } from './keys.js';
import { ownerOf } from './ownership.js';
import type { IdentityFact } from './fact.js';
import { linksBetween } from './public-claims.js';

const runs = {
  numRuns: Number(process.env['LAW_RUNS'] ?? 3_000),
  endOnFailure: true,
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
};

interface People {
  readonly known: readonly IdentityKey[];
  readonly devices: readonly IdentityKey[];
}

const MANY: People = {
  known: ['user:u1', 'user:u2', 'user:u3', 'email:ada', 'email:bob', 'email:cyd', 'crm:c1', 'crm:c2'],
  devices: ['anonymous:a1', 'anonymous:a2', 'anonymous:a3'],
};
/** So few that they are joined, parted and take each other's devices again and again. */
const FEW: People = { known: ['user:u1', 'user:u2', 'email:ada', 'crm:c1'], devices: ['anonymous:a1'] };

/** Few distinct times, so that many facts happen at once. */
const time = fc.integer({ min: 0, max: 12 });

function factsAbout({ known, devices }: People): fc.Arbitrary<Omit<IdentityFact, 'id'>> {
  const oneKnown = fc.constantFrom(...known);
  const device = fc.constantFrom(...devices);
  const keys = fc.oneof(
    { weight: 3, arbitrary: device.map((key) => [key]) },
    { weight: 2, arbitrary: oneKnown.map((key) => [key]) },
    { weight: 4, arbitrary: fc.tuple(device, oneKnown) },
    { weight: 3, arbitrary: fc.uniqueArray(oneKnown, { minLength: 2, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.uniqueArray(device, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.uniqueArray(fc.oneof(device, oneKnown), { minLength: 2, maxLength: 4 }) },
  );
  const pair = fc.uniqueArray(oneKnown, { minLength: 2, maxLength: 2 });
  const decision = fc.constantFrom('merged' as const, 'split' as const);
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ at: time, keys }) },
    { weight: 2, arbitrary: fc.record({ at: time, keys, keyScope: fc.constant('public' as const) }) },
    { weight: 3, arbitrary: fc.record({ at: time, keys: pair, decision }) },
  );
}

/** Facts in the order in which they arrive; their ids are in another. */
const history = fc
  .oneof(
    fc.array(factsAbout(FEW), { minLength: 2, maxLength: 10 }),
    fc.array(factsAbout(MANY), { minLength: 2, maxLength: 25 }),
  )
  .chain((facts) =>
    fc
      .shuffledSubarray([...facts.keys()], { minLength: facts.length })
      .map((ranks) =>
        facts.map((fact, nth): IdentityFact => ({ ...fact, id: `e${String(ranks[nth]).padStart(2, '0')}` })),
      ),
  );

function decidedFactByFact(facts: readonly IdentityFact[]): MemoryIdentity {
  const identity = new MemoryIdentity('main');
  for (const fact of facts) identity.apply(fact);
  return identity;
}

/** The final state, in a stable order. */
function outcomeOf(identity: MemoryIdentity): unknown {
  const keys = [...identity.keys];
  const claimed = keys.flatMap(({ key: otherKey, links, publicLinks }) =>
    [...new Set([...links.keys(), ...publicLinks.keys()])].flatMap((key) =>
      linksBetween(links.get(key), publicLinks.get(key)).map((link) => ({ key, otherKey, ...link })),
    ),
  );
  const decided = keys.flatMap(({ key, decisions }) =>
    [...decisions].flatMap(([otherKey, { kind, at, id }]) =>
      pairOf(key, otherKey)[0] === key ? [{ key, otherKey, kind, stamp: { at, id } }] : [],
    ),
  );
  return {
    leads: keys.map(({ key, leadId }) => `${key} of ${leadId}`).sort(),
    links: [...claimed, ...decided].map((link) => JSON.stringify(link)).sort(),
    facts: [...identity.leads]
      .flatMap((leadId) => [...identity.factsOf(leadId).keys()].map((id) => `${id} of ${leadId}`))
      .sort(),
  };
}

function outcomeAtOnce(facts: readonly IdentityFact[]): unknown {
  const who = resolveIdentity('main', facts, () => undefined);
  return {
    leads: who.leads.flatMap(({ leadId, keys }) => keys.map((key) => `${key} of ${leadId}`)).sort(),
    links: who.links
      .map(({ key, otherKey, kind, stamp: { at, id } }) =>
        JSON.stringify({ key, otherKey, kind, stamp: { at, id } }),
      )
      .sort(),
    facts: facts
      .filter(({ decision }) => !decision)
      .map(({ id, keys, at }) => `${id} of ${who.ownerOf(keys, at)}`)
      .sort(),
  };
}

test('deciding fact by fact in any order gives the same identities as resolving all facts at once', () => {
  fc.assert(
    fc.property(history, (facts) => {
      expect(outcomeOf(decidedFactByFact(facts))).toEqual(outcomeAtOnce(facts));
    }),
    runs,
  );
});

test('deciding on a fact a second time changes nothing', () => {
  fc.assert(
    fc.property(history, fc.nat(), (facts, nth) => {
      const identity = decidedFactByFact(facts);
      const before = outcomeOf(identity);
      const again = facts[nth % facts.length];
      if (again) identity.apply(again);
      expect(outcomeOf(identity)).toEqual(before);
    }),
    runs,
  );
});

test('a decision does not change the identity index', () => {
  fc.assert(
    fc.property(history, (facts) => {
      const identity = new MemoryIdentity('main');
      for (const fact of facts) {
        const before = [...identity.keys].map((state) => structuredClone(state));
        identity.decide(fact);
        expect([...identity.keys]).toEqual(before);
        identity.apply(fact);
      }
    }),
    { ...runs, numRuns: Math.min(runs.numRuns, 500) },
  );
});

test('every fact belongs to the lead of its keys', () => {
  fc.assert(
    fc.property(history, (facts) => {
      const identity = decidedFactByFact(facts);
      for (const { id, keys, at, decision } of facts)
        if (!decision) expect(identity.factsOf(ownerOf(identity, keys, at)).has(id)).toBe(true);
    }),
    runs,
  );
});

test('a fact that says nothing new changes nothing about who is who, and one that was said before says nothing new', () => {
  let without = 0;
  fc.assert(
    fc.property(history, (facts) => {
      const identity = new MemoryIdentity('main');
      const statesOf = ({ keys }: IdentityFact) => keys.map((key) => identity.key(key));
      // Each is said again later: where nothing is decided in between, there is nothing new in it.
      const again = facts.map((fact, nth) => ({ ...fact, at: 20 + nth, id: `z${nth}` }));
      for (const fact of [...facts, ...again]) {
        if (changesNothing(fact, statesOf(fact))) {
          without += 1;
          const leadId = ownerOf(identity, fact.keys, fact.at);
          expect(identity.decide(fact)).toEqual([{ type: 'fact-added', leadId }]);
        }
        identity.apply(fact);
      }
    }),
    runs,
  );
  expect(without).toBeGreaterThan(runs.numRuns);
});

test('a visitor who is known by user id and device says nothing new with the next touchpoint', () => {
  const identity = new MemoryIdentity('main');
  const keys: IdentityKey[] = ['user:u1', 'email:ada', 'anonymous:a1'];
  const fact = (nth: number, more: Partial<IdentityFact> = {}): IdentityFact => ({
    id: `e${nth}`,
    at: nth,
    keys,
    ...more,
  });
  const isNothingNew = (next: IdentityFact) =>
    changesNothing(
      next,
      next.keys.map((key) => identity.key(key)),
    );
  expect(isNothingNew(fact(1))).toBe(false);
  identity.apply(fact(1));
  expect(isNothingNew(fact(2))).toBe(true);
  expect(isNothingNew(fact(0))).toBe(false);
  expect(isNothingNew(fact(2, { keyScope: 'public' }))).toBe(false);
  identity.apply(fact(5, { keys: ['user:u2', 'anonymous:a1'] }));
  expect(isNothingNew(fact(4))).toBe(true);
  expect(isNothingNew(fact(6))).toBe(false);
});
