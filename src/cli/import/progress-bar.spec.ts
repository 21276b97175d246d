import { expect, test } from '@jest/globals';
import { describePace } from './progress-bar.js';

test.each([
  [{ rows: 0, newRows: 0, seconds: 0, share: 0 }, '0 rows'],
  [{ rows: 450_000, newRows: 450_000, seconds: 15, share: 0.5 }, '450,000 rows, 30,000 rows/s, 15 s left'],
  [{ rows: 450_000, newRows: 30_000, seconds: 1, share: 0.75 }, '450,000 rows, 30,000 rows/s, 5 s left'],
  [{ rows: 900, newRows: 900, seconds: 2, share: undefined }, '900 rows, 450 rows/s'],
  [{ rows: 1_000, newRows: 1_000, seconds: 100, share: 0.001 }, '1,000 rows, 10 rows/s, 27 h 45 min left'],
  [{ rows: 1_000, newRows: 1_000, seconds: 1, share: 1 }, '1,000 rows, 1,000 rows/s, 0 s left'],
])('progress %j is described as "%s"', (pace, text) => {
  expect(describePace(pace)).toBe(text);
});
