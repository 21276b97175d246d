import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coalitionWorth, MAX_SHAPLEY_PLAYERS, shapley, shapleyValues, type WorthyPath } from './shapley.js';

const path = (text: string, worth: number): WorthyPath => ({ players: text.split(' '), worth });
const valuesOf = (paths: readonly WorthyPath[]) =>
  Object.fromEntries(shapley(paths).values.map(({ player, value }) => [player, value]));

/** The definition: the mean, over all orders in which the players may come, of what each adds when it comes. */
function byPermutations(worth: (coalition: readonly number[]) => number, players: number): number[] {
  const values = Array.from({ length: players }, () => 0);
  let orders = 0;
  const extend = (order: readonly number[]): void => {
    if (order.length === players) {
      orders++;
      order.forEach((player, at) => {
        values[player] = values[player]! + worth(order.slice(0, at + 1)) - worth(order.slice(0, at));
      });
    }
    for (let player = 0; player < players; player++) if (!order.includes(player)) extend([...order, player]);
  };
  extend([]);
  return values.map((value) => value / orders);
}
const maskOf = (coalition: readonly number[]) => coalition.reduce((mask, player) => mask | (1 << player), 0);

describe('Shapley values of worked examples', () => {
  test.each([
    {
      source: 'the glove game (Shapley, Shubik 1969): one left glove, two right gloves, a pair is worth 1',
      worth: [0, 0, 0, 1, 0, 1, 0, 1],
      values: [4 / 6, 1 / 6, 1 / 6],
    },
    {
      source: 'the airport game (Littlechild, Owen 1973): runways that cost 1, 2 and 4',
      worth: [0, 1, 2, 2, 4, 4, 4, 4],
      values: [1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2],
    },
    {
      source: 'a game of one player',
      worth: [0, 7],
      values: [7],
    },
  ])('$source', ({ worth, values }) => {
    [...shapleyValues(Float64Array.from(worth))].forEach((value, player) =>
      expect(value).toBeCloseTo(values[player]!, 14),
    );
  });

  test('paths: a journey is shared evenly by the players it meets, as Zhao et al. simplify the formula', () =>
    expect(valuesOf([path('A', 10), path('A B', 30), path('B A B', 30), path('A B C', 30)])).toEqual({
      A: 10 + 15 + 15 + 10,
      B: 15 + 15 + 10,
      C: 10,
    }));

  test('the ordered variant splits the value of a player by the place it was met at', () =>
    expect(shapley([path('A B', 30), path('B A B', 40)]).values).toEqual([
      { player: 'A', value: 35, byPosition: [15, 20] },
      { player: 'B', value: 35, byPosition: [10, 15, 10] },
    ]));

  test('a coalition is worth all paths that meet no other player', () =>
    expect(shapley([path('A', 10), path('A B', 30), path('B', 5)]).coalitions).toEqual([
      { players: ['A', 'B'], own: 30, worth: 45 },
      { players: ['A'], own: 10, worth: 10 },
      { players: ['B'], own: 5, worth: 5 },
    ]));
});

describe('games at the edge', () => {
  test('no path has no values', () => expect(shapley([])).toEqual({ values: [], coalitions: [] }));
  test('paths without a player are worth nothing to anybody', () =>
    expect(shapley([{ players: [], worth: 9 }]).values).toEqual([]));
  test('players of paths that bring nothing have the value 0', () =>
    expect(valuesOf([path('A B', 0)])).toEqual({ A: 0, B: 0 }));
  test('sixteen players are computed exactly', () => {
    const names = Array.from({ length: MAX_SHAPLEY_PLAYERS }, (_, index) => `p${index}`);
    expect(Object.values(valuesOf([{ players: names, worth: 160 }]))).toEqual(names.map(() => 10));
  });
  test.each([17, 40])('%i players are refused with the limit', (count) => {
    const players = Array.from({ length: count }, (_, index) => `p${index}`);
    expect(() => shapley([{ players, worth: 1 }])).toThrow(/takes 16 players at most/);
  });
});

const games = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2 ** n, maxLength: 2 ** n }))
  .map(([, ...worth]) => Float64Array.from([0, ...worth]));
