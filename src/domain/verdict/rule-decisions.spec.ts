import { expect, test } from '@jest/globals';
import { publishRule, withdrawRule } from './rule-decisions.js';
import type { VerdictMatch, VerdictRule } from './rule.js';

const NOW = new Date('2026-03-01T09:30:00Z');
const rule = (ruleId: string, match: VerdictMatch): VerdictRule => ({ ruleId, match, verdict: 'internal' });
const texts = (count: number): string[] => Array.from({ length: count }, (_, nth) => `text-${nth}`);

const refused = (code: string, limit: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(limit) as unknown });

test.each<[string, VerdictMatch, VerdictMatch]>([
  ['URL patterns', { urls: texts(499) }, { urls: texts(2) }],
  ['parts of user agents', { userAgents: texts(499) }, { userAgents: texts(2) }],
  ['both', { userAgents: texts(499) }, { urls: texts(2) }],
])('the rules in force have at most 500 %s together', (_, first, second) => {
  const rules = [rule('r-1', first)];
  expect(() => publishRule(rule('r-2', second), { rules }, NOW)).toThrow(refused('rules-too-large', '500'));
  expect(withdrawRule('r-1', { rules }, NOW)).toHaveLength(1);
  expect(publishRule(rule('r-2', second), { rules: [] }, NOW)).toHaveLength(1);
});

test.each<keyof VerdictMatch>(['networks', 'collectors', 'emailDomains', 'eventIds'])(
  'the rules in force have at most 10,000 members together, also of %s',
  (part) => {
    const rules = Array.from({ length: 10 }, (_, nth) => rule(`r-${nth}`, { networks: texts(1_000) }));
    const one = rule('r-10', { [part]: texts(1) });
    expect(() => publishRule(one, { rules }, NOW)).toThrow(refused('rules-too-large', '10000'));
    expect(publishRule(one, { rules: rules.slice(1) }, NOW)).toHaveLength(1);
  },
);
