import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { activity, withdrawal } from '../../test/activities.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { deleteRows, project } from '../../test/project.js';
import { entry, logOf, type Entry } from '../../test/sample-events.js';
import { ruleId } from '../../test/rule-ids.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => deleteRows(db.pool, journey));

const CONTACT = ['crm:1'] as const;
const model = entry('model', 'model', 'JourneyModelPublished', 0, {
  document: {
    ...TEST_MODEL,
    ...{ personas: [], contents: [], triggers: [], stages: [] },
    scoring: { halfLifeDays: 30, rules: [{ name: 'call', when: { kind: 'sales_call' }, points: 5 }] },
  },
});
const rule = entry('rule', 'verdict-rules', 'VerdictRulePublished', 50, {
  rule: {
    ...{ ruleId: ruleId(1), verdict: 'human' },
    match: { kinds: ['sales_call'] },
  },
});
const call = (name: string, modified: number): Entry => activity(name, { id: 'a-1', modified }, 9, CONTACT);

const query = async <Row extends object>(text: string): Promise<Row[]> =>
  (await db.pool.query<Row>(text)).rows;
const versions = (): Promise<object[]> =>
  query(
    `SELECT verdict, detail -> 'recorded' ->> 'verdict' AS recorded, known_from::text AS from, superseded_at::text AS to
       FROM touchline.journey ORDER BY known_from, superseded_at`,
  );
const score = async (): Promise<unknown> =>
  (await query<{ score: number }>('SELECT score FROM touchline.lead'))[0]?.score;

const SUPERSEDED = { verdict: 'superseded', recorded: 'unknown' };
const COUNTS = { verdict: 'unknown', recorded: null };

describe('a later version of an activity', () => {
  test.each([1, 5_000])('replaces the one before from its position on, in batches of %i', async (size) => {
    await project(db.pool, journey, logOf([model, call('one', 10), call('two', 11)]), size);
    expect(await versions()).toEqual([
      { ...COUNTS, from: '2', to: '3' },
      { ...COUNTS, from: '3', to: null },
      { ...SUPERSEDED, from: '3', to: null },
    ]);
    expect(await score()).toBe(5);
  });

  test('leaves one that arrives after it without effect', async () => {
    await project(db.pool, journey, logOf([model, call('two', 11), call('one', 10)]), 1);
    expect(await versions()).toEqual([
      { ...COUNTS, from: '2', to: null },
      { ...SUPERSEDED, from: '3', to: null },
    ]);
  });

  test('takes a touchpoint out that another lead has, once the activity is with that one alone', async () => {
    const moved = activity('two', { id: 'a-1', modified: 11 }, 9, ['crm:2']);
    await project(db.pool, journey, logOf([model, call('one', 10), moved]), 1);
    expect(await query('SELECT score FROM touchline.lead ORDER BY score')).toEqual([
      { score: 0 },
      { score: 5 },
    ]);
  });

  test.each([
    ['before', [rule, call('one', 10), call('two', 11)]],
    ['after', [call('one', 10), call('two', 11), rule]],
  ])('counts alone, though a rule %s it says that all are of people', async (_, events) => {
    await project(db.pool, journey, logOf([model, ...events]), 1);
    expect(await score()).toBe(5);
  });
});

test('an activity that was withdrawn before it was reported does not count', async () => {
  const cancelled = withdrawal('end', { id: 'a-1', modified: 11 }, 'cancelled');
  await project(db.pool, journey, logOf([model, cancelled, call('one', 10), call('two', 11)]), 1);
  expect(await score()).toBe(0);
});

test('touchpoints that are versions of nothing all count', async () => {
  const { stream, event } = call('one', 10);
  const { revises: _, ...data } = event.data as never as { revises: object };
  const plain = (id: string): Entry => ({ stream, event: { ...event, id, data } as never });
  const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
  await project(db.pool, journey, logOf([model, ...ids.map(plain)]), 1);
  expect(await score()).toBe(10);
});

describe('thousands of versions of one activity', () => {
  const MANY = 2_000;
  const count = async (table: string): Promise<number | undefined> =>
    (await query<{ n: number }>(`SELECT count(*)::int AS n FROM touchline.${table}`))[0]?.n;

  test.each([
    ['in order', (nth: number) => 10 + nth / MANY, 2 * MANY - 1],
    ['in reverse order', (nth: number) => 10 - nth / MANY, MANY],
  ])('%s write two rows each at most, and keep one', async (_, modified, rows) => {
    const log = logOf([model, ...Array.from({ length: MANY }, (__, nth) => call(`${nth}`, modified(nth)))]);
    await project(db.pool, journey, log, 500);
    expect(await count('journey')).toBe(rows);
    expect([await count('activity_version'), await count('activity_contact')]).toEqual([1, 1]);
    expect(await score()).toBe(5);
  });

  test('each with another contact keep the contact of the last', async () => {
    const one = (nth: number): Entry =>
      activity(`${nth}`, { id: 'a-1', modified: 10 + nth / MANY }, 9, [`crm:${nth}`]);
    await project(
      db.pool,
      journey,
      logOf([model, ...Array.from({ length: MANY }, (_, nth) => one(nth))]),
      500,
    );
    expect(await count('activity_contact')).toBe(1);
    expect(await query('SELECT count(*)::int AS n FROM touchline.lead WHERE score > 0')).toEqual([{ n: 1 }]);
  });
});
