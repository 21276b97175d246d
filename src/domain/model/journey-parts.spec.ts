import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changed, wholeDocument } from '../../../test/model-document.js';
import { likelyChanges } from '../../../test/model-arbitraries.js';
import type { Touch } from '../condition.js';
import { fold } from '../journey.js';
import { checkModel } from './check-model.js';
import { haveSameJourneys } from './journey-parts.js';

function modelOf(document: unknown) {
  const checked = checkModel(JSON.parse(JSON.stringify(document)));
  return 'model' in checked ? checked.model : undefined;
}
const sameAsWhole = (path: string, value: unknown) => {
  const [before, after] = [wholeDocument(), changed(wholeDocument(), path, value)].map(modelOf);
  return before && after && haveSameJourneys(before, after);
};

test.each([
  ['name', 'Other', true],
  ['leadDefinitions', [], true],
  ['routing.recipients[0].outOfOffice', [], true],
  ['attribution.lookbackDays', 30, true],
  ['rates', [], true],
  ['timeZone', 'UTC', false],
  ['personas[0].when[0].title.words', ['CEO'], false],
  ['stages[0].enter[0].back', false, false],
  ['triggers[0].when.kind', 'meeting', false],
  ['contents[0].urls', [], false],
  ['scoring.rules[0].points', 2, false],
  ['grading.rules[0].points', 2, false],
  ['sessionIdleMinutes', 20, false],
  ['relays', [], false],
  ['mailProviders', {}, false],
  ['nurture', [], false],
])('a model with another %s: %j has the same journeys: %s', (path, value, same) =>
  expect(sameAsWhole(path, value)).toBe(same),
);

const touches: readonly Touch[] = (['page_view', 'form_fill', 'custom'] as const).map((kind, nth) => ({
  ...{ id: `t${nth}`, at: Date.UTC(2026, 0, 1 + nth), kind, channel: 'email', verdict: 'human' },
  ...{ source: 'newsletter', campaign: 'spring', name: 'Read', properties: { plan: 'pro' } },
  content: { url: 'https://www.acme.example/papers/one' },
}));
const traits = { title: 'Co-founder and CFO', 'company.size': 50, employees: 70 };

test('a journey is the same under two models that have the same journeys', () => {
  const whole = modelOf(wholeDocument());
  fc.assert(
    fc.property(likelyChanges, (document) => {
      const model = modelOf(document);
      if (!whole || !model || !haveSameJourneys(whole, model)) return;
      expect(fold(model, { traits }, touches)).toEqual(fold(whole, { traits }, touches));
    }),
    { numRuns: 1_000 },
  );
});
