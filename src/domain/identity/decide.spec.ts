import { describe, expect, test } from '@jest/globals';
import { MemoryIdentity } from '../../../test/memory-identity.js';
import { leadIdOf, type IdentityKey } from './keys.js';
import { decideIdentity } from './decide.js';
import type { IdentityFact } from './fact.js';
import { unseenKey } from './key-state.js';
import type { Move } from './moves.js';

const [ADA, BOB, ADA_MAIL, CRM] = ['user:ada', 'user:bob', 'email:ada@acme.example', 'crm:1'] as const;
const [PHONE, LAPTOP] = ['anonymous:phone', 'anonymous:laptop'] as const;
const LEADS = new Map([ADA, BOB, ADA_MAIL, CRM, PHONE, LAPTOP].map((key) => [leadIdOf('main', key), key]));

const seen = (at: number, keys: readonly IdentityKey[]): IdentityFact => ({ at, id: `e${at}`, keys });
const publicly = (at: number, keys: readonly IdentityKey[]): IdentityFact => ({
  ...seen(at, keys),
  keyScope: 'public',
});
const merged = (at: number, ...keys: IdentityKey[]): IdentityFact => ({
  ...seen(at, keys),
  decision: 'merged',
});
const split = (at: number, ...keys: IdentityKey[]): IdentityFact => ({
  ...seen(at, keys),
  decision: 'split',
});

/** A move in a few words; a lead goes by the key whose id it has. */
function inWords(move: Move): string {
  const lead = (leadId: string): string => LEADS.get(leadId) ?? leadId;
  switch (move.type) {
    case 'key-seen':
      return `${move.key} seen at ${move.firstSeen.at}`;
    case 'keys-linked':
      return `${move.key} linked to ${move.mainKey}`;
    case 'keys-linked-publicly':
      return `${move.key} ${move.link.joins ? 'joined' : 'not joined'} to ${move.mainKey} publicly`;
    case 'public-link-noted':
      return `${move.key} notes ${move.otherKey}`;
    case 'pair-decided':
      return `${move.key} ${move.decision.kind} with ${move.otherKey}`;
    case 'claims-changed':
      return `${move.key} claimed by ${move.claims.map(({ key, at }) => `${key} at ${at}`).join(', ')}`;
    case 'key-assigned':
      return `${move.key} to lead ${lead(move.leadId)}`;
    case 'facts-moved':
      return `${[...move.eventIds].join(', ')} from ${lead(move.from)} to ${lead(move.to)}`;
    case 'fact-added':
      return `fact of ${lead(move.leadId)}`;
    case 'lead-rederived':
      return `derive ${lead(move.leadId)}`;
    case 'lead-keys-changed':
      return `keys of ${lead(move.leadId)}`;
  }
}

/** What is decided about a fact after others, without the moves of links. */
function decided(given: readonly IdentityFact[], when: IdentityFact): string[] {
  const identity = new MemoryIdentity('main');
  for (const fact of given) identity.apply(fact);
  return identity.decide(when).map(inWords);
}

type Case = readonly [title: string, given: IdentityFact[], when: IdentityFact, then: string[]];

describe('a touchpoint', () => {
  test.each<Case>([
    [
      'with an unknown key creates a lead',
      [],
      seen(1, [PHONE]),
      [`${PHONE} seen at 1`, `${PHONE} to lead ${PHONE}`, `fact of ${PHONE}`, `keys of ${PHONE}`],
    ],
    ['with a known key belongs to the lead of the key', [seen(1, [ADA])], seen(2, [ADA]), [`fact of ${ADA}`]],
    [
      'earlier than all others of its key changes the time since when the key is known',
      [seen(2, [ADA])],
      seen(1, [ADA]),
      [`${ADA} seen at 1`, `fact of ${ADA}`, `keys of ${ADA}`],
    ],
    [
      'of a shared device belongs to the last claimer before it',
      [seen(1, [PHONE, ADA]), seen(5, [PHONE, BOB])],
      seen(3, [PHONE]),
      [`fact of ${ADA}`],
    ],
    [
      'of a shared device before all claims belongs to the first claimer',
      [seen(2, [PHONE, ADA]), seen(5, [PHONE, BOB])],
      seen(1, [PHONE]),
      [`${PHONE} seen at 1`, `fact of ${ADA}`],
    ],
  ])('%s', (_title, given, when, then) => expect(decided(given, when)).toEqual(then));
});

