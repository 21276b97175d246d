import { expect, test } from '@jest/globals';
import { TEST_MODEL } from '../../test/journey-models.js';
import type { Touch } from './condition.js';
import { fold } from './journey.js';
import type { NurtureRule } from './model/lead-management.js';
import { countsAsHuman, VERDICTS } from './touchpoint.js';

const AT = Date.UTC(2026, 0, 5, 9);
const mail: Touch = {
  ...{ id: 'b', at: AT, kind: 'email_click', channel: 'email', verdict: 'human', campaign: 'Newsletter' },
  ...{
    source: 'hubspot',
    content: { url: 'https://www.acme.example/blog/1' },
    properties: { track: 'warm' },
  },
};

const isNurture = (rules: readonly NurtureRule[] | undefined, ...touches: readonly Touch[]) =>
  fold(
    { ...TEST_MODEL, ...(rules ? { nurture: rules } : { nurture: [] }) },
    { traits: {} },
    touches,
  ).perTouch.map((step) => step.isNurture);
const rule = (when: NurtureRule['when']): NurtureRule => ({ name: 'rule', when });

test.each<[string, readonly NurtureRule[] | undefined, boolean]>([
  ['no rules', undefined, false],
  ['another campaign', [rule({ campaign: 'spring' })], false],
  ['its campaign', [rule({ campaign: 'Newsletter' })], true],
  ['its channel and kind', [rule({ channel: 'email', kind: ['email_click', 'email_open'] })], true],
  ['another kind', [rule({ channel: 'email', kind: 'email_open' })], false],
  ['the stage that the model gives its content', [rule({ content: { stage: 'look' } })], true],
  ['a property', [rule({ property: { track: { is: 'warm' } } })], true],
  ['the second of two rules', [rule({ kind: 'meeting' }), rule({ source: 'hubspot' })], true],
])('a touchpoint is a nurture touch by %s: %s', (_title, rules, expected) =>
  expect(isNurture(rules, mail)).toEqual([expected]),
);

test.each(VERDICTS)(
  'a touchpoint that is judged %s is a nurture touch only if it counts as human',
  (verdict) =>
    expect(isNurture([rule({ channel: 'email' })], { ...mail, verdict })).toEqual([countsAsHuman(verdict)]),
);

test('a page of a session that a nurture mail began is a nurture touch, the next session is not', () => {
  const page: Touch = { id: 'c', at: AT + 60_000, kind: 'page_view', channel: 'direct', verdict: 'human' };
  const later = { ...page, id: 'd', at: AT + 86_400_000 };
  expect(isNurture([rule({ campaign: 'Newsletter' })], mail, page, later)).toEqual([true, true, false]);
});
