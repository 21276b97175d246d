import { afterAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventStoreContract } from '../../test/event-store/contract.js';
import { ProtocolServer } from '../../test/eventstoredb/server.js';
import { facts, appendRequest, touch } from '../../test/events.js';
import { createLogPool } from '../database/database.js';
import type { AppendResult, EventReceipt } from './event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const REAL = process.env.EVENTSTOREDB_URL;

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function database(): Promise<TestDatabase> {
  const db = await testDatabase();
  closing.push(() => db.drop());
  return db;
}

async function server(): Promise<ProtocolServer> {
  const started = await ProtocolServer.start();
  closing.push(() => started.stop());
  return started;
}

function open(url: string, db: TestDatabase, options: EventStoreDbOptions = {}): EventStoreDbEventStore {
  const pool = createLogPool(db.url);
  const store = new EventStoreDbEventStore(url, pool, options);
  closing.push(async () => {
    await store.close();
    await pool.end();
  });
  return store;
}

const receipts = (results: readonly AppendResult[]): EventReceipt[] =>
  results.flatMap((result) => (result.status === 'appended' ? result.receipts : []));

eventStoreContract("the log in EventStoreDB, by the tests' protocol server", async () => {
  const store = open((await server()).url, await database());
  await store.open();
  return store;
});

if (REAL !== undefined)
  eventStoreContract('the log in a real EventStoreDB', async () => {
    const store = open(REAL, await database(), { log: `touchline-test-${randomUUID()}` });
    await store.open();
    return store;
  });
else test.skip('the log in a real EventStoreDB: skipped, EVENTSTOREDB_URL names none', () => undefined);

