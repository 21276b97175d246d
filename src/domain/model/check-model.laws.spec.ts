import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { likelyChanges } from '../../../test/model-arbitraries.js';
import { checkModel } from './check-model.js';
import type { Touch } from '../condition.js';
import { fold } from '../journey.js';
import type { JourneyModel } from './journey-model.js';

const touches: readonly Touch[] = (['page_view', 'form_fill', 'custom'] as const).map((kind, nth) => ({
  ...{ id: `t${nth}`, at: Date.UTC(2026, 0, 1 + nth), kind, channel: 'email', verdict: 'human' },
  ...{ source: 'newsletter', campaign: 'spring', name: 'Read', properties: { plan: 'pro' } },
  content: { url: 'https://www.acme.example/papers/one' },
}));
const traits = { title: 'Co-founder and CFO', 'company.size': 50, employees: 70 };

/** An accepted document must work: it stays in the log, and all journeys are computed with it. */
function works(model: JourneyModel): void {
  const folded = fold(model, { traits }, touches);
  expect(folded.perTouch).toHaveLength(touches.length);
  expect(Number.isFinite(folded.score)).toBe(true);
}

const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 2_000) };

test('checkModel returns faults or a model for any JSON, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const checked = checkModel(json);
      if ('faults' in checked) expect(checked.faults.length).toBeGreaterThan(0);
      else works(checked.model);
    }),
    runs,
  );
});

test('checkModel returns faults or a usable model for a document changed anywhere', () => {
  let models = 0;
  fc.assert(
    fc.property(likelyChanges, (changedDocument) => {
      const json = JSON.parse(JSON.stringify(changedDocument)) as unknown;
      const before = structuredClone(json);
      const checked = checkModel(json);
      expect(json).toEqual(before);
      if ('model' in checked) {
        models += 1;
        works(checked.model);
        // What was made whole is whole.
        expect(checkModel(checked.model)).toEqual({ model: checked.model });
      } else {
        expect(checked.faults.length).toBeGreaterThan(0);
        for (const { message } of checked.faults) expect(message).not.toBe('');
      }
    }),
    runs,
  );
  expect(models).toBeGreaterThan(0);
});