describe('a claim of an anonymous key', () => {
  test.each<Case>([
    [
      'that is the first takes over the touchpoints of the key',
      [seen(1, [PHONE]), seen(2, [PHONE]), seen(3, [ADA])],
      seen(4, [PHONE, ADA]),
      [
        `${PHONE} linked to ${ADA}`,
        `${PHONE} claimed by ${ADA} at 4`,
        `${PHONE} to lead ${ADA}`,
        `e1, e2 from ${PHONE} to ${ADA}`,
        `fact of ${ADA}`,
        `keys of ${PHONE}`,
        `keys of ${ADA}`,
      ],
    ],
    [
      'by the same person again changes nothing',
      [seen(1, [PHONE, ADA])],
      seen(2, [PHONE, ADA]),
      [`fact of ${ADA}`],
    ],
    [
      'by another person later takes over the key from then on',
      [seen(1, [PHONE, ADA]), seen(2, [BOB])],
      seen(3, [PHONE, BOB]),
      [
        `${PHONE} linked to ${BOB}`,
        `${PHONE} claimed by ${ADA} at 1, ${BOB} at 3`,
        `${PHONE} to lead ${BOB}`,
        `fact of ${BOB}`,
        `keys of ${ADA}`,
        `keys of ${BOB}`,
      ],
    ],
    [
      'by another person before all others takes over the touchpoints before it',
      [seen(1, [PHONE]), seen(2, [BOB]), seen(5, [PHONE, ADA])],
      seen(3, [PHONE, BOB]),
      [
        `${PHONE} linked to ${BOB}`,
        `${PHONE} claimed by ${BOB} at 3, ${ADA} at 5`,
        `e1 from ${ADA} to ${BOB}`,
        `fact of ${BOB}`,
      ],
    ],
    [
      'between other claims causes all claims to be evaluated again',
      [seen(1, [BOB]), seen(2, [PHONE, ADA]), seen(9, [PHONE, ADA]), seen(5, [PHONE])],
      seen(4, [PHONE, BOB]),
      [
        `${PHONE} linked to ${BOB}`,
        `${PHONE} claimed by ${ADA} at 2, ${BOB} at 4, ${ADA} at 9`,
        `e5 from ${ADA} to ${BOB}`,
        `derive ${BOB}`,
        `derive ${ADA}`,
        `fact of ${BOB}`,
        `keys of ${ADA}`,
      ],
    ],
  ])('%s', (_title, given, when, then) => expect(decided(given, when)).toEqual(then));
});

