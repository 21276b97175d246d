import { expect, test } from '@jest/globals';
import type { LeadCondition } from './model/lead-management.js';
import { needsOf, type SegmentNeeds } from './segment-needs.js';

const demo = { when: { kind: 'demo_request' } } as const;

test.each<[name: string, when: LeadCondition, needs: readonly SegmentNeeds[]]>([
  [
    'persona, stage and grade',
    { persona: 'cfo', stage: ['weigh', 'buy'], grade: 'A' },
    [{ personas: ['cfo'], stages: ['weigh', 'buy'], grades: ['A'] }],
  ],
  ['a score of at least', { score: { atLeast: 20 } }, [{ score: 20 }]],
  ['a score of at most, which everybody may have', { score: { atMost: 5 } }, [{}]],
  ['a trait', { traits: { title: { words: ['CFO'] } } }, [{ traits: true }]],
  ['no trait', { traits: { title: { known: false } } }, [{}]],
  ['an account', { account: { domain: 'acme.example' } }, [{ account: true }]],
  ['no account', { account: { known: false } }, [{}]],
  [
    'what was done, by the first kind that is named',
    { did: [{ when: {} }, demo] },
    [{ kinds: ['demo_request'] }],
  ],
  ['what was not done', { didNot: [demo] }, [{}]],
  [
    'alternatives beside what all of them ask for',
    { persona: 'cfo', any: [{ score: { atLeast: 1 } }, { did: [demo] }] },
    [
      { personas: ['cfo'], score: 1 },
      { personas: ['cfo'], kinds: ['demo_request'] },
    ],
  ],
  ['what must not hold', { none: [{ persona: 'cfo' }] }, [{}]],
])('a segment by %s asks for what a lead must have', (_, when, needs) => {
  expect(needsOf(when)).toEqual(needs);
});
