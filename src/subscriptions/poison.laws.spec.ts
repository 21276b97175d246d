import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { arrive, buyers } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { deleteReadModels, type Entry } from '../../test/sample-events.js';
import { currentRows, rowsAsOf } from '../../test/read-model-rows.js';
import type { RecordedEvent } from '../domain/events.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { readDeadLetters } from './dead-letters.js';
import type { Projection } from './subscription.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const POISONABLE = ['TouchpointRecorded', 'IdentityClaimed', 'IdentitiesMerged', 'IdentitiesSplit', 'AccountObserved']; // prettier-ignore
const isPoisonable = ({ event }: Entry): boolean => POISONABLE.includes(event.type);

/** A touchpoint with a URL that is a number fails for its person; without data an event fails for nobody in particular. */
const broken = ({ event }: Entry, some: boolean): unknown =>
  some && event.type === 'TouchpointRecorded' ? { ...event.data, content: { url: 5 } } : null;

/** Reads broken events as they were before, like a later version of the code; the journey cannot until it is mended. */
function mendable(projection: Projection, log: readonly Entry[], isMended: () => boolean): Projection {
  const sound = new Map(log.map(({ event }) => [event.id, event]));
  const read = (event: RecordedEvent): RecordedEvent =>
    isMended() ? { ...event, ...sound.get(event.id) } : event;
  return { ...projection, apply: (batch, tx, range) => projection.apply(batch.map(read), tx, range) };
}

async function startOver(): Promise<void> {
  await deleteReadModels(db.pool);
  await db.pool.query('TRUNCATE touchline.projection, touchline.dead_letter, touchline.projection_runner');
}

const history = fc.record({
  log: buyers(30).filter((entries) => entries.some(isPoisonable)),
  sick: fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 1, maxLength: 3 }),
  cut: fc.nat(),
  largestBatch: fc.constantFrom(1, 7, 5_000),
});

test('a log whose broken events are healed comes to what one without them would', async () => {
  let seen = 0;
  const property = fc.asyncProperty(history, async ({ log, sick, cut, largestBatch }) => {
    const candidates = log.filter(isPoisonable);
    const chosen = new Map(sick.map(([nth, some]) => [candidates[nth % candidates.length], some]));
    const sent = log.map((entry): Entry => {
      const some = chosen.get(entry);
      return some === undefined ? entry : ({ ...entry, event: { ...entry.event, data: broken(entry, some) } } as Entry); // prettier-ignore
    });
    let mended = false;
    const store = new MemoryEventStore(() => new Date(Date.UTC(2027, 0, 1)));
    const chain = projections.map((each) => mendable(each, log, () => mended));

    await startOver();
    const runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: chain, largestBatch });
    await arrive(store, 'main', sent.slice(0, cut % (log.length + 1)));
    await runner.catchUp();
    await arrive(store, 'main', sent.slice(cut % (log.length + 1)));
    await runner.catchUp();
    const deadLetters = await readDeadLetters(db.pool, 'journey', 'main', 0n, 1_000);
    seen += deadLetters.length;
    expect(deadLetters.filter(({ behind }) => behind === null).length).toBeGreaterThan(0);
    const last = BigInt(log.length);
    const then = await Promise.all([last / 2n, last - 1n].map((position) => rowsAsOf(db.pool, position)));

    mended = true;
    await runner.retryDeadLetters('journey', 'main');
    await runner.catchUp();
    expect(await readDeadLetters(db.pool, 'journey', 'main', 0n, 1_000)).toEqual([]);
    const healed = await currentRows(db.pool);
    // Put in late, an event changes nothing that was answered before; a rebuild puts it where it belongs.
    if (deadLetters.every(({ overtaken }) => !overtaken)) {
      expect(await Promise.all([last / 2n, last - 1n].map((position) => rowsAsOf(db.pool, position)))).toEqual(then); // prettier-ignore
    }
    await runner.stop();

    await startOver();
    const sound = new SubscriptionRunner({ pool: db.pool, store, subscriptions: chain });
    await sound.catchUp();
    await sound.stop();
    expect(healed).toEqual(await currentRows(db.pool));
  });
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 20), endOnFailure: true });
  expect(seen).toBeGreaterThan(0);
}, 600_000);
