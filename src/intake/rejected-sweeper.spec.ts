import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { RejectedSweeper } from './rejected-sweeper.js';
import { type RejectedInput, type Origin, RejectedLog, type Removed } from './rejected.js';

const DAY = 86_400_000;
let db: TestDatabase;
let log: RejectedLog;
beforeAll(async () => {
  db = await testDatabase();
  log = new RejectedLog(db.pool);
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE touchline.rejected'));

/** Counts as 1,000 bytes. */
const item = (name: string, workspace = 'main'): RejectedInput & Origin => ({
  ...{ workspace, collector: 'web', call: 'batch', receivedAt: new Date('2020-01-01') },
  ...{ unit: 'item', format: 'segment', messageId: name },
  payload: Buffer.from(name.padEnd(500)),
  reason: { code: 'some-code', message: '…' },
});

async function names(): Promise<(string | null)[]> {
  const { rows } = await db.pool.query<{ message_id: string | null }>(
    'SELECT message_id FROM touchline.rejected ORDER BY number',
  );
  return rows.map(({ message_id }) => message_id);
}

describe('rejected input', () => {
  test('within its retention stays, however long ago it says it was received', async () => {
    await log.keep([item('a'), item('b')]);
    expect(await log.removeOld({ ms: DAY, bytes: 2_000 })).toEqual([]);
    expect(await names()).toEqual(['a', 'b']);
  });

  test('kept longer ago than the retention is removed, and counted by workspace', async () => {
    await log.keep([item('old'), item('older'), item('new'), item('other', 'partner')]);
    await db.pool.query(
      `UPDATE touchline.rejected SET kept_at = now() - interval '8 days' WHERE message_id <> 'new'`,
    );
    expect(await log.removeOld({ ms: 7 * DAY, bytes: 1e9 })).toEqual([
      { workspace: 'main', why: 'age', rows: 2 },
      { workspace: 'partner', why: 'age', rows: 1 },
    ]);
    expect(await names()).toEqual(['new']);
  });

  test('beyond the bytes of its workspace is removed, the oldest first; other workspaces lose nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await log.keep([item(name), item(`p-${name}`, `of-${name}`)]);
    expect(await log.removeOld({ ms: DAY, bytes: 2_500 })).toEqual([
      { workspace: 'main', why: 'size', rows: 2 },
    ]);
    expect(await names()).toEqual(['p-a', 'p-b', 'c', 'p-c', 'd', 'p-d']);
  });

  test('that was replayed is removed before what is still open', async () => {
    await log.keep(['a', 'b', 'c', 'd'].map((name) => item(name)));
    await db.pool.query(`UPDATE touchline.rejected SET replayed_at = now() WHERE message_id IN ('c', 'd')`);
    expect(await log.removeOld({ ms: DAY, bytes: 2_500 })).toEqual([
      { workspace: 'main', why: 'size', rows: 2 },
    ]);
    expect(await names()).toEqual(['a', 'b']);
  });

  test('counts with what was sent and its correction', async () => {
    const sent = Buffer.alloc(1_000);
    await log.keep([
      { ...item('a'), sent },
      { ...item('b'), sent },
    ]);
    expect(await log.usage({ ms: DAY, bytes: 8_000 })).toMatchObject([
      { workspace: 'main', bytes: 4_000, share: 0.5 },
    ]);
    const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM touchline.rejected ORDER BY number');
    const corrections = rows.map(({ id }) => ({ id, corrected: Buffer.alloc(500) }));
    await log.saveCorrections('main', corrections, new Date());
    expect(await log.usage({ ms: DAY, bytes: 10_000 })).toMatchObject([{ share: 0.5 }]);
    expect(await log.removeOld({ ms: DAY, bytes: 4_999 })).toEqual([
      { workspace: 'main', why: 'size', rows: 1 },
    ]);
    expect(await names()).toEqual(['b']);
  });

  test('is removed once by processes that look at the same time', async () => {
    await log.keep(Array.from({ length: 50 }, (_, nth) => item(`n-${nth}`)));
    const removed = await Promise.all([1, 2, 3].map(() => log.removeOld({ ms: DAY, bytes: 10_000 })));
    expect(removed.flat().reduce((sum, { rows }) => sum + rows, 0)).toBe(40);
    expect(await names()).toHaveLength(10);
  });
});

describe('the sweeper', () => {
  test('sweeps at once when a flood has filled a share of the retention, and reports what it removed', async () => {
    const removed: Removed[] = [];
    const sweeper = new RejectedSweeper(
      log,
      { ms: DAY, bytes: 20_000 },
      {
        used: () => undefined,
        removed: (one) => removed.push(one),
        failed: (error) => {
          throw error;
        },
      },
    );
    sweeper.start();
    for (let nth = 0; nth < 100; nth += 1) await sweeper.keep([item(`flood-${nth}`)]);
    expect(await until(async () => (await names()).length <= 25, 10_000)).toBe(true);
    await sweeper.stop();
    expect(removed.every(({ why }) => why === 'size')).toBe(true);
    expect((await names()).at(-1)).toBe('flood-99');
  });

  test('counts the rows of a flood as they are counted for removal, not their payloads alone', async () => {
    let sweeps = 0;
    const counting = {
      keep: () => Promise.resolve(),
      usage: () => Promise.resolve([]),
      removeOld: async () => {
        sweeps += 1;
        return [];
      },
    };
    const sweeper = new RejectedSweeper(
      counting,
      { ms: DAY, bytes: 100_000 },
      { used: () => undefined, removed: () => undefined, failed: () => undefined },
    );
    sweeper.start();
    for (let nth = 0; nth < 50; nth += 1)
      await sweeper.keep([{ ...item(`tiny-${nth}`), payload: Buffer.from('{}') }]);
    await sweeper.stop();
    expect(sweeps).toBe(2);
  });

  test('says what is used before it removes any of it', async () => {
    await log.keep(['a', 'b', 'c', 'd'].map((name) => item(name)));
    const seen: unknown[] = [];
    const sweeper = new RejectedSweeper(
      log,
      { ms: DAY, bytes: 2_000 },
      {
        used: (usages) => seen.push(usages.map(({ share }) => share)),
        removed: ({ rows }) => seen.push(rows),
        failed: (error) => seen.push(error),
      },
    );
    await sweeper.sweep();
    expect(seen).toEqual([[2], 2]);
  });

  test('goes on when the database is away, and reports the failure', async () => {
    const failures: unknown[] = [];
    const away = {
      keep: () => Promise.resolve(),
      usage: () => Promise.resolve([]),
      removeOld: () => Promise.reject(new Error('away')),
    };
    const sweeper = new RejectedSweeper(
      away,
      { ms: DAY, bytes: 1 },
      { used: () => undefined, removed: () => undefined, failed: (error) => failures.push(error) },
    );
    await sweeper.sweep();
    await sweeper.keep([item('a')]);
    await sweeper.sweep();
    expect(failures).toHaveLength(2);
  });
});
