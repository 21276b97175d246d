import { expect, test } from '@jest/globals';
import { FEW, totalCautions } from './cautions.js';
import type { CapacityItem } from './magic-number-answer.js';

const cautions = (ended: number, canTake: number | null = 100): string => {
  const capacity = { ended, canTake, missing: 5, isEnough: true } as CapacityItem;
  return totalCautions({ status: 'short', by: '2027-06-30', capacity, personas: [] }, []).join();
};

test('a capacity that follows from a few hand-offs that ended says so', () => {
  expect(cautions(1)).toMatch(/^What sales can take follows from 1 hand-off that ended;/);
  expect(cautions(FEW - 1)).toMatch(/follows from 9 hand-offs that ended/);
  expect([cautions(0), cautions(FEW), cautions(1, null)]).toEqual(['', '', '']);
});
