import { expect, test } from '@jest/globals';
import { describeProgress } from './rebuild-progress.js';

const progress = { version: 1, position: 450_000n, target: 1_000_000n, owner: null, error: null };

test.each([
  [{ rate: null, secondsLeft: null }, '450,000 of 1,000,000'],
  [{ rate: 21_000.4, secondsLeft: 26.1 }, '450,000 of 1,000,000, 21,000 events/s, 27 s left'],
  [{ rate: 2_000, secondsLeft: 275 }, '450,000 of 1,000,000, 2,000 events/s, 5 min left'],
  [{ rate: 50, secondsLeft: 11_000 }, '450,000 of 1,000,000, 50 events/s, 3 h 4 min left'],
  [{ rate: 0, secondsLeft: null }, '450,000 of 1,000,000'],
])('a rebuild at %j is described as "%s"', (pace, text) => {
  expect(describeProgress({ ...progress, ...pace })).toBe(text);
});
