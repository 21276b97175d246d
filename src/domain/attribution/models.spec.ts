import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Channel } from '../touchpoint.js';
import { fractionsOf, MODEL_NAMES, sharesOf, weigh, type ModelName } from './models.js';
import { shareOut } from './money.js';
import { DEFAULT_ATTRIBUTION, type AttributionSettings } from './settings.js';
import { MILESTONES, type Milestone, type Touch } from './touches.js';

const touch = (day: number, milestones: readonly Milestone[] = [], channel: Channel = 'email'): Touch => ({
  eventId: `event-${day}`,
  leadId: 'ada',
  occurredAt: new Date(Date.UTC(2026, 0, day)),
  kind: 'page_view',
  channel,
  source: null,
  campaign: null,
  contentId: null,
  contentTitle: null,
  sessionId: 's',
  verdict: 'human',
  milestones,
  repeats: [],
});
const F = 'first';
const L = 'lead_created';
const O = 'opportunity_created';
const C = 'close';
const percent = (model: ModelName, touches: Touch[], settings: Partial<AttributionSettings> = {}) =>
  fractionsOf(weigh(model, touches, { ...DEFAULT_ATTRIBUTION, ...settings })).map(
    (weight) => Math.round(weight * 1e6) / 1e4,
  );

const six = [touch(1, [F]), touch(8, [L]), touch(15), touch(22, [O]), touch(29), touch(36, [C], 'direct')];

test.each([
  ['first', [100, 0, 0, 0, 0, 0]],
  ['last', [0, 0, 0, 0, 0, 100]],
  ['last_non_direct', [0, 0, 0, 0, 100, 0]],
  ['linear', [16.6667, 16.6667, 16.6667, 16.6667, 16.6667, 16.6667]],
  ['position', [40, 5, 5, 5, 5, 40]],
  ['u_shaped', [50, 50, 0, 0, 0, 0]],
  ['w_shaped', [30, 30, 3.3333, 30, 3.3333, 3.3333]],
  ['full_path', [22.5, 22.5, 5, 22.5, 5, 22.5]],
  ['time_decay', [1.5873, 3.1746, 6.3492, 12.6984, 25.3968, 50.7937]],
] as const)('%s gives six touches %j', (model, weights) => expect(percent(model, six)).toEqual(weights));

test('every model of the catalogue has a row above', () => expect(MODEL_NAMES).toHaveLength(9));

describe('position', () => {
  test('one touch takes all', () => expect(percent('position', [touch(1)])).toEqual([100]));
  test('two share evenly', () => expect(percent('position', [touch(1), touch(2)])).toEqual([50, 50]));
  test('three are 40/20/40', () => expect(percent('position', [1, 2, 3].map((day) => touch(day)))).toEqual([40, 20, 40])); // prettier-ignore
});

describe('shares without a touch to take them', () => {
  test('two milestones on one touch get both', () =>
    expect(percent('w_shaped', [touch(1, [F, L]), touch(2), touch(3, [O])])).toEqual([60, 10, 30]));
  test('a missing milestone is spread over the rest in proportion', () =>
    expect(percent('w_shaped', [touch(1, [F]), touch(2), touch(3, [O])])).toEqual([
      42.8571, 14.2857, 42.8571,
    ]));
  test('without touches between, the milestones share it', () =>
    expect(percent('w_shaped', [touch(1, [F]), touch(2, [L]), touch(3, [O])])).toEqual([
      33.3333, 33.3333, 33.3333,
    ]));
  test('u_shaped of nobody who became known is all to the first', () =>
    expect(percent('u_shaped', [touch(1, [F]), touch(2)])).toEqual([100, 0]));
  test('u_shaped may leave something for the others', () =>
    expect(percent('u_shaped', six, { uShaped: [40, 40, 20] })).toEqual([40, 40, 5, 5, 5, 5]));
  test('when settings leave nobody any share, all share alike', () =>
    expect(percent('u_shaped', [touch(1, [F]), touch(2)], { uShaped: [0, 100, 0] })).toEqual([50, 50]));
});

