import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { projections } from '../../src/projections/all.js';
import { readCheckpoints } from '../../src/subscriptions/read-checkpoints.js';
import { LEASE_MS } from '../../src/subscriptions/lease-timing.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { allVersions, type Rows } from '../read-model-rows.js';
import { until } from '../until.js';
import { type Cluster, cluster } from './cluster.js';
import { newerVersion, type NewerVersion } from './newer-version.js';
import type { ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectLogIntact, expectMoneyConserved } from './invariants.js';

const PATIENCE_MS = 60_000;

let run: Cluster;
let collect: ServerProcess;
let query: ServerProcess;
let projectors: ServerProcess[];
let newer: NewerVersion | undefined;
let bursts = 0;

beforeAll(async () => {
  run = await cluster();
  // All at once: each finds an empty database and makes what it needs.
  [collect, query, ...projectors] = await Promise.all([
    run.start('collect'),
    run.start('query'),
    run.start('project'),
    run.start('project'),
  ]);
}, 120_000);
afterAll(async () => {
  await run.stop();
  await newer?.remove();
});

/** Runs `work` while touchpoints and opportunities come in; then all of them are in the log and in the read models, once. */
async function underLoad(work: (traffic: Traffic) => Promise<void>): Promise<void> {
  const traffic = new Traffic(collect.url, query.url, `${(bursts += 1)}-`);
  traffic.start({ batches: 1, singles: 2, opportunities: 1, pauseMs: 100 });
  try {
    await until(() => traffic.acknowledged.won.size > 3, PATIENCE_MS);
    await work(traffic);
  } finally {
    await traffic.stop();
  }
  await caughtUp(query.url, PATIENCE_MS);
  await expectLogIntact(run.pool, traffic.acknowledged);
  await expectMoneyConserved(run.pool, traffic.acknowledged);
  expect([...traffic.refusals.statuses]).toEqual([]);
}

/** Whether in the end the read models are with all of the given processes, and with no others. */
const heldBy = (...wanted: ServerProcess[]): Promise<boolean> =>
  until(async () => {
    const owners = new Set(await Promise.all(projections.map(({ name }) => run.ownerOf(name))));
    return owners.size === wanted.length && wanted.every((one) => owners.has(one));
  }, PATIENCE_MS);

/** The rows as one process makes them that has all of the log before it. The projectors must have stopped. */
async function rowsOfOne(): Promise<Rows> {
  const store = new PostgresEventStore(run.pool);
  const runner = new SubscriptionRunner({ pool: run.pool, store, subscriptions: projections });
  for (const { name } of projections) await runner.rebuild(name);
  await runner.catchUp();
  await runner.stop();
  await store.close();
  return allVersions(run.pool);
}

async function expectRowsOfOne(): Promise<void> {
  const rows = await allVersions(run.pool);
  expect(rows.journey?.length).toBeGreaterThan(100);
  expect(await rowsOfOne()).toEqual(rows);
}

interface Ready {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly state: string }>>;
}
const ready = async ({ url }: ServerProcess): Promise<Ready> =>
  (await (await fetch(`${url}/health/ready`)).json()) as Ready;

type Moment = 'in the middle of a batch' | 'between two batches';

/** Stops a process at a moment of its choice: with a transaction open, or without. */
async function freeze(victim: ServerProcess, moment: Moment): Promise<void> {
  const caught = async (): Promise<boolean> => {
    victim.freeze();
    await sleep(100);
    // Those of living processes are never idle for so long within a batch.
    const { rowCount } = await run.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'touchline projections'
         AND state = 'idle in transaction' AND state_change < clock_timestamp() - interval '80 ms'`,
    );
    if ((rowCount === 0) === (moment === 'between two batches')) return true;
    victim.thaw();
    return false;
  };
  expect(await until(caught, PATIENCE_MS, 37)).toBe(true);
}

test('one process per role, started concurrently on an empty database, handles the whole workload', async () => {
  await underLoad(async () => {
    expect(await heldBy(...projectors)).toBe(true);
    for (const one of [collect, query, ...projectors]) expect((await ready(one)).status).toBe('ready');
  });
  const elsewhere = await fetch(`${collect.url}/api/projections`);
  expect(await elsewhere.json()).toMatchObject({ status: 404, code: 'role-not-here' });
}, 180_000);

test.each<Moment>(['in the middle of a batch', 'between two batches'])(
  'a projector frozen %s that resumes after its lease writes nothing',
  async (moment) => {
    await underLoad(async () => {
      const frozen = await run.ownerOf('journey');
      const [other] = projectors.filter((one) => one !== frozen);
      if (!frozen || !other) throw new Error('nobody, or a stranger, has the journeys');
      await freeze(frozen, moment);
      expect(await heldBy(other)).toBe(true);
      const [taken] = await readCheckpoints(run.pool, ['journey']);
      // The other goes on, past the locks that the frozen one held.
      const goesOn = async (): Promise<boolean> =>
        ((await readCheckpoints(run.pool, ['journey']))[0]?.position ?? 0n) > (taken?.position ?? 0n);
      expect(await until(goesOn, PATIENCE_MS)).toBe(true);
      frozen.thaw();
      // It finds out, and takes its share again in its turn.
      expect(await heldBy(...projectors)).toBe(true);
      expect(frozen.running).toBe(true);
    });
  },
  180_000,
);

test('the projections of a killed projector are taken over', async () => {
  await underLoad(async () => {
    const killed = await run.ownerOf('journey');
    await killed?.kill();
    projectors = projectors.filter((one) => one !== killed);
    expect(projectors).toHaveLength(1);
    expect(await heldBy(...projectors)).toBe(true);
  });
}, 180_000);

test('processes of a newer version replace those of an older one while both run', async () => {
  newer = await newerVersion('journey');
  const [before] = await readCheckpoints(run.pool, ['journey']);
  await underLoad(async () => {
    const nextQuery = await run.start('query', newer?.main);
    // It would read tables that do not exist yet.
    expect(await ready(nextQuery)).toMatchObject({
      status: 'not-ready',
      checks: { query: { state: 'waiting' } },
    });
    const next = await run.start('project', newer?.main);
    expect(await until(async () => (await run.ownerOf('journey')) === next, PATIENCE_MS)).toBe(true);
    // The old one serves what it still has, and lets the rest be.
    await sleep(2 * LEASE_MS);
    expect(await run.ownerOf('journey')).toBe(next);
    expect((await ready(query)).status).toBe('ready');
    const answers = async (): Promise<boolean> => (await ready(nextQuery)).status === 'ready';
    expect(await until(answers, PATIENCE_MS)).toBe(true);
    await Promise.all(projectors.map((one) => one.stop()));
    projectors = [next];
    expect(await heldBy(next)).toBe(true);
  });
  const [after] = await readCheckpoints(run.pool, ['journey']);
  expect(after?.version).toBe((before?.version ?? 0) + 1);
}, 240_000);

test('the rows after all failovers equal those of one undisturbed process', async () => {
  await Promise.all(projectors.map((one) => one.stop()));
  await expectRowsOfOne();
}, 180_000);
