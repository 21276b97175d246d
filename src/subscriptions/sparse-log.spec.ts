import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { arrive, buyers } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { deleteReadModels, type Entry } from '../../test/sample-events.js';
import { ProtocolServer } from '../../test/eventstoredb/server.js';
import { allVersions, currentRows, type Rows } from '../../test/read-model-rows.js';
import { createLogPool } from '../database/database.js';
import type { RecordedEvent } from '../domain/events.js';
import { EventStoreDbEventStore } from '../event-store/eventstoredb.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { readDeadLetters } from './dead-letters.js';
import type { Projection } from './subscription.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

/** A log whose positions have gaps, with events of others between its own. */
let server: ProtocolServer;
let sparse: TestDatabase;
let dense: TestDatabase;
let logPool: Pool;
beforeAll(async () => {
  [server, sparse, dense] = [await ProtocolServer.start(), await testDatabase(), await testDatabase()];
  logPool = createLogPool(sparse.url);
});
afterAll(async () => {
  await server.stop();
  await logPool.end();
  await sparse.drop();
  await dense.drop();
});

async function startOver(pool: Pool): Promise<void> {
  await deleteReadModels(pool);
  await pool.query('TRUNCATE touchline.projection, touchline.dead_letter, touchline.projection_runner');
}

/** Without the time of recording, which is that of each log. */
const unrecorded = (rows: Rows): Rows =>
  JSON.parse(JSON.stringify(rows).replaceAll(/\\"recorded_at\\": \\"[^"]+\\"/g, '…')) as Rows;

let run = 0;

/** An event that the journey cannot read until it is mended. */
function mendable(projection: Projection, sick: Entry, isMended: () => boolean): Projection {
  const broken = (event: RecordedEvent): RecordedEvent =>
    event.id === sick.event.id && !isMended()
      ? ({ ...event, data: null } as unknown as RecordedEvent)
      : event;
  return {
    ...projection,
    apply: (batch, tx, range) =>
      projection.apply(projection.name === 'journey' ? batch.map(broken) : batch, tx, range),
  };
}

function fail(): never {
  throw new Error('a log without a touchpoint');
}

const history = fc.record({
  log: buyers(20).filter((entries) => entries.some(({ event }) => event.type === 'TouchpointRecorded')),
  sick: fc.nat(),
  cut: fc.nat(),
  largestBatch: fc.constantFrom(1, 7, 5_000),
});

test('read models over a log with gaps are those over one without: live, with a poisoned event healed, and rebuilt', async () => {
  const property = fc.asyncProperty(history, async ({ log, sick, cut, largestBatch }) => {
    const workspace = `w${++run}`;
    const touches = log.filter(({ event }) => event.type === 'TouchpointRecorded');
    const chosen = touches[sick % touches.length] ?? fail();
    let mended = false;
    const chain = projections.map((each) => mendable(each, chosen, () => mended));
    const store = new EventStoreDbEventStore(server.url, logPool, { log: `log-${run}` });
    const runner = new SubscriptionRunner({ pool: sparse.pool, store, subscriptions: chain, largestBatch });
    await startOver(sparse.pool);
    await arrive(store, workspace, log.slice(0, cut % (log.length + 1)));
    await runner.catchUp();
    await arrive(store, workspace, log.slice(cut % (log.length + 1)));
    await runner.catchUp();
    expect((await readDeadLetters(sparse.pool, 'journey', workspace, 0n, 1_000)).length).toBeGreaterThan(0);
    mended = true;
    await runner.retryDeadLetters('journey', workspace);
    await runner.catchUp();
    expect(await readDeadLetters(sparse.pool, 'journey', workspace, 0n, 1_000)).toEqual([]);
    const healed = await currentRows(sparse.pool);

    for (const { name } of projections) await runner.rebuild(name);
    await runner.catchUp();
    await runner.stop();
    const rebuilt = await allVersions(sparse.pool);
    await startOver(sparse.pool);
    const again = new SubscriptionRunner({ pool: sparse.pool, store, subscriptions: projections });
    await again.catchUp();
    await again.stop();
    await store.close();
    expect(rebuilt).toEqual(await allVersions(sparse.pool));

    await startOver(dense.pool);
    const memory = new MemoryEventStore();
    await arrive(memory, workspace, log);
    const reference = new SubscriptionRunner({ pool: dense.pool, store: memory, subscriptions: projections });
    await reference.catchUp();
    await reference.stop();
    expect(unrecorded(healed)).toEqual(unrecorded(await currentRows(dense.pool)));
    expect(await currentRows(sparse.pool)).toEqual(healed);
  });
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 5), endOnFailure: true });
}, 300_000);