const players = fc.constantFrom('A', 'B', 'C', 'D', 'E');
const paths = fc.array(
  fc.record({
    players: fc.array(players, { minLength: 1, maxLength: 6 }),
    worth: fc.integer({ min: 0, max: 10 ** 9 }),
  }),
  { minLength: 1, maxLength: 12 },
);
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, each) => total + each, 0);

describe('Shapley values of generated games', () => {
  test('equal the definition over all orders of the players', () => {
    fc.assert(
      fc.property(games, (worth) => {
        const defined = byPermutations((coalition) => worth[maskOf(coalition)]!, Math.log2(worth.length));
        [...shapleyValues(worth)].forEach((value, player) => expect(value).toBeCloseTo(defined[player]!, 8));
      }),
      { numRuns: 40 },
    );
  });

  test('efficiency: the values add up to the worth of all players together', () => {
    fc.assert(fc.property(games, (worth) => expect(sum(shapleyValues(worth))).toBeCloseTo(worth.at(-1)!, 8)));
  });

  test('symmetry: players that add the same to every coalition have the same value', () => {
    fc.assert(
      fc.property(games, (worth) => {
        const swap = (mask: number) => (mask & ~3) | ((mask & 1) << 1) | ((mask & 2) >> 1);
        fc.pre(worth.length >= 4);
        const symmetric = worth.map((each, mask) => each + worth[swap(mask)]!);
        const [first, second] = shapleyValues(symmetric);
        expect(first).toBeCloseTo(second!, 8);
      }),
    );
  });

  test('null player: who adds nothing to any coalition has the value 0', () => {
    fc.assert(
      fc.property(games, (worth) => {
        const withNull = Float64Array.from({ length: worth.length * 2 }, (_, mask) => worth[mask >> 1]!);
        expect(shapleyValues(withNull)[0]).toBe(0);
      }),
    );
  });

  test('additivity: the values of a sum of games are the sums of their values', () => {
    fc.assert(
      fc.property(games, (worth) => {
        const other = worth.map((each, mask) => (each * mask) % 97);
        const both = shapleyValues(worth.map((each, mask) => each + other[mask]!));
        const [a, b] = [shapleyValues(worth), shapleyValues(other)];
        both.forEach((value, player) => expect(value).toBeCloseTo(a[player]! + b[player]!, 8));
      }),
    );
  });
});

describe('Shapley values of generated paths', () => {
  test('equal the definition over all orders of the players', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const { values } = shapley(list);
        const worth = (coalition: readonly number[]) => {
          const names = coalition.map((player) => values[player]!.player);
          return sum(
            list
              .filter((each) => each.players.every((name) => names.includes(name)))
              .map((each) => each.worth),
          );
        };
        const defined = byPermutations(worth, values.length);
        values.forEach(({ value }, player) =>
          expect(Math.abs(value - defined[player]!)).toBeLessThan(1e-9 * (1 + defined[player]!)),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('efficiency and positions: all values, and their parts by position, add up', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const { values } = shapley(list);
        const whole = sum(list.map(({ worth }) => worth));
        expect(Math.abs(sum(values.map(({ value }) => value)) - whole)).toBeLessThan(1e-9 * (1 + whole));
        for (const { value, byPosition } of values)
          expect(Math.abs(sum(byPosition) - value)).toBeLessThan(1e-9 * (1 + value));
      }),
    );
  });

  test('renaming the players renames the values', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const renamed = list.map((each) => ({ ...each, players: each.players.map((name) => `new ${name}`) }));
        expect(shapley(renamed).values).toEqual(
          shapley(list).values.map((value) => ({ ...value, player: `new ${value.player}` })),
        );
      }),
    );
  });

  test('the worth of coalitions is the sum over their subsets', () => {
    fc.assert(
      fc.property(games, (own) => {
        coalitionWorth(own).forEach((worth, mask) => {
          const subsets = [...own.keys()].filter((subset) => (subset & ~mask) === 0);
          expect(worth).toBe(sum(subsets.map((subset) => own[subset]!)));
        });
      }),
    );
  });
});
