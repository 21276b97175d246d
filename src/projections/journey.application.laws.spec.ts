import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventsOf, happenings, logged, OTHER_MODEL, published, TEST_MODEL } from '../../test/journeys.js';
import { compareWithOracle } from '../../test/oracle-rows.js';
import { deleteRows, project, rowsOf } from '../../test/project.js';
import { JOURNEY_VERSIONS } from '../../test/read-model-rows.js';
import { eventId } from '../domain/event-id.js';
import type { NewEvent, RecordedEvent } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const runs = (numRuns: number) => ({
  numRuns: Number(process.env['LAW_RUNS'] ?? numRuns),
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
});

/** A publication whose leads follow. */
const announced = (document: JourneyModel, nth: number): NewEvent =>
  ({ ...published(document, nth), data: { document, atOnce: 0 } }) as NewEvent;

const applied = (modelVersion: number, nth: number, upTo: string | null): NewEvent => ({
  id: eventId('main', 'model', `applied-${modelVersion}-${nth}`),
  type: 'JourneyModelApplied',
  schemaVersion: 1,
  occurredAt: new Date('2026-01-05T00:00:00Z'),
  data: { modelVersion, upTo },
});

/** The bounds of slices: some ids in order, then all leads. */
const bounds = fc
  .uniqueArray(fc.uuid(), { minLength: 0, maxLength: 4 })
  .map((ids): (string | null)[] => [...ids.sort(), null]);

/** How many events arrive before each of the others. */
const gaps = fc.array(fc.nat(5), { minLength: 12, maxLength: 12 });

/**
 * Two models are published one after the other. The second may come before the first has reached all leads, whose slices then
 * go on arriving for a while.
 */
const history = (maxLength: number): fc.Arbitrary<readonly NewEvent[]> =>
  fc
    .tuple(happenings(maxLength), bounds, bounds, gaps, fc.nat(5), fc.boolean())
    .map(([all, first, second, waits, stopped, sameAgain]) => {
      const published2 = sameAgain
        ? announced({ ...TEST_MODEL, name: 'Renamed' }, 3)
        : announced(OTHER_MODEL, 2);
      const [done, late] = [first.slice(0, stopped), first.slice(stopped)];
      const second2 = second.map((upTo, nth) => applied(2, nth, upTo));
      const others = [
        announced(TEST_MODEL, 1),
        ...done.map((upTo, nth) => applied(1, nth, upTo)),
        published2,
        ...second2.slice(0, 1),
        ...late.map((upTo, nth) => applied(1, done.length + nth, upTo)),
        ...second2.slice(1),
      ];
      const events = [...eventsOf(all)];
      const log: NewEvent[] = [];
      others.forEach((other, nth) => log.push(...events.splice(0, waits[nth] ?? 0), other));
      return [...log, ...events];
    });

const latestModel = (log: readonly RecordedEvent[]): JourneyModel =>
  log.filter((event) => event.type === 'JourneyModelPublished').at(-1)?.data.document ?? TEST_MODEL;

const VERSIONS = [...JOURNEY_VERSIONS, 'journey_model', 'model_application'];

async function rowsAfter(log: readonly RecordedEvent[], batchSize: number): Promise<unknown> {
  await deleteRows(db.pool, journey);
  await project(db.pool, journey, log, batchSize);
  const tables = [...VERSIONS, 'lead', 'identity_state'];
  return Promise.all(tables.map((table) => rowsOf(db.pool, `touchline.${table}`)));
}

test('a model that reaches leads slice by slice makes the same rows as one applied at once', async () => {
  await fc.assert(
    fc.asyncProperty(history(40), fc.integer({ min: 1, max: 9 }), async (events, size) => {
      const log = logged(events);
      await deleteRows(db.pool, journey);
      await project(db.pool, journey, log, size);
      const { found, told } = await compareWithOracle(db.pool, log, latestModel(log));
      expect(found).toEqual(told);
    }),
    runs(30),
  );
}, 600_000);

test('batches of any size write the same rows while a model reaches leads slice by slice', async () => {
  await fc.assert(
    fc.asyncProperty(history(40), fc.integer({ min: 2, max: 9 }), async (events, size) => {
      const log = logged(events);
      const single = await rowsAfter(log, 1);
      expect(await rowsAfter(log, 5000)).toEqual(single);
      expect(await rowsAfter(log, size)).toEqual(single);
    }),
    runs(30),
  );
}, 600_000);

test('each lead is computed with the version that has reached it, at every position', async () => {
  await fc.assert(
    fc.asyncProperty(history(40), fc.nat(60), async (events, cut) => {
      const log = logged(events).slice(0, cut + 1);
      await deleteRows(db.pool, journey);
      await project(db.pool, journey, log, 7);
      const { rows } = await db.pool.query<{ lead_id: string; version: number | null; as_of: number | null }>(
        `SELECT lead_id, touchline.lead_model_version(workspace, lead_id) AS version,
                touchline.lead_model_version(workspace, lead_id, $1) AS as_of FROM touchline.lead`,
        [log.length],
      );
      const byVersion = new Map<number, Awaited<ReturnType<typeof compareWithOracle>>['told']>();
      for (const { version, as_of } of rows) {
        expect(as_of).toBe(version);
        if (version === null || byVersion.has(version)) continue;
        const model = log.find(
          (event) => event.type === 'JourneyModelPublished' && event.version === version,
        );
        if (model?.type !== 'JourneyModelPublished') throw new Error(`version ${version} was not published`);
        byVersion.set(version, (await compareWithOracle(db.pool, log, model.data.document)).told);
      }
      const { found } = await compareWithOracle(db.pool, log, latestModel(log));
      for (const { lead_id, version } of rows) {
        const told = byVersion.get(version ?? 0);
        if (!told) continue;
        for (const table of ['stage_transition', 'score_change'] as const) {
          const own = (all: readonly string[] | undefined) => all?.filter((row) => row.includes(lead_id));
          expect(own(found[table])).toEqual(own(told[table]));
        }
      }
    }),
    runs(30),
  );
}, 600_000);
