import { describe, expect, test } from '@jest/globals';
import type { Channel } from '../touchpoint.js';
import { fractionsOf, MODEL_NAMES, sharesOf, weightTouches, type ModelName } from './models.js';
import { money, parseAmount, distribute } from './money.js';
import { DEFAULT_ATTRIBUTION, type AttributionSettings } from './settings.js';
import { touchesOf, type Candidate, type Milestone, type Touch } from './touches.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const candidate = (nth: number, day: number, channel: Channel = 'email'): Candidate => ({
  ...{ eventId: `event-${nth}`, leadId: 'ada', occurredAt: new Date(START + day * DAY), kind: 'page_view' },
  ...{ channel, source: null, campaign: null, contentId: null, contentTitle: null },
  ...{ sessionId: 's', verdict: 'human' },
});

/** Touches a week apart; each is written as its milestones: first, lead, opportunity, close; `d` is direct. */
const touches = (...letters: string[]): Touch[] => {
  const names: Readonly<Record<string, Milestone>> = { F: 'first', L: 'lead_created', O: 'opportunity_created', C: 'close' }; // prettier-ignore
  return letters.map((each, nth) => ({
    ...candidate(nth, nth * 7, each.includes('d') ? 'direct' : 'email'),
    milestones: [...each].flatMap((letter) => names[letter] ?? []),
    repeats: [],
  }));
};
const percent = (model: ModelName, list: readonly Touch[], settings: Partial<AttributionSettings> = {}) =>
  fractionsOf(weightTouches(model, list, { ...DEFAULT_ATTRIBUTION, ...settings })).map(
    (weight) => Math.round(weight * 1e6) / 1e4,
  );

describe('attribution models with one to four touches', () => {
  const one = touches('FLOC');
  const two = touches('FL', 'OC');
  const three = touches('F', 'L', 'OCd');
  const four = touches('F', 'L', 'O', 'Cd');

  test.each<[ModelName, number[], number[], number[]]>([
    ['first', [100, 0], [100, 0, 0], [100, 0, 0, 0]],
    ['last', [0, 100], [0, 0, 100], [0, 0, 0, 100]],
    ['last_non_direct', [0, 100], [0, 100, 0], [0, 0, 100, 0]],
    ['linear', [50, 50], [33.3333, 33.3333, 33.3333], [25, 25, 25, 25]],
    ['position', [50, 50], [40, 20, 40], [40, 10, 10, 40]],
    ['u_shaped', [100, 0], [50, 50, 0], [50, 50, 0, 0]],
    ['w_shaped', [66.6667, 33.3333], [33.3333, 33.3333, 33.3333], [30, 30, 30, 10]],
    ['full_path', [50, 50], [25, 25, 50], [25, 25, 25, 25]],
    ['time_decay', [33.3333, 66.6667], [14.2857, 28.5714, 57.1429], [6.6667, 13.3333, 26.6667, 53.3333]],
  ])('%s: two %j, three %j, four %j', (model, ofTwo, ofThree, ofFour) => {
    expect(weightTouches(model, [], DEFAULT_ATTRIBUTION)).toEqual([]);
    expect(sharesOf(model, [], DEFAULT_ATTRIBUTION)).toEqual([]);
    expect(percent(model, one)).toEqual([100]);
    expect(percent(model, touches('d'))).toEqual([100]);
    expect(percent(model, two)).toEqual(ofTwo);
    expect(percent(model, three)).toEqual(ofThree);
    expect(percent(model, four)).toEqual(ofFour);
  });

  test('are all tested', () => expect(MODEL_NAMES).toHaveLength(9));
});

