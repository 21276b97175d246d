import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Channel } from '../touchpoint.js';
import { fractionsOf, MODEL_NAMES, sharesOf, weightTouches, type ModelName } from './models.js';
import { distribute } from './money.js';
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
  fractionsOf(weightTouches(model, touches, { ...DEFAULT_ATTRIBUTION, ...settings })).map(
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
] as const)('the model %s gives six touches %j', (model, weights) =>
  expect(percent(model, six)).toEqual(weights),
);

test('every attribution model has a test row', () => expect(MODEL_NAMES).toHaveLength(9));

describe('the position model', () => {
  test('gives everything to a single touch', () => expect(percent('position', [touch(1)])).toEqual([100]));
  test('divides evenly between two touches', () =>
    expect(percent('position', [touch(1), touch(2)])).toEqual([50, 50]));
  test('divides 40/20/40 between three touches', () => expect(percent('position', [1, 2, 3].map((day) => touch(day)))).toEqual([40, 20, 40])); // prettier-ignore
});

describe('shares of missing milestones', () => {
  test('two milestones on one touch add up', () =>
    expect(percent('w_shaped', [touch(1, [F, L]), touch(2), touch(3, [O])])).toEqual([60, 10, 30]));
  test('the share of a missing milestone is distributed over the others in proportion', () =>
    expect(percent('w_shaped', [touch(1, [F]), touch(2), touch(3, [O])])).toEqual([
      42.8571, 14.2857, 42.8571,
    ]));
  test('without other touches the milestones get their share', () =>
    expect(percent('w_shaped', [touch(1, [F]), touch(2, [L]), touch(3, [O])])).toEqual([
      33.3333, 33.3333, 33.3333,
    ]));
  test('u_shaped gives everything to the first touch if nobody became known', () =>
    expect(percent('u_shaped', [touch(1, [F]), touch(2)])).toEqual([100, 0]));
  test('u_shaped may leave a share for the other touches', () =>
    expect(percent('u_shaped', six, { uShaped: [40, 40, 20] })).toEqual([40, 40, 5, 5, 5, 5]));
  test('without any share all touches get the same', () =>
    expect(percent('u_shaped', [touch(1, [F]), touch(2)], { uShaped: [0, 100, 0] })).toEqual([50, 50]));
});

test('last_non_direct gives everything to the last touch if all are direct', () =>
  expect(percent('last_non_direct', [touch(1, [], 'direct'), touch(2, [], 'direct')])).toEqual([0, 100]));

test('time decay halves per half-life and does not vanish over decades', () => {
  expect(percent('time_decay', [touch(1), touch(8)])).toEqual([33.3333, 66.6667]);
  expect(percent('time_decay', [touch(1), touch(9000)], { timeDecay: { halfLifeDays: 0.01 } })).toEqual([
    0, 100,
  ]);
});

test('every share has its reason', () =>
  expect(sharesOf('full_path', [touch(1, [F, L]), touch(2), touch(3, [O, C])], DEFAULT_ATTRIBUTION)).toEqual([
    { touch: 0, share: 0.225, why: 'first', sharedBy: 1 },
    { touch: 0, share: 0.225, why: 'lead_created', sharedBy: 1 },
    { touch: 2, share: 0.225, why: 'opportunity_created', sharedBy: 1 },
    { touch: 2, share: 0.225, why: 'close', sharedBy: 1 },
    { touch: 1, share: 0.1, why: 'other', sharedBy: 1 },
  ]));

describe('every attribution model', () => {
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

  test.each(MODEL_NAMES)('%s: fractions add up to 1 and credits to the amount', (model) => {
    fc.assert(
      fc.property(touches, settings, amount, (list, chosen, minor) => {
        const weights = weightTouches(model, list, chosen);
        const fractions = fractionsOf(weights);
        expect(weights).toHaveLength(list.length);
        expect(fractions.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
        expect(fractions.reduce((total, weight) => total + weight, 0)).toBeCloseTo(1, 9);
        expect(fractions.map((weight) => weight > 0)).toEqual(weights.map((weight) => weight > 0n));
        const credits = distribute(minor, weights);
        expect(sum(credits)).toBe(minor);
        credits.forEach((credit, index) => {
          const distance = credit * sum(weights) - minor * weights[index]!;
          expect(distance > -sum(weights) && distance < sum(weights)).toBe(true);
        });
      }),
    );
  });

  test.each(MODEL_NAMES)('%s: the shares of a weight add up to it', (model) => {
    fc.assert(
      fc.property(touches, settings, (list, chosen) => {
        const fractions = list.map(() => 0);
        for (const { touch, share } of sharesOf(model, list, chosen))
          fractions[touch] = (fractions[touch] ?? 0) + share;
        fractionsOf(weightTouches(model, list, chosen)).forEach((weight, index) =>
          expect(fractions[index]).toBeCloseTo(weight, 9),
        );
      }),
    );
  });

  test.each(MODEL_NAMES)('%s: no touches have no weights', (model) =>
    expect(weightTouches(model, [], DEFAULT_ATTRIBUTION)).toEqual([]),
  );
});
