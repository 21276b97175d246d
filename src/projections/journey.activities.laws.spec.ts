import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { activities, CONTACTS } from '../../test/activities.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { allVersions, currentRows, rowsAsOf } from '../../test/read-model-rows.js';
import {
  day,
  deleteReadModels,
  entry,
  logOf,
  opportunityEvents,
  pageView,
  project,
  type Entry,
} from '../../test/sample-events.js';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';

/** Law 5 for activities that are reported again: which touchpoints count depends on the versions, not on their arrival. */

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RUNS = Number(process.env['FC_RUNS'] ?? 6);

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
const model = (nth: number, document: JourneyModel): Entry =>
  entry(`model ${nth}`, 'model', 'JourneyModelPublished', 0, { document });

const opportunities = opportunityEvents(
  'opp-1',
  {
    ...{ amount: '100.00', currency: 'EUR', openedAt: day(20) },
    contacts: CONTACTS.slice(0, 2).map((key) => ({ keys: [key], role: 'buyer' })),
  },
  { status: 'won', closedAt: day(40) },
);

const claims = fc
  .array(
    fc.tuple(
      fc.constantFrom('IdentityClaimed', 'IdentitiesMerged', 'IdentitiesSplit'),
      fc.constantFrom(...CONTACTS),
      fc.constantFrom(...CONTACTS),
      fc.constantFrom(5, 10.4, 12),
    ),
    { maxLength: 4 },
  )
  .map((all) =>
    all
      .filter(([, key, otherKey]) => key !== otherKey)
      .map(([type, key, otherKey, at], nth) =>
        type === 'IdentityClaimed'
          ? entry(`claim ${nth}`, `identity-${nth}`, type, at, { identity: [key, otherKey] })
          : entry(`decision ${nth}`, `identity-${nth}`, type, at, {
              ...{ leadId: '', otherLeadId: '', key, otherKey },
            }),
      ),
  );
const visits = [9, 10.6, 12].map((at, nth) => pageView(`visit ${nth}`, at, [CONTACTS[nth] ?? 'crm:1']));

const ruleId = (nth: number): string => `00000000-0000-4000-8000-00000000000${nth}`;
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
const worlds = fc.tuple(activities(24), claims).chain(([reports, claimed]) => {
  const moving = [...reports, ...claimed, ...visits];
  const order = fc.shuffledSubarray(moving, { minLength: moving.length });
  return fc.record({
    order,
    otherOrder: order,
    other: fc.constantFrom<Entry[]>(
      [],
      [model(1, { ...MODEL, name: 'again' })],
      [BY_KIND],
      [BY_TIME, BY_KIND, WITHDRAWN],
      [BY_KIND, model(1, { ...MODEL, name: 'again' }), BY_TIME],
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

const law = (title: string, holds: (world: World, number: number) => Promise<void>): void =>
  test(
    title,
    () =>
      fc.assert(fc.asyncProperty(worlds, fc.integer({ min: 2, max: 100 }), holds), {
        ...{ numRuns: RUNS, endOnFailure: true },
      }),
    300_000,
  );
interface World {
  readonly order: readonly Entry[];
  readonly otherOrder: readonly Entry[];
  readonly other: readonly Entry[];
}

law(
  'versions of activities, and scores, stages and credits after them, do not depend on how the log was cut into batches',
  async ({ order, other }, number) => {
    const entries = withFixed(order, other);
    await projected(entries, 1);
    const live = await allVersions(db.pool);
    for (const size of [2 + (number % 8), 5_000]) {
      await projected(entries, size);
      expect(await allVersions(db.pool)).toEqual(live);
    }
  },
);

law(
  'the activities, scores, stages and credits that stand do not depend on the order in which versions arrived',
  async ({ order, otherOrder, other }) => {
    await projected(withFixed(order, other), 5_000);
    const one = await currentRows(db.pool);
    await projected(withFixed(otherOrder, other), 3);
    expect(await currentRows(db.pool)).toEqual(one);
  },
);

law('activities as of a position are those of a log that ends there', async ({ order, other }, part) => {
  const entries = withFixed(order, other);
  const position = Math.max(1, Math.round((entries.length * part) / 100));
  await projected(entries, 7);
  const then = await rowsAsOf(db.pool, BigInt(position));
  await projected(entries.slice(0, position), 5_000);
  expect(await rowsAsOf(db.pool, BigInt(position))).toEqual(then);
});

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

law(
  'of all versions of an activity the latest counts for each of its contacts, and no other',
  async ({ order }) => {
    const entries = withFixed(order, []);
    await projected(entries, 4);
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT event_id AS id FROM touchline.journey
      WHERE superseded_at IS NULL AND verdict <> 'superseded' AND kind <> 'page_view'`,
    );
    expect(rows.map(({ id }) => id).sort()).toEqual(countingOf(logOf(entries)).sort());
  },
);
