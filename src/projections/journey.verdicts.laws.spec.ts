import { afterAll, beforeAll } from '@jest/globals';
import fc from 'fast-check';
import { ArrivalLaws, identityChanges, published } from '../../test/arrival-laws.js';
import { ruleId } from '../../test/rule-ids.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { mailTouches, RECIPIENTS } from '../../test/mails.js';
import { day, entry, opportunityEvents, roles, type Entry } from '../../test/sample-events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Verdict } from '../domain/touchpoint.js';
import type { VerdictMatch } from '../domain/verdict/rule.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

/** Every click scores and moves the stage, so a verdict that changes shows in all that follows from it. */
const MODEL: JourneyModel = {
  ...TEST_MODEL,
  personas: [],
  contents: [],
  triggers: [],
  stages: [
    { id: 'look', name: 'Look', enter: [{ name: 'opened', when: { kind: 'email_open' } }] },
    { id: 'weigh', name: 'Weigh', enter: [{ name: 'clicked', when: { kind: 'email_click' } }] },
  ],
  scoring: {
    halfLifeDays: 30,
    rules: [
      { name: 'click', when: { kind: 'email_click' }, points: 5, cap: { count: 2, per: 'day' } },
      { name: 'open', when: { kind: 'email_open' }, points: 1 },
    ],
  },
};
const names = RECIPIENTS.map((key) => key.slice('email:'.length));
const opportunities = [
  ...opportunityEvents(
    'opp-1',
    { amount: '100.00', currency: 'EUR', openedAt: day(20), contacts: roles(...names.slice(0, 3)) },
    { status: 'won', closedAt: day(40) },
  ),
  ...opportunityEvents('opp-2', {
    amount: '70.00',
    currency: 'EUR',
    openedAt: day(30),
    contacts: roles(...names.slice(3)),
  }),
];

const rule = (nth: number, verdict: Verdict, match: VerdictMatch): Entry =>
  entry(`rule ${nth}`, 'verdict-rules', 'VerdictRulePublished', 50, {
    rule: { ruleId: ruleId(nth), verdict, match },
  });
const withdrawn = (nth: number): Entry =>
  entry(`withdrawn ${nth}`, 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(nth) });

const BY_NETWORK = rule(1, 'internal', { networks: ['198.51.100.2'] });
const BY_KIND = rule(2, 'human', { kinds: ['email_click'], emailDomains: ['acme.example'] });

/** A campaign among other events; opportunities, models and rules stay in the order of their streams. */
const laws = new ArrivalLaws({
  pool: () => db.pool,
  first: [published(0, MODEL), ...opportunities],
  moving: fc
    .tuple(
      mailTouches(40),
      identityChanges(RECIPIENTS, {
        ...{ claimed: ['anonymous:laptop', 'user:u-1'], others: RECIPIENTS.slice(0, 3), maxLength: 3 },
      }),
    )
    .map(([touches, changes]) => [...touches, ...changes]),
  among: [
    [],
    [published(1, { ...MODEL, name: 'again' })],
    [BY_NETWORK],
    [BY_NETWORK, BY_KIND],
    [BY_NETWORK, BY_KIND, withdrawn(2)],
    [BY_KIND, published(1, { ...MODEL, name: 'again' }), withdrawn(2)],
  ],
});
laws.hold('verdicts');
