import { expect, test } from '@jest/globals';
import { binomialTail, isRising } from './rising.js';

// Of 8 trials with a chance of 1/8 by hand; of 20 with 1/2 from the tables of the National Bureau of Standards (1950).
test.each([
  [8, 8, 1 / 8, (1 / 8) ** 8],
  [7, 8, 1 / 8, 8 * (1 / 8) ** 7 * (7 / 8) + (1 / 8) ** 8],
  [15, 20, 0.5, 0.0206947],
  [18, 20, 0.5, 0.0002012],
  [0, 20, 0.5, 1],
])('at least %s of %s with a chance of %s have the chance %s', (least, trials, chance, expected) =>
  expect(binomialTail(least, trials, chance)).toBeCloseTo(expected, 7),
);

test.each([
  ['nine are too few, even after none', 9, 0, false],
  ['ten after none are new', 10, 0, true],
  ['a day like the days before is none', 100, 700, false],
  ['a fifth more than a hundred is within chance', 120, 700, false],
  ['half more than a hundred is not', 150, 700, true],
  ['ten after one a day', 10, 7, true],
  ['ten after five a day', 10, 35, false],
  ['a tenth more of a million is a rise', 1_100_000, 7_000_000, true],
  ['less than before is none', 50, 700, false],
])('%s: %s in the last day after %s in seven days', (_, lastDay, before, expected) =>
  expect(isRising(lastDay, { before, days: 7 })).toBe(expected),
);
