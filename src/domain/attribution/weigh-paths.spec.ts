import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dates, touch } from '../../../test/path-touches.js';
import { type Paths, weighPaths } from '../../../test/weigh-paths.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../touchpoint.js';
import { CHAIN_WIDE_MODELS, parseModelRequest, type ModelRequest } from './model-request.js';
import { MODEL_NAMES } from './models.js';
import { distribute, exponentOf, money } from './money.js';
import type { Weights } from './parts.js';
import { playerName, PLAYERS, playerOf } from './players.js';
import { PRESET_NAMES } from './presets.js';
import { DEFAULT_ATTRIBUTION } from './settings.js';
import { MILESTONES } from './touches.js';
import { DIRECT, REPEATS, transformPath } from './transforms.js';
import type { OpportunityPath } from './weigh-paths.js';

const request = (given: unknown): ModelRequest => {
  const parsed = parseModelRequest(given);
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.request;
};
const campaigns = (text: string, revenue = 100): OpportunityPath => ({
  touches: text === '' ? [] : text.split(' ').map((campaign, at) => touch(at + 1, { campaign })),
  dates,
  revenue,
});
const share = ({ touches, unattributed }: Weights, minor: bigint): bigint[] =>
  distribute(minor, [...touches, unattributed]);

describe('the credits of one opportunity under a model over all paths', () => {
  const paths: Paths = {
    converting: [campaigns('C1 C2 C3 C1', 1_000)],
    nonConverting: [campaigns('C1'), campaigns('C2 C3')],
  };

  test('markov weighs each touch by the removal effect of its player', () => {
    const single = { ...paths, converting: [campaigns('C1 C2 C3')] };
    const { weights, removal } = weighPaths(
      request({ model: 'markov', player: 'campaign' }),
      DEFAULT_ATTRIBUTION,
      single,
    );
    expect(removal?.effects.map(({ player, effect }) => [player, Number(effect.toFixed(12))])).toEqual([
      ['C1', 0.5],
      ['C2', 1],
      ['C3', 1],
    ]);
    expect(share(weights[0]!, 1_000n)).toEqual([200n, 400n, 400n, 0n]);
  });

  test('markov without paths that came to nothing has a conversion rate of 1', () =>
    expect(
      weighPaths(
        request({ model: 'markov', player: 'campaign', nonConverting: false }),
        DEFAULT_ATTRIBUTION,
        paths,
      ).removal?.conversionRate,
    ).toBe(1));

  test('shapley shares a path evenly between its players, and a player between its touches', () => {
    const { weights, game } = weighPaths(
      request({ model: 'shapley', player: 'campaign', worth: 'revenue' }),
      DEFAULT_ATTRIBUTION,
      paths,
    );
    expect(share(weights[0]!, 1_200n)).toEqual([200n, 400n, 400n, 200n, 0n]);
    expect(game?.values.map(({ player, value }) => [player, Math.round(value)])).toEqual([
      ['C1', 333],
      ['C2', 333],
      ['C3', 333],
    ]);
  });

  test('a path that the transforms leave empty is unattributed, and no part of the chain', () => {
    const { weights, removal } = weighPaths(
      request({ model: 'markov', transforms: { direct: 'drop' } }),
      DEFAULT_ATTRIBUTION,
      {
        converting: [
          { touches: [touch(1, { channel: 'direct' })], dates, revenue: 1 },
          { touches: [touch(1), touch(2, { channel: 'direct' })], dates, revenue: 1 },
        ],
        nonConverting: [],
      },
    );
    expect(removal?.effects).toEqual([{ player: 'email', effect: 1 }]);
    expect(weights.map((each) => share(each, 500n))).toEqual([
      [0n, 500n],
      [500n, 0n, 0n],
    ]);
  });

  test('forty players are too many for shapley, and enough for markov', () => {
    const many = { converting: [campaigns(Array.from({ length: 40 }, (_, at) => `c${at}`).join(' '))], nonConverting: [] }; // prettier-ignore
    const weigh = (model: string): unknown =>
      weighPaths(request({ model, player: 'campaign' }), DEFAULT_ATTRIBUTION, many);
    expect(() => weigh('shapley')).toThrow(/takes 16 players at most/);
    expect(weigh('markov')).toHaveProperty('weights');
  });
});

