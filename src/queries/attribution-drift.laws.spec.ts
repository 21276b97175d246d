import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { driftHistory } from '../../test/drift-histories.js';
import { START } from '../../test/journeys.js';
import { type Json, queryApi, type QueryApi } from '../../test/query-api.js';
import { day } from '../../test/sample-events.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { followSegments } from '../reactors/follow-segments.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { AttributionAnswer } from './attribution.js';
import type { DriftAnswer, DriftValue } from './attribution-drift.js';

let db: TestDatabase;
let api: QueryApi;
let runner: SubscriptionRunner;
let clock = START + 365 * 86_400_000;
const store = new MemoryEventStore(() => new Date((clock += 3_600_000)));

beforeAll(async () => {
  db = await testDatabase();
  runner = new SubscriptionRunner({
    ...{ pool: db.pool, store },
    subscriptions: [...projections, followSegments(() => day(300))],
  });
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

const CUSTOM = {
  milestones: { first: 40 },
  kinds: { form_fill: 20 },
  contentStages: { look: 30 },
  leftover: 'unattributed',
};
const cuts = fc.constantFrom(
  'content',
  'channel',
  'author',
  'persona',
  'owner',
  'month,contentType',
  'week,source,campaign',
  'rep,contentStage',
  'segment',
  'accountSegment,channel',
);
const models = fc.oneof<fc.Arbitrary<Record<string, string>>[]>(
  fc.constantFrom(...MODEL_NAMES).map((model) => ({ model })),
  fc.constantFrom(
    { model: 'custom', custom: JSON.stringify(CUSTOM) },
    { preset: 'hubspot_u_shaped' },
    { model: 'linear', direct: 'drop', repeats: 'exposure', player: 'contentType' },
    { model: 'w_shaped', withoutKinds: 'form_fill', lookbackDays: '20' },
    { model: 'shapley', worth: 'revenue' },
  ),
  fc.constantFrom(
    { model: 'markov' },
    { model: 'markov', order: '2', player: 'content' },
    { model: 'markov', nonConverting: 'false', player: 'contentType', direct: 'drop' },
  ),
);
const committees = fc.constantFrom<Record<string, string>>(
  {},
  { committee: 'primary' },
  { committee: 'account' },
  { roleWeights: JSON.stringify({ champion: 3, user: 0.5 }) },
  { committee: 'account', roleWeights: JSON.stringify({ user: 0 }) },
);
const question = fc
  .record({
    by: cuts,
    metric: fc.constantFrom('revenue', 'pipeline'),
    model: models,
    committee: committees,
    period: fc.constantFrom(['', ''], ['', ''], ['2026-01-20', '2026-02-15'], ['2026-01-20T00:00:00Z', '']),
  })
  .map(({ period: [from, to], model, committee, ...named }) => {
    const report = new URLSearchParams({ ...named, ...model, ...committee });
    const drift = new URLSearchParams(report);
    if (from) report.set('from', from);
    if (from) drift.set('periodFrom', from);
    if (to) report.set('to', to);
    if (to) drift.set('periodTo', to);
    return { report: report.toString(), drift: drift.toString() };
  });

const sum = (values: Json<DriftValue>['causes']): number =>
  Object.values(values).reduce((total, { minor }) => total + Number(minor), 0);
const minorOf = ({ difference }: Json<DriftValue>): number => Number(difference.minor);
const rowsOf = (report: Json<AttributionAnswer>): ReadonlyMap<string, number> =>
  new Map(report.rows.map(({ keys, value }) => [JSON.stringify(keys), Number(value.minor)]));

const BATCH = 12;
test('what causes changed adds up to the difference of two reports, in each row and in total', async () => {
  let run = 0;
  const property = fc.asyncProperty(
    driftHistory,
    fc.array(question, { minLength: 2, maxLength: 2 }),
    fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
    async (entries, questions, cutAt) => {
      const workspace = `drift-${++run}`;
      const begin = await store.head();
      // Who is in a segment is found out at the end of a batch.
      for (let start = 0; start < entries.length; start += BATCH) {
        await arrive(store, workspace, entries.slice(start, start + BATCH));
        await runner.catchUp();
      }
      // Most changes lie between a position of the first third and the end.
      const [early = 0, middle = 0, late = 0] = cutAt;
      const within = (cut: number, most: number) => BigInt(cut % (Math.floor(most) + 1));
      const a = begin + within(early, entries.length / 3);
      const c = begin + BigInt(entries.length) - within(late, entries.length / 5);
      const b = a + within(middle, Number(c - a));
      const ask = async <T>(path: string): Promise<Json<T>> => {
        const { status, text, body } = await api.get<T>(path, workspace);
        if (status !== 200) throw new Error(`${path}: ${text}`);
        return body;
      };
      for (const { report, drift } of questions) {
        const reportAt = (at: bigint) => ask<AttributionAnswer>(`/api/attribution?${report}&asOf=${at}`);
        const driftOf = (from: bigint, to: bigint) =>
          ask<DriftAnswer>(`/api/attribution/drift?${drift}&from=${from}&to=${to}&perCause=100`);
        const [before, after] = [await reportAt(a), await reportAt(c)];
        const whole = await driftOf(a, c);
        const faults: unknown[] = [];
        const check = (name: string, value: Json<DriftValue>, from: number, to: number): void => {
          const found = [Number(value.from.minor), Number(value.to.minor), minorOf(value), sum(value.causes)];
          const expected = [from, to, to - from, to - from];
          if (found.join() !== expected.join()) faults.push({ name, found, expected });
        };
        for (const part of ['total', 'attributed', 'unattributed'] as const)
          check(part, whole[part], Number(before[part].minor), Number(after[part].minor));
        const [fromRows, toRows] = [rowsOf(before), rowsOf(after)];
        const rows = new Map(whole.rows.map((row) => [JSON.stringify(row.keys), row]));
        for (const [cell, row] of rows) check(cell, row, fromRows.get(cell) ?? 0, toRows.get(cell) ?? 0);
        for (const cell of new Set([...fromRows.keys(), ...toRows.keys()]))
          if ((fromRows.get(cell) ?? 0) !== (toRows.get(cell) ?? 0) && !rows.has(cell))
            faults.push({ missing: cell });
        for (const { cause, difference, items } of whole.causes) {
          const ofItems = items.reduce((total, item) => total + Number(item.difference.minor), 0);
          const inTotal = whole.total.causes[cause]?.minor ?? 0;
          if (ofItems !== Number(difference.minor) || ofItems !== inTotal)
            faults.push({ cause, ofItems, inTotal });
        }
        const parts = minorOf((await driftOf(a, b)).total) + minorOf((await driftOf(b, c)).total);
        if (parts !== minorOf(whole.total)) faults.push({ parts, whole: minorOf(whole.total) });
        const none = await driftOf(b, b);
        if (none.causes.length + none.rows.length + minorOf(none.total) > 0) faults.push({ none });
        expect(faults).toEqual([]);
      }
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['RUNS'] ?? 2), endOnFailure: true });
});
