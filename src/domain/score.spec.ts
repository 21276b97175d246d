import { expect, test } from '@jest/globals';
import { START, TEST_MODEL } from '../../test/journeys.js';
import type { Touch } from './condition.js';
import { fold } from './journey.js';
import type { ScoreRule } from './model/journey-model.js';

const DAY = 86_400_000;
const paper = (day: number): Touch => ({
  ...{ id: `day-${day}`, at: START + day * DAY, kind: 'page_view', channel: 'direct', verdict: 'human' },
  content: { id: 'paper' },
});

const pointsOf = (rules: readonly ScoreRule[], days: readonly number[]): number[] => {
  const model = { ...TEST_MODEL, scoring: { halfLifeDays: 30, rules } };
  return fold(model, { traits: {} }, days.map(paper)).ledger.map(({ points }) => points);
};

// Names that every JavaScript object answers to.
test.each(['page', 'constructor', 'toString', '__proto__'])('a scoring rule may have the name %s', (name) => {
  const capped = { name, when: {}, points: 5, cap: { count: 2, per: 'ever' } } as const;
  expect(pointsOf([capped], [0, 1, 2])).toEqual([5, 5]);
  expect(pointsOf([{ name, when: {}, points: 5, oncePerContent: true }], [0, 1])).toEqual([5]);
});

test.each([
  [{ id: 'White  Paper' }, { id: 'White Paper' }],
  [{ type: 'Fall\u00a0studie' }, { type: 'Fall studie', id: 'x' }],
])('the condition %j matches content %j as normalised by collectors', (wanted, content) => {
  const rules = [{ name: 'read', when: { content: wanted }, points: 5 }];
  const model = { ...TEST_MODEL, scoring: { halfLifeDays: 30, rules } };
  expect(fold(model, { traits: {} }, [{ ...paper(0), content }]).ledger).toHaveLength(1);
});
