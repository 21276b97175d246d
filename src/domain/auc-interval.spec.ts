import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aucInterval } from './auc-interval.js';

test("the standard error of Hanley and McNeil's example, an area of 0.893 over 51 and 58 images, is 0.0325", () => {
  const { low, high } = aucInterval(0.893, { successes: 51, failures: 58 });
  expect((high - low) / 2 / 1.96).toBeCloseTo(0.0325, 4);
});

test('the interval holds the area, lies in [0, 1] and narrows with more outcomes', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 1000 }),
      (auc, successes, failures) => {
        const { low, high } = aucInterval(auc, { successes, failures });
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(auc);
        expect(high).toBeGreaterThanOrEqual(auc);
        expect(high).toBeLessThanOrEqual(1);
        const more = aucInterval(auc, { successes: successes * 4, failures: failures * 4 });
        expect(more.high - more.low).toBeLessThanOrEqual(high - low + 1e-12);
      },
    ),
  );
});
