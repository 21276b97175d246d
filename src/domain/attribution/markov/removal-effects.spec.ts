import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MARKOV_ORDERS, MAX_MARKOV_PLAYERS, type CountedPath, type MarkovOrder } from './chain.js';
import { removalEffects } from './removal-effects.js';

const path = (text: string, conversions: number, nonConversions = 0): CountedPath => ({
  players: text === '' ? [] : text.split(' '),
  conversions,
  nonConversions,
});
const effectsOf = (paths: readonly CountedPath[], order: MarkovOrder = 1, directStates?: number) =>
  Object.fromEntries(
    removalEffects(paths, order, directStates).effects.map(({ player, effect }) => [player, effect]),
  );

/**
 * The definition, without linear algebra: all paths of the chain step by step, each with its probability, until less than
 * 1e-13 of them is under way. Paths that enter the removed player end.
 */
function conversionByEnumeration(paths: readonly CountedPath[], order: number, removed?: string): number {
  const times = new Map<string, Map<string, number>>();
  const count = (from: string, to: string, by: number): void => {
    const row = times.get(from) ?? new Map<string, number>();
    times.set(from, row.set(to, (row.get(to) ?? 0) + by));
  };
  for (const { players, conversions, nonConversions = 0 } of paths) {
    if (players.length === 0 || conversions + nonConversions === 0) continue;
    const states = players.map((_, end) => players.slice(Math.max(0, end + 1 - order), end + 1).join('>'));
    ['', ...states]
      .slice(0, -1)
      .forEach((from, at) => count(from, states[at]!, conversions + nonConversions));
    count(states.at(-1)!, 'CONVERSION', conversions);
    count(states.at(-1)!, 'NULL', nonConversions);
  }
  let underWay = new Map(times.size === 0 ? [] : [['', 1]]);
  let converted = 0;
  while ([...underWay.values()].reduce((sum, each) => sum + each, 0) > 1e-13) {
    const next = new Map<string, number>();
    for (const [from, mass] of underWay) {
      const row = times.get(from)!;
      const leaving = [...row.values()].reduce((sum, each) => sum + each, 0);
      for (const [to, by] of row) {
        const part = (mass * by) / leaving;
        if (to === 'CONVERSION') converted += part;
        else if (to !== 'NULL' && to.split('>').at(-1) !== removed) next.set(to, (next.get(to) ?? 0) + part);
      }
    }
    underWay = next;
  }
  return converted;
}

describe('removal effects of worked examples', () => {
  test.each([
    {
      source: 'analyzecore.com, Attribution model with R, part 1: the chain of C1, C2, C3',
      paths: [path('C1 C2 C3', 1), path('C1', 0, 1), path('C2 C3', 0, 1)],
      rate: 1 / 3,
      effects: { C1: 0.5, C2: 1, C3: 1 },
    },
    {
      source: 'by hand: two channels that each convert alone',
      paths: [path('A', 1), path('B', 1)],
      rate: 1,
      effects: { A: 0.5, B: 0.5 },
    },
    {
      source: 'by hand: a cycle A B A B … that converts from B half of the times it is left',
      paths: [path('A B A B', 1)],
      rate: 1,
      effects: { A: 1, B: 1 },
    },
  ])('$source', ({ paths, rate, effects }) => {
    expect(removalEffects(paths, 1).conversionRate).toBeCloseTo(rate, 15);
    for (const [player, effect] of Object.entries(effects))
      expect(effectsOf(paths)[player]).toBeCloseTo(effect, 14);
  });
});