describe('known keys', () => {
  test.each<Case>([
    [
      'in one event become the lead of the key seen first',
      [seen(1, [ADA_MAIL]), seen(2, [ADA])],
      seen(3, [ADA, ADA_MAIL]),
      [
        `${ADA_MAIL} linked to ${ADA}`,
        `${ADA} to lead ${ADA_MAIL}`,
        `e2 from ${ADA} to ${ADA_MAIL}`,
        `derive ${ADA}`,
        `derive ${ADA_MAIL}`,
        `fact of ${ADA_MAIL}`,
        `keys of ${ADA_MAIL}`,
        `keys of ${ADA}`,
      ],
    ],
    [
      'in a public claim stay separate if both were known',
      [seen(1, [ADA_MAIL]), seen(2, [ADA])],
      publicly(3, [ADA, ADA_MAIL]),
      [`${ADA} notes ${ADA_MAIL}`, `${ADA_MAIL} not joined to ${ADA} publicly`, `fact of ${ADA}`],
    ],
    [
      'joined by a public claim are separated by an earlier event with one of them',
      [seen(1, [ADA]), publicly(3, [ADA, ADA_MAIL])],
      seen(2, [ADA_MAIL]),
      [
        `${ADA_MAIL} seen at 2`,
        `${ADA_MAIL} not joined to ${ADA} publicly`,
        `${ADA_MAIL} to lead ${ADA_MAIL}`,
        `derive ${ADA}`,
        `derive ${ADA_MAIL}`,
        `fact of ${ADA_MAIL}`,
        `keys of ${ADA_MAIL}`,
        `keys of ${ADA}`,
      ],
    ],
    [
      'merged by a person become one lead',
      [seen(1, [ADA]), seen(2, [BOB])],
      merged(3, ADA, BOB),
      [
        `${ADA} merged with ${BOB}`,
        `${BOB} merged with ${ADA}`,
        `${BOB} to lead ${ADA}`,
        `e2 from ${BOB} to ${ADA}`,
        `derive ${ADA}`,
        `derive ${BOB}`,
        `keys of ${ADA}`,
        `keys of ${BOB}`,
      ],
    ],
    [
      'split by a person keep their facts and devices',
      [seen(1, [ADA]), seen(2, [BOB, LAPTOP]), seen(3, [LAPTOP]), merged(4, ADA, BOB)],
      split(5, ADA, BOB),
      [
        `${ADA} split with ${BOB}`,
        `${BOB} split with ${ADA}`,
        `${BOB} to lead ${BOB}`,
        `${LAPTOP} to lead ${BOB}`,
        `${LAPTOP} claimed by ${BOB} at 2`,
        `e2, e3 from ${ADA} to ${BOB}`,
        `derive ${ADA}`,
        `derive ${BOB}`,
        `keys of ${BOB}`,
        `keys of ${ADA}`,
      ],
    ],
    [
      'follow a later decision',
      [seen(1, [ADA]), seen(2, [BOB]), split(9, ADA, BOB)],
      merged(5, ADA, BOB),
      [],
    ],
  ])('%s', (_title, given, when, then) => expect(decided(given, when)).toEqual(then));
});

test('a pair of keys is evaluated again only if its public claim has the key that was seen earlier', () => {
  const given = [
    seen(1, [CRM]),
    seen(2, [ADA_MAIL]),
    publicly(4, [BOB, CRM, ADA_MAIL]),
    publicly(8, [BOB, ADA, ADA_MAIL]),
  ];
  const moves = decided(given, seen(0, [ADA]));
  expect(moves).toContain(`${ADA} not joined to ${BOB} publicly`);
  expect(moves).not.toContain(`${ADA_MAIL} joined to ${BOB} publicly`);
});

describe('an identity decision loads', () => {
  const ask = (given: readonly IdentityFact[], when: IdentityFact): unknown[] => {
    const identity = new MemoryIdentity('main');
    for (const fact of given) identity.apply(fact);
    return identity.needsOf(when).map((need) => {
      if ('keys' in need) return { keys: need.keys };
      const [[kind, leads]] = Object.entries(need) as [[string, readonly string[]]];
      return { [kind]: leads.map((leadId) => LEADS.get(leadId)) };
    });
  };

  test('nothing for a touchpoint that changes no identity', () => {
    expect(ask([seen(1, [ADA, PHONE])], seen(2, [ADA, PHONE]))).toEqual([]);
  });

  test('only the facts of the anonymous lead when its key is claimed', () => {
    expect(ask([seen(1, [PHONE]), seen(2, [ADA])], seen(3, [ADA, PHONE]))).toEqual([{ factsOf: [PHONE] }]);
  });

  test('keys and facts of both leads when two leads are joined', () => {
    expect(ask([seen(1, [ADA]), seen(2, [BOB])], merged(3, ADA, BOB))).toEqual([
      { keysOf: [ADA, BOB] },
      { factsOf: [ADA, BOB] },
    ]);
  });

  test('keys that are connected by decisions', () => {
    const given = [seen(1, [ADA]), seen(2, [BOB]), split(3, ADA, BOB), seen(4, [ADA_MAIL])];
    expect(ask(given, seen(5, [ADA, ADA_MAIL]))).toContainEqual({ keys: [BOB] });
  });
});

test('a key that is not loaded is never treated as new', () => {
  const empty = { key: () => undefined, lastFact: () => undefined, keysOf: () => [], factsOf: () => [] };
  expect(() => decideIdentity(empty, seen(1, [ADA])).next()).toThrow(
    `${ADA} is asked for before it was loaded`,
  );
  const loaded = { ...empty, key: (key: IdentityKey) => unseenKey(key, leadIdOf('main', key)) };
  expect(decideIdentity(loaded, seen(1, [ADA])).next().done).toBe(true);
});