test('all direct: the last of them', () =>
  expect(percent('last_non_direct', [touch(1, [], 'direct'), touch(2, [], 'direct')])).toEqual([0, 100]));

test('time decay halves by the half-life and does not vanish over decades', () => {
  expect(percent('time_decay', [touch(1), touch(8)])).toEqual([33.3333, 66.6667]);
  expect(percent('time_decay', [touch(1), touch(9000)], { timeDecay: { halfLifeDays: 0.01 } })).toEqual([
    0, 100,
  ]);
});

test('a share says what it is for', () =>
  expect(sharesOf('full_path', [touch(1, [F, L]), touch(2), touch(3, [O, C])], DEFAULT_ATTRIBUTION)).toEqual([
    { touch: 0, share: 0.225, why: 'first' },
    { touch: 0, share: 0.225, why: 'lead_created' },
    { touch: 2, share: 0.225, why: 'opportunity_created' },
    { touch: 2, share: 0.225, why: 'close' },
    { touch: 1, share: 0.1, why: 'other' },
  ]));

describe('laws, for every model', () => {
  const touches = fc
    .array(
      fc.record({
        day: fc.integer({ min: 1, max: 4000 }),
        milestones: fc.subarray([...MILESTONES]),
        channel: fc.constantFrom<Channel>('direct', 'email'),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((list) =>
      list.sort((a, b) => a.day - b.day).map((each) => touch(each.day, each.milestones, each.channel)),
    );
  const share = fc.double({ min: 0, max: 100, noNaN: true });
  const someOf = (...shares: number[]) => shares.some((each) => each > 0);
  const settings = fc
    .record({
      halfLifeDays: fc.double({ min: 0.01, max: 3650, noNaN: true }),
      position: fc.tuple(share, share, share).filter((shares) => someOf(...shares)),
      uShaped: fc.tuple(share, share, share).filter((shares) => someOf(...shares)),
      wShaped: fc.tuple(share, share, share, share).filter((shares) => someOf(...shares)),
      fullPath: fc.tuple(share, share, share, share, share).filter((shares) => someOf(...shares)),
    })
    .map(({ halfLifeDays, ...shapes }) => ({
      ...DEFAULT_ATTRIBUTION,
      ...shapes,
      timeDecay: { halfLifeDays },
    }));
  const amount = fc.bigInt(0n, 10n ** 18n);
  const sum = (numbers: readonly bigint[]) => numbers.reduce((total, each) => total + each, 0n);

  test.each(MODEL_NAMES)('%s: fractions add up to 1 and the credits to the amount', (model) => {
    fc.assert(
      fc.property(touches, settings, amount, (list, chosen, minor) => {
        const weights = weigh(model, list, chosen);
        const fractions = fractionsOf(weights);
        expect(weights).toHaveLength(list.length);
        expect(fractions.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
        expect(fractions.reduce((total, weight) => total + weight, 0)).toBeCloseTo(1, 9);
        expect(fractions.map((weight) => weight > 0)).toEqual(weights.map((weight) => weight > 0n));
        const credits = shareOut(minor, weights);
        expect(sum(credits)).toBe(minor);
        credits.forEach((credit, index) => {
          const distance = credit * sum(weights) - minor * weights[index]!;
          expect(distance > -sum(weights) && distance < sum(weights)).toBe(true);
        });
      }),
    );
  });

  test.each(MODEL_NAMES)('%s: the shares behind the weights add up to them', (model) => {
    fc.assert(
      fc.property(touches, settings, (list, chosen) => {
        const fractions = list.map(() => 0);
        for (const { touch, share } of sharesOf(model, list, chosen))
          fractions[touch] = (fractions[touch] ?? 0) + share;
        fractionsOf(weigh(model, list, chosen)).forEach((weight, index) =>
          expect(fractions[index]).toBeCloseTo(weight, 9),
        );
      }),
    );
  });

  test.each(MODEL_NAMES)('%s: no touches, no weights', (model) =>
    expect(weigh(model, [], DEFAULT_ATTRIBUTION)).toEqual([]),
  );
});
