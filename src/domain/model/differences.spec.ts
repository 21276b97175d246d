import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changed, wholeDocument } from '../../../test/model-document.js';
import { likelyChanges } from '../../../test/model-arbitraries.js';
import { differenceText, modelDifferences } from './differences.js';

const linesOf = (before: unknown, after: unknown) => modelDifferences(before, after).map(differenceText);

test('differences of two models name rules by id and name', () => {
  const whole = wholeDocument();
  const { id: _, ...rest } = whole.personas[0] ?? { id: '' };
  for (const [path, value, lines] of [
    ['scoring.rules[0].points', 5, ['changed  scoring.rules[page].points: -1.5 → 5']],
    ['scoring.rules[1]', { name: 'late', when: {}, points: 1 }, ['added    scoring.rules[late]']],
    ['personas', whole.personas.slice(1), ['removed  personas[chief]']],
    [
      'personas',
      whole.personas.toReversed(),
      ['moved    personas[chief]: its place in the order is another'],
    ],
    ['stages[0].enter[0].when.count', undefined, ['removed  stages[look].enter[reads].when.count']],
    ['grading.grades.A', 90, ['changed  grading.grades.A: 80 → 90']],
    ['rates[0].rate', 1, ['changed  rates[USD 2026-01-31].rate: 0.9 → 1']],
    ['leadDefinitions[0].minScore', 50, ['changed  leadDefinitions[chief].minScore: 40 → 50']],
    [
      'relays[1]',
      'pay.example',
      ['changed  relays: ["login.acme.example","bücher.example"] → ["login.acme.example","pay.example"]'],
    ],
    ['personas[0]', { ...rest, id: 'boss' }, ['removed  personas[chief]', 'added    personas[boss]']],
  ] as const)
    expect(linesOf(whole, changed(whole, path, value))).toEqual(lines);
});

test('moving one rule of many is one difference', () => {
  const rules = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
  const moved = [...rules.slice(1), ...rules.slice(0, 1)];
  expect(linesOf({ rules }, { rules: moved })).toEqual([
    'moved    rules[a]: its place in the order is another',
  ]);
});

test('two models differ exactly where there are differences', () => {
  fc.assert(
    fc.property(likelyChanges, likelyChanges, (one, other) => {
      const [before, after] = [one, other].map((each) => JSON.parse(JSON.stringify(each)) as unknown);
      expect(modelDifferences(before, before)).toEqual([]);
      const equal = fc.stringify(before) === fc.stringify(after);
      if (!equal && modelDifferences(before, after).length === 0) expect(after).toEqual(before);
      for (const difference of modelDifferences(before, after))
        expect(differenceText(difference)).not.toBe('');
    }),
  );
});