describe('chains at the edge', () => {
  test.each([
    ['no path', []],
    ['no conversion', [path('A B', 0, 5)]],
    ['only paths without a touch', [path('', 3, 2)]],
    ['paths that were never seen', [path('A', 0, 0)]],
  ])('%s has no removal effects', (_, paths) =>
    expect(removalEffects(paths, 1)).toMatchObject({ effects: [], conversionRate: 0, errorBound: 0 }),
  );

  test('a state that never converts has the effect 0', () =>
    expect(effectsOf([path('A B', 1), path('A C', 0, 1)])).toEqual({ A: 1, B: 1, C: 0 }));

  test('a player that all paths begin with has the effect 1 at every order', () => {
    for (const order of MARKOV_ORDERS)
      expect(effectsOf([path('X A B', 3, 1), path('X', 1, 9), path('X B X', 2)], order)['X']).toBe(1);
  });

  test('a player that follows itself a thousand times is left in the end', () => {
    const long = { players: Array.from({ length: 1_000 }, () => 'A'), conversions: 1, nonConversions: 1_000 };
    for (const order of MARKOV_ORDERS)
      expect(effectsOf([long, path('B', 1)], order)['A']).toBeCloseTo(0.5, 12);
  });

  test('GMRES stays within its bound where paths go round a thousand times', () => {
    const round = Array.from({ length: 2_000 }, (_, at) => 'ABC'[at % 3]!);
    const list = [
      { players: round, conversions: 1, nonConversions: 99 },
      { players: [...round.slice(1), 'D'], conversions: 2 },
      path('D A', 1, 1),
    ];
    for (const order of MARKOV_ORDERS) {
      const direct = removalEffects(list, order);
      const iterated = removalEffects(list, order, 0);
      expect(iterated.errorBound).toBeLessThan(1e-6);
      iterated.effects.forEach(({ effect }, at) =>
        expect(Math.abs(effect - direct.effects[at]!.effect)).toBeLessThan(iterated.errorBound + 1e-12),
      );
    }
  });

  test('more than a thousand players are refused with the limit', () => {
    const players = Array.from({ length: MAX_MARKOV_PLAYERS + 1 }, (_, index) => `p${index}`);
    expect(() => removalEffects([{ players, conversions: 1 }], 1)).toThrow(/1000 players at most/);
  });
});

const players = fc.constantFrom('A', 'B', 'C', 'D', 'E');
const counted = fc
  .record({
    players: fc.array(players, { maxLength: 6 }),
    conversions: fc.integer({ min: 0, max: 4 }),
    nonConversions: fc.integer({ min: 0, max: 4 }),
  })
  .map((each): CountedPath => each);
const paths = fc.array(counted, { minLength: 1, maxLength: 12 });
const order = fc.constantFrom(...MARKOV_ORDERS);

describe('removal effects of generated paths', () => {
  test.each([
    ['by elimination', undefined],
    ['by sweeps', 0],
  ])('%s equal those of the enumeration of all paths', (_, directStates) => {
    fc.assert(
      fc.property(paths, order, (list, k) => {
        const { effects, conversionRate, errorBound } = removalEffects(list, k, directStates);
        const whole = conversionByEnumeration(list, k);
        expect(conversionRate).toBeCloseTo(whole, 11);
        for (const { player, effect } of effects) {
          const without = conversionByEnumeration(list, k, player);
          expect(Math.abs(effect - (1 - without / whole))).toBeLessThan(errorBound + 1e-11 / whole);
        }
      }),
    );
  });

  test('renaming the players renames the effects', () => {
    fc.assert(
      fc.property(paths, order, (list, k) => {
        const renamed = list.map((each) => ({ ...each, players: each.players.map((name) => `new ${name}`) }));
        expect(removalEffects(renamed, k).effects).toEqual(
          removalEffects(list, k).effects.map(({ player, effect }) => ({ player: `new ${player}`, effect })),
        );
      }),
    );
  });

  test('the order of the paths does not matter', () => {
    fc.assert(
      fc.property(paths, order, (list, k) => {
        const reversed = effectsOf(list.toReversed(), k);
        for (const [player, effect] of Object.entries(effectsOf(list, k)))
          expect(reversed[player]).toBeCloseTo(effect, 12);
      }),
    );
  });

  test('a player on no converting path of the chain has the effect 0, exactly', () => {
    fc.assert(
      fc.property(paths, order, (list, k) => {
        const withNull = [...list, path('N', 0, 3), path('A B', 1)];
        expect(effectsOf(withNull, k)['N']).toBe(0);
      }),
    );
  });

  test('repeats of a player in a row do not matter at order 1', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const collapsed = list.map((each) => ({
          ...each,
          players: each.players.filter((player, at) => player !== each.players[at - 1]),
        }));
        const effects = effectsOf(collapsed);
        for (const [player, effect] of Object.entries(effectsOf(list)))
          expect(effects[player]).toBeCloseTo(effect, 12);
      }),
    );
  });
});