describe('attribution models with shared or missing milestones', () => {
  test.each<[ModelName, string[], number[]]>([
    ['u_shaped', ['FL', '', ''], [100, 0, 0]],
    ['u_shaped', ['F', '', 'L'], [50, 0, 50]],
    ['u_shaped', ['F', 'OC'], [100, 0]],
    ['w_shaped', ['FL', '', 'O', ''], [60, 5, 30, 5]],
    ['w_shaped', ['F', 'LO', ''], [30, 60, 10]],
    ['w_shaped', ['FO', 'L', ''], [60, 30, 10]],
    ['w_shaped', ['FLO', ''], [90, 10]],
    ['w_shaped', ['FLO', 'C', ''], [90, 5, 5]],
    ['w_shaped', ['F', 'L', ''], [42.8571, 42.8571, 14.2857]],
    ['w_shaped', ['F', 'O', ''], [42.8571, 42.8571, 14.2857]],
    ['w_shaped', ['F', '', ''], [75, 12.5, 12.5]],
    ['full_path', ['FL', '', 'OC'], [45, 10, 45]],
    ['full_path', ['F', 'LO', '', 'C'], [22.5, 45, 10, 22.5]],
    ['full_path', ['F', 'LOC', '', ''], [22.5, 67.5, 5, 5]],
    ['full_path', ['FLOC', ''], [90, 10]],
    ['full_path', ['F', 'L', 'O', ''], [29.0323, 29.0323, 29.0323, 12.9032]],
    ['full_path', ['F', '', 'OC'], [29.0323, 12.9032, 58.0645]],
    ['full_path', ['F', ''], [69.2308, 30.7692]],
  ])('%s of %j: %j', (model, letters, weights) =>
    expect(percent(model, touches(...letters))).toEqual(weights),
  );

  test.each<[ModelName, Partial<AttributionSettings>, string[], number[]]>([
    ['u_shaped', { uShaped: [40, 40, 20] }, ['FL', '', ''], [80, 10, 10]],
    ['u_shaped', { uShaped: [40, 40, 20] }, ['F', 'L'], [50, 50]],
    ['u_shaped', { uShaped: [40, 40, 20] }, ['F', ''], [66.6667, 33.3333]],
    ['position', { position: [0, 100, 0] }, ['', ''], [50, 50]],
    ['position', { position: [0, 100, 0] }, ['', '', '', ''], [0, 50, 50, 0]],
    ['position', { position: [2, 1, 1] }, ['', '', ''], [50, 25, 25]],
    ['w_shaped', { wShaped: [0, 0, 1, 0] }, ['F', 'L', ''], [33.3333, 33.3333, 33.3333]],
    ['full_path', { fullPath: [0, 0, 0, 1, 0] }, ['F', 'L', 'O', 'C'], [0, 0, 0, 100]],
  ])('%s with %j of %j: %j', (model, settings, letters, weights) =>
    expect(percent(model, touches(...letters), settings)).toEqual(weights),
  );
});

describe('time decay', () => {
  const ofDays = (days: readonly number[], reference: number) => {
    const at = new Date(START + reference * DAY);
    const { touches: list } = touchesOf(
      days.map((day, nth) => candidate(nth, day)),
      {
        ...{ reference: at, openedAt: at, closedAt: at, members: new Map([['ada', null]]) },
        ...{ settings: DEFAULT_ATTRIBUTION, sessionIdleMinutes: 30 },
      },
    );
    return percent('time_decay', list);
  };

  test.each([
    ['gives the same to two touches at one instant', [3, 3], 10, [50, 50]],
    ['gives less to two touches at one instant than to a later third', [3, 3, 10], 10, [25, 25, 50]],
    ['gives half to a touch one half-life before the reference date', [3, 10], 10, [33.3333, 66.6667]],
    ['gives the same to all touches at the reference date', [10, 10, 10], 10, [33.3333, 33.3333, 33.3333]],
    ['gives the same proportions however long ago the touches were', [3, 10], 200, [33.3333, 66.6667]],
    ['ignores a touch after the reference date', [3, 10, 10.001], 10, [33.3333, 66.6667]],
  ])('%s', (_, days, reference, weights) => expect(ofDays(days, reference)).toEqual(weights));
});

