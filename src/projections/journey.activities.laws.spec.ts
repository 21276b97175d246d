import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import { activities, CONTACTS } from '../../test/activities.js';
import { ArrivalLaws, identityChanges, published } from '../../test/arrival-laws.js';
import { ruleId } from '../../test/rule-ids.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { day, entry, logOf, opportunityEvents, pageView } from '../../test/sample-events.js';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';

/** Law 5 for activities that are reported again: which touchpoints count depends on the versions, not on their arrival. */

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

/** Every activity scores and moves the stage, so one that counts no more shows in all that follows from it. */
const MODEL: JourneyModel = {
  ...TEST_MODEL,
  ...{ personas: [], contents: [], triggers: [] },
  stages: [
    { id: 'talk', name: 'Talk', enter: [{ name: 'called', when: { kind: 'sales_call' } }] },
    { id: 'meet', name: 'Meet', enter: [{ name: 'met', when: { kind: 'meeting' } }] },
  ],
  scoring: {
    halfLifeDays: 30,
    rules: [
      { name: 'call', when: { kind: 'sales_call' }, points: 5, cap: { count: 2, per: 'day' } },
      { name: 'meeting', when: { kind: 'meeting' }, points: 7 },
    ],
  },
};
const opportunities = opportunityEvents(
  'opp-1',
  {
    ...{ amount: '100.00', currency: 'EUR', openedAt: day(20) },
    contacts: CONTACTS.slice(0, 2).map((key) => ({ keys: [key], role: 'buyer' })),
  },
  { status: 'won', closedAt: day(40) },
);

const visits = [9, 10.6, 12].map((at, nth) => pageView(`visit ${nth}`, at, [CONTACTS[nth] ?? 'crm:1']));

const BY_KIND = entry('rule 1', 'verdict-rules', 'VerdictRulePublished', 50, {
  rule: { ruleId: ruleId(1), verdict: 'human', match: { kinds: ['sales_call', 'email_click'] } },
});
const BY_TIME = entry('rule 2', 'verdict-rules', 'VerdictRulePublished', 50, {
  rule: {
    ruleId: ruleId(2),
    verdict: 'internal',
    match: { from: day(10).toISOString(), to: day(11).toISOString() },
  },
});
const WITHDRAWN = entry('withdrawn', 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(1) });

/** Opportunities, models and rules stay in the order of their streams. */
const laws = new ArrivalLaws({
  pool: () => db.pool,
  first: [published(0, MODEL), ...opportunities],
  moving: fc
    .tuple(activities(24), identityChanges(CONTACTS))
    .map(([reports, changes]) => [...reports, ...changes, ...visits]),
  among: [
    [],
    [published(1, { ...MODEL, name: 'again' })],
    [BY_KIND],
    [BY_TIME, BY_KIND, WITHDRAWN],
    [BY_KIND, published(1, { ...MODEL, name: 'again' }), BY_TIME],
  ],
});
laws.hold('activities');

interface Report {
  readonly id: string;
  readonly of: string;
  readonly at: number;
  readonly ends: boolean;
  /** Undefined: of all contacts. */
  readonly contact: string | undefined;
  readonly isWhole: boolean;
}

function reportOf(event: RecordedEvent): Report | undefined {
  if (!isEvent(event, 'TouchpointRecorded', 'TouchpointWithdrawn') || !event.data.revises) return undefined;
  const { id, at, scope } = event.data.revises;
  const ends = event.type === 'TouchpointWithdrawn';
  return {
    ...{ id: event.id, of: `${event.collector} ${id}`, at: at ? Date.parse(at) : +event.occurredAt, ends },
    contact: ends && !scope ? undefined : contactAmong(event.data.identity),
    isWhole: !scope,
  };
}

const contactAmong = (keys: readonly string[] = []): string | undefined =>
  keys.find((key) => key.startsWith('crm:')) ?? keys[0];

const outranks = (a: Report, b: Report): boolean => a.at > b.at || (a.at === b.at && a.ends && !b.ends);

/** As docs/adr/0045 says it, of all reports at once. */
function countingOf(log: readonly RecordedEvent[]): string[] {
  const reports = log.flatMap((event) => reportOf(event) ?? []);
  const counts = (one: Report): boolean =>
    !reports.some(
      (other) =>
        other.of === one.of &&
        ((other.isWhole && outranks(other, one)) ||
          (other.contact === one.contact &&
            (outranks(other, one) || (other.at === one.at && !other.ends && other.id > one.id)))),
    );
  return reports.filter((one) => !one.ends && counts(one)).map(({ id }) => id);
}

laws.law(
  'of all versions of an activity the latest counts for each of its contacts, and no other',
  async ({ order }) => {
    const entries = laws.logOf(order, []);
    await laws.project(entries, 4);
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT event_id AS id FROM touchline.journey
      WHERE superseded_at IS NULL AND verdict <> 'superseded' AND kind <> 'page_view'`,
    );
    expect(rows.map(({ id }) => id).sort()).toEqual(countingOf(logOf(entries)).sort());
  },
);
