import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { mailTouches, RECIPIENTS } from '../../test/mails.js';
import { allVersions, currentRows, rowsAsOf } from '../../test/read-model-rows.js';
import {
  day,
  deleteReadModels,
  entry,
  logOf,
  opportunityEvents,
  project,
  roles,
  type Entry,
} from '../../test/sample-events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Verdict } from '../domain/touchpoint.js';
import type { VerdictMatch } from '../domain/verdict/rule.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RUNS = Number(process.env['FC_RUNS'] ?? 6);

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
const model = (nth: number, document: JourneyModel): Entry =>
  entry(`model ${nth}`, 'model', 'JourneyModelPublished', 0, { document });

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

const claims = fc
  .array(
    fc.tuple(
      fc.constantFrom('IdentityClaimed', 'IdentitiesMerged', 'IdentitiesSplit'),
      fc.constantFrom(...RECIPIENTS),
      fc.constantFrom('anonymous:laptop' as const, 'user:u-1' as const),
      fc.constantFrom(...RECIPIENTS.slice(0, 3)),
      fc.constantFrom(5, 10.4, 12),
    ),
    { maxLength: 3 },
  )
  .map((all) =>
    all.map(([type, key, claimed, otherKey, at], nth) =>
      type === 'IdentityClaimed' || key === otherKey
        ? entry(`claim ${nth}`, `identity-${nth}`, 'IdentityClaimed', at, { identity: [key, claimed] })
        : entry(`decision ${nth}`, `identity-${nth}`, type, at, {
            leadId: '',
            otherLeadId: '',
            key,
            otherKey,
          }),
    ),
  );

const ruleId = (nth: number): string => `00000000-0000-4000-8000-00000000000${nth}`;
const published = (nth: number, verdict: Verdict, match: VerdictMatch): Entry =>
  entry(`rule ${nth}`, 'verdict-rules', 'VerdictRulePublished', 50, {
    rule: { ruleId: ruleId(nth), verdict, match },
  });
const withdrawn = (nth: number): Entry =>
  entry(`withdrawn ${nth}`, 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(nth) });

const BY_NETWORK = published(1, 'internal', { networks: ['198.51.100.2'] });
const BY_KIND = published(2, 'human', { kinds: ['email_click'], emailDomains: ['acme.example'] });

/** A campaign among other events, in an order of arrival; opportunities, models and rules stay in the order of their streams. */
const worlds = fc.tuple(mailTouches(40), claims).chain(([touches, claimed]) => {
  const moving = [...touches, ...claimed];
  const order = fc.shuffledSubarray(moving, { minLength: moving.length });
  return fc.record({
    order,
    otherOrder: order,
    other: fc.constantFrom<Entry[]>(
      [],
      [model(1, { ...MODEL, name: 'again' })],
      [BY_NETWORK],
      [BY_NETWORK, BY_KIND],
      [BY_NETWORK, BY_KIND, withdrawn(2)],
      [BY_KIND, model(1, { ...MODEL, name: 'again' }), withdrawn(2)],
    ),
  });
});

const withFixed = (moving: readonly Entry[], more: readonly Entry[]): Entry[] => {
  const part = Math.ceil(moving.length / (more.length + 1));
  const among = more.flatMap((each, nth) => [each, ...moving.slice((nth + 1) * part, (nth + 2) * part)]);
  return [model(0, MODEL), ...opportunities, ...moving.slice(0, part), ...among];
};

async function projected(entries: readonly Entry[], size: number): Promise<void> {
  await deleteReadModels(db.pool);
  await project(db.pool, logOf(entries), size);
}

test(
  'versions of verdicts, and of scores, stages and credits after them, do not depend on how the log was cut into batches',
  () =>
    fc.assert(
      fc.asyncProperty(worlds, fc.integer({ min: 2, max: 9 }), async ({ order, other }, size) => {
        const entries = withFixed(order, other);
        await projected(entries, 1);
        const live = await allVersions(db.pool);
        for (const each of [size, 5_000]) {
          await projected(entries, each);
          expect(await allVersions(db.pool)).toEqual(live);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    ),
  300_000,
);

test(
  'verdicts, scores, stages and credits that stand do not depend on the order of arrival',
  () =>
    fc.assert(
      fc.asyncProperty(worlds, async ({ order, otherOrder, other }) => {
        await projected(withFixed(order, other), 5_000);
        const one = await currentRows(db.pool);
        await projected(withFixed(otherOrder, other), 3);
        expect(await currentRows(db.pool)).toEqual(one);
      }),
      { numRuns: RUNS, endOnFailure: true },
    ),
  300_000,
);

test(
  'verdicts as of a position are those of a log that ends there',
  () =>
    fc.assert(
      fc.asyncProperty(worlds, fc.integer({ min: 0, max: 100 }), async ({ order, other }, part) => {
        const entries = withFixed(order, other);
        const position = Math.max(1, Math.round((entries.length * part) / 100));
        await projected(entries, 7);
        const then = await rowsAsOf(db.pool, BigInt(position));
        await projected(entries.slice(0, position), 5_000);
        expect(await rowsAsOf(db.pool, BigInt(position))).toEqual(then);
      }),
      { numRuns: RUNS, endOnFailure: true },
    ),
  300_000,
);