describe('credits in minor units', () => {
  const list = touches('F', 'L', 'OC');
  const credits = (model: ModelName, minor: number | bigint, touched: readonly Touch[] = list) =>
    distribute(BigInt(minor), weightTouches(model, touched, DEFAULT_ATTRIBUTION)).map(Number);
  const MOST = Number.MAX_SAFE_INTEGER;

  test.each<[ModelName, number[], number[]]>([
    ['first', [1, 0, 0], [MOST, 0, 0]],
    ['last', [0, 0, 1], [0, 0, MOST]],
    ['last_non_direct', [0, 0, 1], [0, 0, MOST]],
    ['linear', [1, 0, 0], [3_002_399_751_580_331, 3_002_399_751_580_330, 3_002_399_751_580_330]],
    ['position', [1, 0, 0], [3_602_879_701_896_397, 1_801_439_850_948_198, 3_602_879_701_896_396]],
    ['u_shaped', [1, 0, 0], [4_503_599_627_370_496, 4_503_599_627_370_495, 0]],
    ['w_shaped', [1, 0, 0], [3_002_399_751_580_331, 3_002_399_751_580_330, 3_002_399_751_580_330]],
    ['full_path', [0, 0, 1], [2_251_799_813_685_248, 2_251_799_813_685_248, 4_503_599_627_370_495]],
    ['time_decay', [0, 0, 1], [1_286_742_750_677_284, 2_573_485_501_354_569, 5_146_971_002_709_138]],
  ])('%s distributes 0, 1 and 2^53-1 without a rest', (model, ofOne, ofMost) => {
    expect(credits(model, 0)).toEqual([0, 0, 0]);
    expect(credits(model, 1)).toEqual(ofOne);
    const most = credits(model, MOST);
    expect(most).toEqual(ofMost);
    expect(most.reduce((sum, each) => sum + BigInt(each), 0n)).toBe(BigInt(MOST));
  });

  test.each([
    ['1000', 'JPY', ['334', '333', '333']],
    ['1', 'JPY', ['1', '0', '0']],
    ['1.000', 'KWD', ['0.334', '0.333', '0.333']],
    ['0.002', 'KWD', ['0.001', '0.001', '0.000']],
    ['100.00', 'USD', ['33.34', '33.33', '33.33']],
    ['0.00', 'USD', ['0.00', '0.00', '0.00']],
  ])('%s %s is distributed as %j', (amount, currency, shares) =>
    expect(
      credits('linear', parseAmount(amount, currency)).map((minor) => money(minor, currency).amount),
    ).toEqual(shares),
  );

  /** Remainders of 1/15, 1/5 and 1/3 units that doubles took for different ones. */
  test.each<[ModelName, number, string[], number[]]>([
    ['position', 3, ['F', '', '', '', 'C'], [2, 0, 0, 0, 1]], // five remainders of 1/5: the first touch
    ['position', 30, ['F', '', '', '', 'C'], [12, 2, 2, 2, 12]],
    ['position', 5, ['F', '', '', '', 'C'], [2, 1, 0, 0, 2]],
    ['position', 1, ['F', 'C'], [1, 0]],
    ['position', 101, ['F', 'C'], [51, 50]],
    ['linear', 2, ['F', '', 'C'], [1, 1, 0]],
    ['linear', 5, ['F', '', '', '', '', '', 'C'], [1, 1, 1, 1, 1, 0, 0]],
    ['w_shaped', 10, ['F', 'L', '', 'O', '', ''], [3, 3, 1, 3, 0, 0]],
    ['w_shaped', 7, ['F', 'L', 'O'], [3, 2, 2]],
    ['full_path', 1000, ['F', 'L', '', 'O', '', '', 'C'], [225, 225, 34, 225, 33, 33, 225]],
    ['u_shaped', 1, ['F', 'L'], [1, 0]],
  ])('%s of %i over %j is %j', (model, minor, letters, shares) =>
    expect(credits(model, minor, touches(...letters))).toEqual(shares),
  );

  test('decimal shares are used exactly as written', () => {
    const tenths = { ...DEFAULT_ATTRIBUTION, wShaped: [0.1, 0.2, 0.3, 0.4] as const };
    const whole = { ...DEFAULT_ATTRIBUTION, wShaped: [1, 2, 3, 4] as const };
    const touched = touches('F', 'L', 'O', '');
    expect(distribute(10n ** 18n, weightTouches('w_shaped', touched, tenths))).toEqual(
      distribute(10n ** 18n, weightTouches('w_shaped', touched, whole)),
    );
    expect(distribute(10n ** 18n, weightTouches('w_shaped', touched, whole))).toEqual([
      10n ** 17n,
      2n * 10n ** 17n,
      3n * 10n ** 17n,
      4n * 10n ** 17n,
    ]);
  });
});
