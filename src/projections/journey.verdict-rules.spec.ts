import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { deleteRows, inTransaction, project, readableLog } from '../../test/project.js';
import { entry, logOf, pageView, type Entry } from '../../test/sample-events.js';
import { ruleId } from '../../test/rule-ids.js';
import type { Verdict } from '../domain/touchpoint.js';
import type { VerdictMatch } from '../domain/verdict/rule.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => deleteRows(db.pool, journey));

const model = entry('model', 'model', 'JourneyModelPublished', 0, {
  document: {
    ...TEST_MODEL,
    ...{ personas: [], contents: [], triggers: [], stages: [] },
    scoring: { halfLifeDays: 30, rules: [{ name: 'page', when: { kind: 'page_view' }, points: 5 }] },
  },
});
const rule = (nth: number, verdict: Verdict, match: VerdictMatch): Entry =>
  entry(`rule ${nth}`, 'verdict-rules', 'VerdictRulePublished', 50, {
    rule: { ruleId: ruleId(nth), verdict, match },
  });
const withdrawn = (nth: number): Entry =>
  entry(`withdrawn ${nth}`, 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(nth) });
const visit = (name: string, at: number, ip: string): Entry =>
  pageView(name, at, ['user:ada'], { context: { ip } });

const OFFICE = { networks: ['198.51.100.0/24'] };

async function seen(position: number): Promise<{ verdicts: string[]; points: number }> {
  const at = 'known_from <= $1 AND (superseded_at IS NULL OR superseded_at > $1)';
  const { rows } = await db.pool.query<{ verdict: string }>(
    `SELECT verdict || coalesce(' ' || (detail ->> 'rule'), '') AS verdict FROM touchline.journey WHERE ${at} ORDER BY occurred_at`,
    [position],
  );
  const { rows: scores } = await db.pool.query<{ points: number }>(
    `SELECT coalesce(sum(points), 0)::float8 AS points FROM touchline.score_change WHERE ${at}`,
    [position],
  );
  return { verdicts: rows.map(({ verdict }) => verdict), points: scores[0]?.points ?? NaN };
}

test.each([1, 5_000])(
  'a rule decides about touchpoints before and after it, and earlier positions stay, in batches of %i',
  async (size) => {
    const log = logOf([
      model,
      visit('inside', 1, '198.51.100.7'),
      visit('outside', 2, '203.0.113.7'),
      rule(1, 'internal', OFFICE),
      visit('inside later', 3, '198.51.100.8'),
    ]);
    await project(db.pool, journey, log, size);
    const internal = `internal ${ruleId(1)}`;
    expect(await seen(3)).toEqual({ verdicts: ['human', 'human'], points: 10 });
    expect(await seen(4)).toEqual({ verdicts: [internal, 'human'], points: 5 });
    expect(await seen(5)).toEqual({ verdicts: [internal, 'human', internal], points: 5 });
  },
);

test('the later rule goes before the earlier, which decides again once the later is withdrawn', async () => {
  const log = logOf([
    model,
    visit('inside', 1, '198.51.100.7'),
    rule(1, 'internal', OFFICE),
    rule(2, 'human', { networks: ['198.51.100.7'] }),
    withdrawn(2),
    withdrawn(1),
  ]);
  await project(db.pool, journey, log, 2);
  expect(
    await Promise.all([2, 3, 4, 5, 6].map(async (position) => (await seen(position)).verdicts[0])),
  ).toEqual(['human', `internal ${ruleId(1)}`, `human ${ruleId(2)}`, `internal ${ruleId(1)}`, 'human']);
});

test('a rule of one workspace leaves the touchpoints of others alone', async () => {
  const ours = logOf([model, visit('inside', 1, '198.51.100.7')], 'ours');
  const theirs = logOf([rule(1, 'internal', OFFICE)], 'theirs').map((event) => ({ ...event, position: 3n }));
  await project(db.pool, journey, [...ours, ...theirs], 1);
  expect((await seen(3)).verdicts).toEqual(['human']);
});

test('a rule at the beginning of a long log does not read what comes after it', async () => {
  const visits = Array.from({ length: 2_000 }, (_, nth) =>
    visit(`later ${nth}`, 60 + nth / 100, '198.51.100.7'),
  );
  const log = logOf([model, visit('inside', 1, '198.51.100.7'), rule(1, 'internal', OFFICE), ...visits]);
  const readable = readableLog(log);
  let read = 0;
  const range = {
    ...{ after: 0n, upTo: 3n },
    log: {
      readPage: async (...asked: Parameters<typeof readable.readPage>) => {
        const page = await readable.readPage(...asked);
        read += page.events.length;
        return page;
      },
    },
  };
  await inTransaction(db.pool, (tx) => journey.apply(log.slice(0, 3), tx, range));
  expect((await seen(3)).verdicts).toEqual([`internal ${ruleId(1)}`]);
  expect(read).toBeLessThan(200);
});