const touches = fc
  .array(
    fc.record({
      at: fc.integer({ min: 1, max: 31 }),
      leadId: fc.constantFrom('ada', 'bob'),
      kind: fc.constantFrom(...TOUCHPOINT_KINDS),
      channel: fc.constantFrom(...CHANNELS),
      campaign: fc.constantFrom(null, 'a', 'b'),
      contentId: fc.constantFrom(null, 'x', 'y'),
      contentType: fc.constantFrom(null, 'blog'),
      contentStage: fc.constantFrom(null, 'awareness', 'decision'),
      milestones: fc.subarray([...MILESTONES]),
      roleWeight: fc.constantFrom(1, 2, 0.5, 0.001, 1000, 1 / 3),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.sort((a, b) => a.at - b.at).map(({ at, ...over }) => touch(at, over)));
const path = fc.record({ touches, dates: fc.constant(dates), revenue: fc.integer({ min: 0, max: 10 ** 9 }) });
const paths: fc.Arbitrary<Paths> = fc.record({
  converting: fc.array(path, { minLength: 1, maxLength: 5 }),
  nonConverting: fc.array(path, { maxLength: 4 }),
});
const transforms = fc.record(
  {
    withoutKinds: fc.subarray([...TOUCHPOINT_KINDS], { minLength: 1 }),
    channels: fc.subarray([...CHANNELS], { minLength: 1 }),
    direct: fc.constantFrom(...DIRECT),
    lookbackDays: fc.integer({ min: 1, max: 40 }),
    minTouchesPerLead: fc.integer({ min: 1, max: 3 }),
    lookbackSteps: fc.integer({ min: 1, max: 8 }),
    repeats: fc.constantFrom(...REPEATS),
  },
  { requiredKeys: [] },
);
// Five paths of three values each: at most fifteen players, even with `frequency`.
const player = fc.constantFrom(...PLAYERS.filter((each) => each !== 'channel'));
const percent = fc.integer({ min: 0, max: 20 });
const custom = fc.record({
  milestones: fc.record({ first: percent, lead_created: percent }),
  channels: fc.record({ email: percent, direct: percent }),
  others: fc.integer({ min: 1, max: 20 }),
  leftover: fc.constantFrom('redistribute', 'unattributed'),
});

/** Every model, with generated parameters where it has some. */
const MODELS: readonly (readonly [string, fc.Arbitrary<object>])[] = [
  ...MODEL_NAMES.map((model) => [model, fc.constant({ model })] as const),
  ...PRESET_NAMES.map((preset) => [preset, fc.constant({ preset })] as const),
  ['custom', custom.map((each) => ({ model: 'custom', custom: each }))],
  [
    'markov',
    fc.record({
      model: fc.constant('markov'),
      order: fc.constantFrom(1, 2, 3),
      nonConverting: fc.boolean(),
    }),
  ],
  ['shapley', fc.record({ model: fc.constant('shapley'), worth: fc.constantFrom('conversions', 'revenue') })],
];

describe.each(MODELS)('%s, with any transforms', (_, model) => {
  test.each(['JPY', 'USD', 'KWD'])(
    'credits and what is unattributed add up to the amount in %s',
    (currency) => {
      fc.assert(
        fc.property(
          model,
          transforms,
          player,
          paths,
          fc.bigInt(0n, 10n ** 15n),
          fc.constantFrom(undefined, { user: 2 }),
          (given, chosen, by, all, minor, roleWeights) => {
            const { weights } = weighPaths(
              request({ ...given, player: by, roleWeights, transforms: chosen }),
              DEFAULT_ATTRIBUTION,
              all,
            );
            expect(weights).toHaveLength(all.converting.length);
            weights.forEach((each, index) => {
              expect(each.touches).toHaveLength(all.converting[index]!.touches.length);
              const credits = share(each, minor);
              expect(credits.reduce((sum, credit) => sum + credit, 0n)).toBe(minor);
              expect(credits.every((credit) => credit >= 0n)).toBe(true);
              expect(credits.every((credit) => (money(credit, currency).amount.split('.')[1] ?? '').length === exponentOf(currency))).toBe(true); // prettier-ignore
            });
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  test('only touches that the transforms keep have weights', () => {
    fc.assert(
      fc.property(model, transforms, player, paths, (given, chosen, by, all) => {
        const asked = request({ ...given, player: by, transforms: chosen });
        weighPaths(asked, DEFAULT_ATTRIBUTION, all).weights.forEach((each, index) => {
          const whole = all.converting[index]!.touches;
          const kept = transformPath(whole, asked.transforms, by, dates).map((step) => step.index);
          each.touches.forEach((weight, at) => expect(weight === 0n || kept.includes(at)).toBe(true));
          if (kept.length === 0) expect(each.unattributed).toBe(1n);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe('weights by role', () => {
  const weighed = (model: object, of: readonly number[]): Weights =>
    weighPaths(request({ ...model, roleWeights: { user: 2 } }), DEFAULT_ATTRIBUTION, {
      converting: [{ touches: of.map((roleWeight, at) => touch(at + 1, { roleWeight })), dates, revenue: 1 }],
      nonConverting: [],
    }).weights[0]!;

  test('share each part of a model in their proportion', () => {
    expect(share(weighed({ model: 'linear' }, [2, 1, 1]), 1_000n)).toEqual([500n, 250n, 250n, 0n]);
    // 40 % at each end and 20 % between, twice as much for the last touch: 40 to 20 to 80.
    expect(share(weighed({ model: 'position' }, [1, 1, 2]), 1_400n)).toEqual([400n, 200n, 800n, 0n]);
    expect(share(weighed({ model: 'last' }, [2, 1]), 1_000n)).toEqual([0n, 1_000n, 0n]);
  });

  test('leave unattributed what a model does', () => {
    const custom = { channels: { email: 60 }, leftover: 'unattributed' };
    expect(share(weighed({ model: 'custom', custom }, [2, 1]), 1_000n)).toEqual([400n, 200n, 400n]);
  });

  test('that are all the same change nothing, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODEL_NAMES),
        paths,
        fc.constantFrom(0.5, 7),
        (model, all, roleWeight) => {
          const same = { ...all, converting: all.converting.map((each) => ({ ...each, touches: each.touches.map((one) => ({ ...one, roleWeight })) })) }; // prettier-ignore
          const amounts = (given: object): bigint[][] =>
          weighPaths(request({ model, ...given }), DEFAULT_ATTRIBUTION, same).weights.map((each) => share(each, 12_345n)); // prettier-ignore
          expect(amounts({ roleWeights: { user: 2 } })).toEqual(amounts({}));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('models over all paths', () => {
  test.each(CHAIN_WIDE_MODELS)('%s: renaming the players changes no credit', (model) => {
    fc.assert(
      fc.property(paths, transforms, (all, chosen) => {
        const renamed = (list: readonly OpportunityPath[]): OpportunityPath[] =>
          list.map((each) => ({
            ...each,
            touches: each.touches.map((one) => ({ ...one, campaign: one.campaign && `new ${one.campaign}` })),
          }));
        const asked = request({ model, player: 'campaign', transforms: chosen });
        const other = { converting: renamed(all.converting), nonConverting: renamed(all.nonConverting) };
        expect(weighPaths(asked, DEFAULT_ATTRIBUTION, other).weights).toEqual(
          weighPaths(asked, DEFAULT_ATTRIBUTION, all).weights,
        );
      }),
    );
  });

  test('the credits of all paths under shapley add up to the Shapley values', () => {
    fc.assert(
      fc.property(paths, player, ({ converting }, by) => {
        const asked = request({ model: 'shapley', player: by, worth: 'revenue' });
        const { weights, game } = weighPaths(asked, DEFAULT_ATTRIBUTION, { converting, nonConverting: [] });
        const credits = new Map<string, number>();
        converting.forEach(({ touches: list, revenue }, index) => {
          const { touches: each } = weights[index]!;
          const whole = Number(each.reduce((sum, weight) => sum + weight, 0n));
          list.forEach((one, at) => {
            const name = playerOf(by, one);
            credits.set(name, (credits.get(name) ?? 0) + (revenue * Number(each[at])) / whole);
          });
        });
        for (const { player: name, value } of game!.values)
          expect(Math.abs(value - credits.get(name)!)).toBeLessThan(1e-9 * (1 + value));
      }),
    );
  });

  test('players that meet the same paths have the same credit', () => {
    const path = campaigns('A B', 10);
    const all = { converting: [path, campaigns('B A', 10)], nonConverting: [campaigns('A'), campaigns('B')] };
    for (const model of CHAIN_WIDE_MODELS) {
      const { weights } = weighPaths(request({ model, player: 'campaign' }), DEFAULT_ATTRIBUTION, all);
      for (const { touches: each } of weights) expect(each[0]).toBe(each[1]);
    }
  });

  test('the transform frequency makes players of a value and the times it is met', () => {
    const { game } = weighPaths(
      request({ model: 'shapley', player: 'campaign', transforms: { repeats: 'frequency' } }),
      DEFAULT_ATTRIBUTION,
      { converting: [campaigns('A B A')], nonConverting: [] },
    );
    expect(game?.values.map(({ player: name }) => playerName(name))).toEqual([
      { value: 'A', times: 2 },
      { value: 'B', times: 1 },
    ]);
  });
});
