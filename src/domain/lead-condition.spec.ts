import { describe, expect, test } from '@jest/globals';
import { leadUnder, touch } from '../../test/lead-snapshots.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { leadRule } from './lead-condition.js';
import type { JourneyModel } from './model/journey-model.js';
import type { SegmentedCondition } from './model/lead-management.js';

const model: JourneyModel = {
  ...TEST_MODEL,
  segments: [
    { id: 'readers', name: 'Readers', when: { did: [{ when: { content: { id: 'pricing' } }, atLeast: 2 }] } },
    { id: 'cfos', name: 'CFOs', when: { persona: 'buyer' } },
  ],
};
const day = (nr: number): number => Date.UTC(2026, 2, nr, 12);
const pricing = { content: { url: 'https://acme.example/pricing' } };
const cfo = leadUnder(
  model,
  { title: 'CFO', country: 'ES' },
  [
    touch(day(1), 'page_view', { channel: 'email', source: 'newsletter', medium: 'email' }),
    touch(day(1) + 60_000, 'page_view', pricing),
    touch(day(9), 'page_view', pricing),
    touch(day(9), 'page_view', { ...pricing, verdict: 'crawler' }),
    touch(day(10), 'demo_request'),
  ],
  {
    account: { id: 'acme', domain: 'eu.acme.example' },
    lifecycle: 'recycled',
    grade: 'B',
    score: { score: 40, scoredAt: day(10) },
    address: { email: 'ada@acme.example', provider: null, bouncedAt: null },
  },
);

const holds = (when: SegmentedCondition, at = day(10)): boolean => leadRule(model, when).test(cfo, at);

describe('a condition on leads', () => {
  test.each<[string, SegmentedCondition, boolean]>([
    ['the persona', { persona: ['engineer', 'buyer'] }, true],
    ['another persona', { persona: 'engineer' }, false],
    ['the stage', { stage: 'buy' }, true],
    ['another stage', { stage: ['look'] }, false],
    ['the lifecycle', { lifecycle: ['recycled', 'engaged'] }, true],
    ['another lifecycle', { lifecycle: 'customer' }, false],
    ['the grade', { grade: ['A', 'B'] }, true],
    ['another grade', { grade: 'A' }, false],
    ['a range with the score', { score: { atLeast: 40, atMost: 40 } }, true],
    ['a range above the score', { score: { atLeast: 40.1 } }, false],
    ['traits it has', { traits: { country: { is: 'es' } } }, true],
    ['traits it has not', { traits: { company: { known: true } } }, false],
    ['an address that is only a key', { traits: { email: { known: true, words: ['acme.example'] } } }, true],
    ['the absence of that address', { traits: { email: { known: false } } }, false],
    ['its account', { account: { id: ['acme'] } }, true],
    ['another account', { account: { id: 'beta' } }, false],
    ['a domain above that of its account', { account: { domain: 'ACME.example' } }, true],
    ['a domain that only ends alike', { account: { domain: 'cme.example' } }, false],
    ['any account', { account: { known: true } }, true],
    ['no account', { account: { known: false } }, false],
    ['a behaviour', { did: [{ when: { kind: 'demo_request' } }] }, true],
    ['a behaviour in vain', { did: [{ when: { kind: 'trial_start' } }] }, false],
    ['the absence of a behaviour', { didNot: [{ when: { kind: 'trial_start' } }] }, true],
    ['the absence in vain', { didNot: [{ when: { kind: 'demo_request' } }] }, false],
    [
      'a behaviour by content of the catalogue, without machines',
      { did: [{ when: { content: { stage: 'buy' } }, atLeast: 2 }] },
      true,
    ],
    ['more than that', { did: [{ when: { content: { stage: 'buy' } }, atLeast: 3 }] }, false],
    [
      'the origin that a touchpoint takes from its session',
      { did: [{ when: { content: { id: 'pricing' }, channel: 'email' } }] },
      true,
    ],
    ['one of some alternatives', { any: [{ persona: 'engineer' }, { stage: 'buy' }] }, true],
    ['none of some alternatives', { any: [{ persona: 'engineer' }, { stage: 'look' }] }, false],
    ['nothing excluded', { none: [{ persona: 'engineer' }] }, true],
    ['something excluded', { none: [{ persona: 'engineer' }, { stage: 'buy' }] }, false],
    ['all its parts', { persona: 'buyer', stage: 'buy', grade: 'C' }, false],
    ['its segment', { segment: ['readers'] }, true],
    ['one segment of two', { segment: ['cfos', 'readers'], stage: 'buy' }, true],
  ])('names %s', (_, when, expected) => expect(holds(when)).toBe(expected));

  test('takes the score at the instant, when it has decayed', () => {
    expect(holds({ score: { atLeast: 20 } }, day(24))).toBe(true);
    expect(holds({ score: { atLeast: 20.1 } }, day(24))).toBe(false);
  });

  test.each([
    [9, true],
    [10, true],
    [15, true],
    [16, false],
  ])('counts what was done within the days before the instant: on day %i twice a week %p', (nr, expected) => {
    const twiceAWeek = {
      when: { content: { id: 'pricing' } },
      atLeast: nr < 10 ? 2 : 1,
      withinDays: nr < 10 ? 8 : 6,
    };
    expect(holds({ did: [twiceAWeek] }, day(nr))).toBe(expected);
  });

  test('does not see what happens after the instant', () =>
    expect(holds({ did: [{ when: { kind: 'demo_request' } }] }, day(9))).toBe(false));

  test.each<[SegmentedCondition, boolean]>([
    [{ persona: 'buyer' }, false],
    [{ did: [{ when: {} }] }, true],
    [{ any: [{ stage: 'buy' }, { didNot: [{ when: {} }] }] }, true],
    [{ segment: 'readers' }, true],
    [{ segment: 'cfos' }, false],
  ])('knows whether it reads the journey: %j', (when, expected) =>
    expect(leadRule(model, when).readsJourney).toBe(expected),
  );

  test('that reads a journey which was not read is an error, not a wrong answer', () => {
    const { test: run } = leadRule(model, { didNot: [{ when: {} }] });
    expect(() => run({ ...cfo, journey: undefined }, day(10))).toThrow('was not read');
  });
});
