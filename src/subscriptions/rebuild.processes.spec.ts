import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { append, counts, seen, tally, tallyTables, touches } from '../../test/sample-projections.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { until } from '../../test/until.js';
import { withTransaction } from '../database/client.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { countDeadLetters } from './dead-letters.js';
import { readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';

const LEASE_MS = 500;

let db: TestDatabase;
let store: PostgresEventStore;
let workers: ChildProcess[];

beforeEach(async () => {
  db = await testDatabase({ max: 20 });
  await tallyTables(db.pool, 'alpha', 'beta');
  store = new PostgresEventStore(db.pool);
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => endWorker(worker)));
  await store.close();
  await db.drop();
});

async function worker(...crash: readonly string[]): Promise<ChildProcess> {
  const child = await startWorker('./rebuilding.ts', [db.url, String(LEASE_MS), ...crash]);
  workers.push(child);
  return child;
}

const runner = (): SubscriptionRunner =>
  new SubscriptionRunner({
    pool: db.pool,
    store,
    subscriptions: [tally('alpha'), tally('beta', { after: ['alpha'] })],
  });

/** Whether everything is applied, and nothing is rebuilt or left over from it. */
async function isSettled(): Promise<boolean> {
  const head = await store.head();
  const checkpoints = await readCheckpoints(db.pool);
  const { rowCount: leftOver } = await db.pool.query('SELECT FROM touchline.build_schema WHERE NOT is_live');
  return (
    leftOver === 0 && checkpoints.every(({ position, rebuild }) => position === head && rebuild === null)
  );
}

/** Reads at its leisure in one snapshot, again and again: it finds every event up to the checkpoint, and never goes back. */
class Reader {
  reads = 0;
  private latest = 0n;
  private over = false;
  private readonly reading = this.read();

  async stop(): Promise<void> {
    this.over = true;
    await this.reading;
  }

  private async read(): Promise<void> {
    while (!this.over)
      await withTransaction(
        db.pool,
        async (tx) => {
          for (const { name, position } of await readCheckpoints(tx)) {
            await sleep(Math.random() * 100);
            const { rows } = await tx.query<{ events: string }>(
              `SELECT count(*) AS events FROM touchline.${name}_seen WHERE position <= $1`,
              [String(position)],
            );
            expect([name, BigInt(rows[0]?.events ?? 0)]).toEqual([name, position]);
            if (name === 'alpha') expect(position).toBeGreaterThanOrEqual(this.latest);
            if (name === 'alpha') this.latest = position;
          }
          this.reads += 1;
        },
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      );
  }
}

/** Statements of a rebuild, in the order in which they are sent. */
const MOMENTS = [
  ['before', 'touchline.create_build('],
  ['after', 'touchline.create_build('],
  ['after', 'SET prepared = true'],
  ['after', '_seen SELECT position, workspace FROM r'],
  ['before', 'ANALYZE touchline_'],
  ['before', 'SET paused_until = clock_timestamp()'],
  ['after', 'SET paused_until = clock_timestamp()'],
  ['after', 'hashtextextended'],
  ['before', 'SET comparison'],
  ['after', 'SET comparison'],
  ['before', 'pg_current_xact_id'],
  ['after', 'touchline.show_build('],
  ['after', 'DELETE FROM touchline.projection'],
  ['after', 'SET is_live = true'],
  ['before', 'touchline.drop_build('],
  ['after', 'touchline.drop_build('],
] as const;

/** A process is killed during a rebuild of 400 events, another completes it; 200 come meanwhile, and readers find every event. */
async function expectKilledAndCompleted(...moment: readonly string[]): Promise<void> {
  const reader = new Reader();
  try {
    const killed = await worker(...moment);
    await append(store, touches(100));
    expect(await until(() => Promise.resolve(killed.signalCode !== null), 30_000)).toBe(true);
    expect(killed.signalCode).toBe('SIGKILL');

    await append(store, touches(100));
    const healthy = await worker();
    expect(await until(isSettled, 30_000)).toBe(true);
    await endWorker(healthy, 'SIGTERM');
  } finally {
    await reader.stop();
  }

  expect(reader.reads).toBeGreaterThan(0);
  expect([await seen(db.pool, 'alpha'), await seen(db.pool, 'beta')]).toEqual([600, 600]);
}

/** Where a rebuild of the rows of one workspace differs. */
const WORKSPACE_MOMENTS = [
  ['before', 'touchline.create_workspace_build('],
  ['after', 'touchline.create_workspace_build('],
  ['after', '_seen SELECT position, workspace FROM r'],
  ['after', 'SET comparison'],
  ['before', 'touchline.replace_workspace('],
  ['after', 'touchline.replace_workspace('],
  ['after', 'UPDATE touchline.dead_letter SET build'],
  ['after', 'SET comparison = next.comparison'],
  ['after', 'SET paused_until = NULL'],
  ['before', 'touchline.drop_build('],
] as const;

test.each(WORKSPACE_MOMENTS)(
  'a process killed %s "%s" leaves a rebuild of one workspace that another completes, while readers find every event',
  async (when, statement) => {
    await db.pool.query(`INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main')`);
    await append(store, touches(200));
    await append(store, touches(200), 'other');
    await runner().catchUp();
    await db.pool.query('UPDATE touchline.alpha_count SET events = events + 1');
    const before = await counts(db.pool, 'alpha', 'other');
    await runner().rebuild('alpha', 'main');
    await expectKilledAndCompleted(when, statement);

    expect(await counts(db.pool, 'alpha', 'main')).toEqual(await counts(db.pool, 'beta', 'main'));
    expect(await counts(db.pool, 'alpha', 'other')).toEqual(before);
    const compared = (await readCheckpoints(db.pool)).map(({ comparison }) => comparison?.workspace);
    expect(compared).toEqual(['main', 'main']);
  },
  120_000,
);

test.each(MOMENTS)(
  'a process killed %s "%s" leaves a rebuild that another completes, while readers find every event',
  async (when, statement) => {
    await append(store, touches(400));
    await runner().catchUp();
    await runner().rebuild('alpha');
    await expectKilledAndCompleted(when, statement);

    expect(await counts(db.pool, 'beta')).toEqual(await counts(db.pool, 'alpha'));
    expect((await countDeadLetters(db.pool)).size).toBe(0);
    const compared = (await readCheckpoints(db.pool)).map(({ comparison }) => comparison?.isSame);
    expect(compared).toEqual([true, true]);
  },
  120_000,
);
