import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { touch } from '../../test/events.js';
import { OTHER_MODEL, TEST_MODEL } from '../../test/journey-models.js';
import { until } from '../../test/until.js';
import { addEndpoint } from '../../test/webhooks.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { nameOfModel } from '../../test/sample-events.js';
import { eventId } from '../domain/event-id.js';
import { isEvent, type NewEvent } from '../domain/events.js';
import { identityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { readCheckpoints } from '../subscriptions/read-checkpoints.js';

const LEASE_MS = 500;
const [LEADS, ROUNDS, SLICE] = [40, 4, 10];
const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

interface World {
  readonly db: TestDatabase;
  readonly store: PostgresEventStore;
}
const worlds: World[] = [];
const workers: ChildProcess[] = [];
let disturbed: World;
let undisturbed: World;

beforeAll(async () => {
  for (let made = 0; made < 2; made += 1) {
    const db = await testDatabase();
    worlds.push({ db, store: new PostgresEventStore(db.pool) });
  }
  [disturbed, undisturbed] = worlds as [World, World];
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((each) => endWorker(each)));
});
afterAll(async () => {
  for (const { db, store } of worlds) {
    await store.close();
    await db.drop();
  }
});

const start = async ({ db }: World): Promise<void> => {
  workers.push(await startWorker('./following.ts', [db.url, String(LEASE_MS), String(SLICE)]));
};

const segment = (id: string, kind: 'page_view' | 'form_fill', atLeast: number) => ({
  ...{ id, name: id, when: { did: [{ when: { kind }, atLeast }] } },
});
/** Every round has other points and segments than the one before. */
const modelOf = (round: number): JourneyModel => ({
  ...(round % 2 === 0 ? TEST_MODEL : OTHER_MODEL),
  name: `Round ${round}`,
  segments: [
    ...[segment('readers', 'page_view', 1 + (round % 3)), segment('form', 'form_fill', 1)],
    ...(round % 2 === 0 ? [{ id: 'weighs', name: 'Weighs', when: { stage: 'weigh' } }] : []),
  ],
});

/** A model, and what each lead does next. */
async function happens({ store }: World, round: number): Promise<void> {
  const data = { document: modelOf(round), atOnce: 1 };
  const id = eventId('main', 'model', nameOfModel(String(round), data));
  const published = {
    id,
    type: 'JourneyModelPublished',
    schemaVersion: 1,
    occurredAt: new Date(),
    data,
  } as NewEvent;
  const expected = round === 0 ? ('noStream' as const) : { exact: round };
  await store.append([{ workspace: 'main', stream: 'model', expected, events: [published] }]);
  const visits = Array.from({ length: LEADS }, (_, nth) =>
    touch(`visit-${round}-${nth}`, {
      data: {
        ...{ kind: (round + nth) % 5 === 0 ? 'form_fill' : 'page_view', channel: 'direct', verdict: 'human' },
        identity: [identityKey('email', `lead-${nth}@acme.example`)],
      },
    }),
  );
  await store.record(visits.map((event) => ({ workspace: 'main', stream: 'touchpoints', event })));
}

/** Everybody has read the log, the last model has reached all leads, and all are assessed by its segments. */
async function isDone({ db, store }: World): Promise<boolean> {
  const head = await store.head();
  const checkpoints = await readCheckpoints(db.pool);
  const { rows } = await db.pool.query<{ done: boolean }>(
    `SELECT (SELECT applied_to FROM touchline.model_application WHERE superseded_at IS NULL ORDER BY model_version DESC LIMIT 1) = $1
       AND (SELECT evaluated_to FROM touchline.segment_evaluation) = $1 AS done`,
    [ALL_LEADS],
  );
  return (
    rows[0]?.done === true &&
    checkpoints.every(({ position }) => position >= head) &&
    head === (await store.head())
  );
}

async function slicesOf({ store }: World): Promise<Map<number, (string | null)[]>> {
  const slices = (await store.readAll(0n, 100_000)).filter((event) => isEvent(event, 'JourneyModelApplied'));
  return new Map(
    [...Map.groupBy(slices, ({ data }) => data.modelVersion)].map(([version, all]) => [
      version,
      all.map(({ data }) => data.upTo),
    ]),
  );
}
const members = async ({ db }: World): Promise<string[]> =>
  (
    await db.pool.query<{ stay: string }>(
      `SELECT segment_id || ' ' || lead_id AS stay FROM touchline.segment_membership WHERE superseded_at IS NULL ORDER BY 1`,
    )
  ).rows.map(({ stay }) => stay);
/** What leads are by the model that reached them last. Ids are of keys, so they are the same in every database. */
const leads = async ({ db }: World): Promise<unknown[]> =>
  (
    await db.pool.query(
      `SELECT lead_id, touchpoints, persona, stage, grade,
         (SELECT array_agg(rule ORDER BY occurred_at, event_id) FROM touchline.score_change s
          WHERE s.workspace = l.workspace AND s.lead_id = l.lead_id AND s.superseded_at IS NULL) AS rules
       FROM touchline.lead l ORDER BY lead_id`,
    )
  ).rows;

test('of two processes killed at random instants, models and segments reach each lead once, as without kills', async () => {
  const { id: endpoint } = await addEndpoint(disturbed.db.pool, 'https://crm.example.com/');
  await Promise.all([start(disturbed), start(disturbed)]);
  for (let round = 0; round < ROUNDS; round += 1) {
    await happens(disturbed, round);
    await sleep(Math.random() * 1_500);
    const [victim] = workers.splice(0, 1);
    if (victim) await endWorker(victim);
    await start(disturbed);
  }
  expect(await until(() => isDone(disturbed), 60_000)).toBe(true);
  await Promise.all(workers.splice(0).map((each) => endWorker(each, 'SIGTERM')));

  const slices = await slicesOf(disturbed);
  for (const bounds of slices.values()) {
    const inOrder = bounds.filter((each) => each !== null);
    expect(inOrder).toEqual([...new Set(inOrder)].sort());
    expect(bounds.indexOf(null)).toBe(bounds.includes(null) ? bounds.length - 1 : -1);
  }
  expect(slices.get(ROUNDS)?.at(-1)).toBeNull();

  await start(undisturbed);
  for (let round = 0; round < ROUNDS; round += 1) await happens(undisturbed, round);
  expect(await until(() => isDone(undisturbed), 60_000)).toBe(true);
  expect(await leads(disturbed)).toEqual(await leads(undisturbed));
  expect(await members(disturbed)).toEqual(await members(undisturbed));
  expect((await members(disturbed)).length).toBeGreaterThan(LEADS);

  // A lead enters a segment before it leaves it, and each is published once.
  const { rows } = await disturbed.db.pool.query<{ stay: string; types: string[] }>(
    `SELECT lead_id || ' ' || (body::jsonb #>> '{data,segment}') AS stay, array_agg(type ORDER BY id) AS types
     FROM touchline.webhook_delivery WHERE endpoint = $1 GROUP BY 1`,
    [endpoint],
  );
  for (const { types } of rows)
    expect(types).toEqual(types.map((_, nth) => (nth % 2 === 0 ? 'segment.entered' : 'segment.left')));
  const current = rows.filter(({ types }) => types.at(-1) === 'segment.entered');
  expect(current).toHaveLength((await members(disturbed)).length);
  expect((await disturbed.db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
}, 240_000);