describe('the index', () => {
  test('emptied, it is made again from the log: all that is sent again gets its first receipt', async () => {
    const [{ url }, db] = [await server(), await database()];
    const store = open(url, db);
    const sent = [
      ...facts('s-1', ['a', 'b', 'c']),
      ...facts('s-2', ['d']),
      ...facts('s-1', ['e']),
      ...facts('s-1', ['a'], 'other'),
    ];
    const first = await store.record(sent);
    await db.pool.query(
      'TRUNCATE touchline.logged_event, touchline.logged_stream, touchline.logged_position',
    );
    const again = await store.record(sent);
    expect(again).toEqual(first.map((receipt) => ({ ...receipt, duplicate: true })));
    const [next] = await store.append([appendRequest('s-1', ['f', 'c'], { exact: 4 })]);
    expect(receipts(next ? [next] : []).map(({ version, duplicate }) => [version, duplicate])).toEqual([
      [5, false],
      [3, true],
    ]);
    expect(await store.readAll(0n, 100)).toHaveLength(7);
  });

  test('of a process that died before it could say what it had appended is made up for', async () => {
    const { url } = await server();
    const dead = open(url, await database());
    const first = receipts(
      await dead.append([appendRequest('s-1', ['a']), appendRequest('s-2', ['b', 'c'])]),
    );
    const store = open(url, await database());
    const results = await store.append([
      appendRequest('s-1', ['a']),
      appendRequest('s-2', ['b', 'x'], { exact: 2 }),
      appendRequest('s-2', ['y'], { exact: 7 }),
      appendRequest('s-3', ['z']),
    ]);
    const [a, b, c] = first;
    expect(receipts(results)).toMatchObject([
      { ...a, duplicate: true },
      { ...b, duplicate: true },
      { version: 3, duplicate: false },
      { version: 1, duplicate: false },
    ]);
    expect(results[2]).toEqual({ status: 'conflict', expected: { exact: 7 }, actual: 3 });
    const again = receipts(await store.append([appendRequest('s-2', ['c', 'b'])]));
    expect(again).toEqual([
      { ...c, duplicate: true },
      { ...b, duplicate: true },
    ]);
    expect(await store.readAll(0n, 100)).toHaveLength(5);
  });

  test('is caught up at start, so that an event sent again to another stream is known as well', async () => {
    const { url } = await server();
    const dead = open(url, await database());
    const first = await dead.record(facts('s-1', ['a', 'b']));
    const store = open(url, await database());
    await store.open();
    expect(await store.record(facts('elsewhere', ['b']))).toEqual([{ ...first[1], duplicate: true }]);
    expect(await store.readStream('main', 'elsewhere')).toEqual([]);
  });

  test('that knows more than the log is refused by name, and the other streams go on', async () => {
    const [old, restored, db] = [await server(), await server(), await database()];
    await open(old.url, db).record(facts('s-1', ['a', 'b']));
    const store = open(restored.url, db);
    const results = await Promise.allSettled([
      store.record(facts('s-1', ['c'])),
      store.record(facts('s-2', ['d'])),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(results[0]).toMatchObject({
      reason: { name: 'LogDiffers', message: /touchline\/main\/s-1 .*restored/ },
    });
  });
});

test('writers in several processes make one log, each stream in order, each event once', async () => {
  const [{ url }, db] = [await server(), await database()];
  const node = ['--import', join(ROOT, 'test', 'typescript-hooks.mjs')];
  const writer = join(ROOT, 'test', 'append-writer.ts');
  const writers = ['w1', 'w2', 'w3'].map((name) =>
    run(process.execPath, [...node, writer, db.url, name, '60', url], { maxBuffer: 1e8 }),
  );
  interface Got {
    stream: string;
    position: string;
    duplicate: boolean;
  }
  const got = (await Promise.all(writers)).flatMap(({ stdout }) => JSON.parse(stdout) as Got[]);
  const log = await open(url, db).readAll(0n, 10_000);

  expect(log).toHaveLength(3 * 4 * 54 * 2 + 4 * 6 * 2);
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  for (const events of Map.groupBy(log, ({ stream }) => stream).values())
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
  const at = new Map(log.map((event) => [String(event.position), event]));
  for (const { position, stream } of got) expect(at.get(position)).toMatchObject({ stream });
  expect(got.filter(({ duplicate }) => !duplicate)).toHaveLength(log.length);
});

test('the same event sent by two processes to two streams at once is in the log once', async () => {
  const [esdb, db] = [await server(), await database()];
  esdb.faults.delayMs = 3;
  const [one, other] = [open(esdb.url, db), open(esdb.url, db)];
  for (let round = 0; round < 30; round++) {
    const sent = await Promise.all([
      one.record(facts(`one-${round}`, [`x-${round}`, `e-${round}`])),
      other.record(facts(`other-${round}`, [`e-${round}`, `y-${round}`])),
    ]);
    const [ofOne, ofOther] = sent.map((results) =>
      results.find((each) => each.eventId === touch(`e-${round}`).id),
    );
    expect(ofOther).toMatchObject({ position: ofOne?.position });
    expect(ofOther?.duplicate).toBe(!ofOne?.duplicate);
  }
  expect(await one.readAll(0n, 1_000)).toHaveLength(90);
});

test('events of the server and of others are not ours, whatever their type and wherever they lie', async () => {
  const esdb = await server();
  const store = open(esdb.url, await database());
  const foreign = (stream: string, type: string): void => {
    const data = Buffer.from('{}');
    const event = {
      id: randomUUID(),
      type,
      contentType: 'application/json',
      data,
      metadata: Buffer.alloc(0),
    };
    esdb.log.append(stream, 'any', [event]);
  };
  for (let round = 0; round < 30; round++) {
    foreign(`orders-${round}`, 'TouchpointRecorded');
    foreign('touchline-like', 'OrderPlaced');
    await store.record(facts(`s-${round % 4}`, [`e-${round}`]));
  }
  foreign('orders-1', 'TouchpointRecorded');
  const log = await store.readAll(0n, 1_000);
  expect(log).toHaveLength(30);
  expect(esdb.log.records.length).toBeGreaterThan(95);
  expect(await store.head()).toBe(log.at(-1)?.position);
  const page = await store.readPage(0n, 7, ['TouchpointRecorded']);
  expect(page.events.map(({ position }) => position)).toEqual(
    log.slice(0, 7).map(({ position }) => position),
  );
  for (const at of [1n, 5_000n, 9_999n, 2n ** 62n])
    expect((await store.readAt(at))?.position).toBe(log.findLast(({ position }) => position <= at)?.position);
});

test('a reader is woken by appends of another process', async () => {
  const [{ url }, db] = [await server(), await database()];
  const [reader, writer] = [open(url, db), open(url, db)];
  const waiting = reader.waitForGrowth(0n, 30_000);
  await writer.record(facts('s', ['a']));
  await waiting;
  const head = await reader.head();
  const longer = reader.waitForGrowth(head, 30_000);
  await writer.record(facts('s', ['b']));
  await longer;
  expect((await reader.readAll(head, 10)).map(({ version }) => version)).toEqual([2]);
});

test('a fact larger than the server takes at once fails alone, however the others share its transactions', async () => {
  const store = open((await server()).url, await database());
  const fact = (stream: string, name: string, size: number) => {
    const data = { ...touch('x').data, properties: { text: 'x'.repeat(size) } };
    return { workspace: 'main', stream, event: touch(`${stream}-${name}`, { data }) };
  };
  for (let round = 0; round < 10; round++) {
    const stream = `s-${round}`;
    const many = Array.from({ length: 8 }, (_, nr) => store.record([fact(stream, `m-${nr}`, 300_000)]));
    const large = store.record([fact(stream, 'large', 1_100_000)]);
    await expect(large).rejects.toThrow('more than EventStoreDB takes in one append');
    const given = (await Promise.all(many)).flat().sort((a, b) => Number(a.position - b.position));
    const there = await store.readStream('main', stream);
    expect(there.map(({ id }) => id)).toEqual(given.map(({ eventId }) => eventId));
    expect(there.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  }
});
