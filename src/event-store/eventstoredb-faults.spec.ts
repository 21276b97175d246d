import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { CA_FILE, ProtocolServer, type ServerOptions } from '../../test/eventstoredb/server.js';
import { facts } from '../../test/events.js';
import { eventsAfter } from '../../test/events-after.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { until } from '../../test/until.js';
import { createLogPool } from '../database/database.js';
import { StoreUnavailable, type Receipt } from './event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb.js';

let db: TestDatabase;
let pool: Pool;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.pool.query('TRUNCATE touchline.logged_event, touchline.logged_stream, touchline.logged_position');
  pool = createLogPool(db.url);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await pool.end();
});

async function startServer(options: ServerOptions = {}): Promise<ProtocolServer> {
  const server = await ProtocolServer.start(options);
  closing.push(() => server.stop());
  return server;
}

function openStore(url: string, options: EventStoreDbOptions = {}): EventStoreDbEventStore {
  const store = new EventStoreDbEventStore(url, pool, { deadlineMs: 1_000, ...options });
  closing.push(() => store.close());
  return store;
}

interface Load {
  readonly acknowledged: Map<string, Receipt>;
  /** Why an append was refused. */
  readonly refused: string[];
  stop(): Promise<void>;
}

/** Eight callers that append without pause, to streams of their own and to a common one, and go on with the same ids. */
function load(store: EventStoreDbEventStore): Load {
  const acknowledged = new Map<string, Receipt>();
  const refused: string[] = [];
  let on = true;
  const caller = async (lane: number): Promise<void> => {
    for (let round = 0; on;) {
      const stream = round % 4 === 0 ? 'common' : `lane-${lane}`;
      try {
        const receipts = await store.record(facts(stream, [`${lane}-${round}-a`, `${lane}-${round}-b`]));
        for (const receipt of receipts) acknowledged.set(receipt.eventId, receipt);
        round += 1;
      } catch (error) {
        refused.push(error instanceof StoreUnavailable ? 'StoreUnavailable' : String(error));
        await sleep(20);
      }
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, (_, lane) => caller(lane)));
  const stop = async (): Promise<void> => {
    on = false;
    await running;
  };
  closing.push(stop);
  return { acknowledged, refused, stop };
}

/** What was acknowledged is there, once, where its receipt says, in the order of its stream; nothing else is. */
async function expectWhole(store: EventStoreDbEventStore, { acknowledged }: Load): Promise<void> {
  const log = await eventsAfter(store);
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  expect(log).toHaveLength(acknowledged.size);
  for (const events of Map.groupBy(log, ({ stream }) => stream).values())
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
  const at = new Map(log.map((event) => [event.id, event]));
  for (const [id, { position }] of acknowledged) expect(at.get(id)).toMatchObject({ position });
}

const grows = (appends: Load, by = 100): Promise<boolean> => {
  const before = appends.acknowledged.size;
  return until(() => appends.acknowledged.size >= before + by, 30_000);
};

test.each(['before', 'after'] as const)(
  'the stream of appends breaks again and again %s it was applied: nothing is lost, nothing is there twice',
  async (when) => {
    const server = await startServer();
    const store = openStore(server.url);
    const appends = load(store);
    for (let times = 0; times < 10; times++) {
      expect(await grows(appends, 20)).toBe(true);
      server.faults.breakAppends = when;
      expect(await until(() => server.faults.breakAppends === undefined, 5_000)).toBe(true);
    }
    expect(await grows(appends)).toBe(true);
    await appends.stop();
    expect(appends.refused).toEqual([]);
    await expectWhole(store, appends);
  },
);

test('a broken stream of one connection is nothing to the appends of another', async () => {
  const [broken, slow] = [await startServer(), await startServer()];
  slow.faults.delayMs = 300;
  const [one, other] = [openStore(broken.url, { log: 'one' }), openStore(slow.url, { log: 'other' })];
  const waiting = other.record(facts('other', ['b']));
  await until(() => slow.appends > 0, 5_000, 5);
  broken.faults.breakAppends = 'after';
  await one.record(facts('one', ['a']));
  expect(await waiting).toMatchObject([{ duplicate: false }]);
  expect(slow.appends).toBe(1);
});

test('the server goes and comes back under load: appends wait for it, readers and subscriptions go on by themselves', async () => {
  const server = await startServer();
  const store = openStore(server.url);
  const seen: bigint[] = [];
  const subscription = store.subscribe(
    0n,
    (batch) => Promise.resolve(void seen.push(...batch.map(({ position }) => position))),
    (error) => {
      throw error;
    },
  );
  closing.push(() => subscription.stop());
  const appends = load(store);
  for (let times = 0; times < 3; times++) {
    expect(await grows(appends)).toBe(true);
    await server.stop();
    await sleep(500);
    await server.start();
  }
  expect(await grows(appends)).toBe(true);
  await appends.stop();
  expect(appends.refused).toEqual([]);
  await expectWhole(store, appends);
  const log = await eventsAfter(store);
  expect(await until(() => seen.length >= log.length, 15_000)).toBe(true);
  expect(seen).toEqual(log.map(({ position }) => position));
});

test('the server is away for longer than anybody waits: appends are refused with Retry-After, then taken again', async () => {
  const server = await startServer();
  const store = openStore(server.url, { patienceMs: 500 });
  const appends = load(store);
  expect(await grows(appends)).toBe(true);
  await server.stop();
  expect(await until(() => appends.refused.length >= 8, 10_000)).toBe(true);
  await expect(store.readAll(0n, 1)).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(store.head()).rejects.toMatchObject({ retryAfterSeconds: 5 });
  await server.start();
  expect(await grows(appends)).toBe(true);
  await appends.stop();
  expect(new Set(appends.refused)).toEqual(new Set(['StoreUnavailable']));
  await expectWhole(store, appends);
});

test('a server that takes everything and answers nothing is given up on, what waits is bounded, and it is taken back', async () => {
  const server = await startServer();
  const store = openStore(server.url, { patienceMs: 500, deadlineMs: 300, maxWaitingEvents: 20 });
  server.faults.silent = true;
  const refused: unknown[] = [];
  const sent = Array.from({ length: 40 }, (_, nr) =>
    store.record(facts(`s-${nr}`, [`e-${nr}`])).catch((error: unknown) => refused.push(error)),
  );
  await Promise.resolve();
  expect(store.waitingEvents).toBe(20);
  await Promise.all(sent);
  expect(refused).toHaveLength(40);
  expect(refused.every((error) => error instanceof StoreUnavailable)).toBe(true);
  await expect(store.readStream('main', 's-1')).rejects.toBeInstanceOf(StoreUnavailable);
  server.faults.silent = false;
  const again = await Promise.all(
    Array.from({ length: 20 }, (_, nr) => store.record(facts(`s-${nr}`, [`e-${nr}`]))),
  );
  expect(again.flat()).toHaveLength(20);
  const log = await eventsAfter(store);
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  expect(log.length).toBeGreaterThanOrEqual(20);
});

test('a slow server and a busy one: every append is taken once', async () => {
  const server = await startServer();
  const store = openStore(server.url);
  server.faults.delayMs = 40;
  const appends = load(store);
  expect(await grows(appends, 30)).toBe(true);
  server.faults.refuseAppends = 'busy';
  await sleep(500);
  server.faults.refuseAppends = undefined;
  server.faults.delayMs = 0;
  expect(await grows(appends)).toBe(true);
  await appends.stop();
  expect(appends.refused).toEqual([]);
  await expectWhole(store, appends);
});

test('the network cuts, delays and swallows: every append is taken once', async () => {
  const server = await startServer();
  const wire = await TcpProxy.start(server.port);
  closing.push(() => wire.stop());
  const store = openStore(`esdb://127.0.0.1:${wire.port}?tls=false`);
  const appends = load(store);
  for (let times = 0; times < 5; times++) {
    expect(await grows(appends, 30)).toBe(true);
    wire.cut();
  }
  wire.delay(100);
  expect(await grows(appends, 30)).toBe(true);
  wire.silence();
  await sleep(2_500);
  wire.restore();
  expect(await grows(appends)).toBe(true);
  await appends.stop();
  await expectWhole(store, appends);
});

test('sessions of the index killed between an append and its commit: every append is taken once', async () => {
  const server = await startServer();
  const store = openStore(server.url);
  server.faults.delayMs = 20;
  const appends = load(store);
  for (let times = 0; times < 10; times++) {
    expect(await grows(appends, 10)).toBe(true);
    await db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'touchline log' AND datname = current_database()`,
    );
  }
  expect(await grows(appends)).toBe(true);
  await appends.stop();
  expect(appends.refused).toEqual([]);
  await expectWhole(store, appends);
});

describe('a cluster', () => {
  test('is found by its seeds, and by those that are left when the leader is gone', async () => {
    const ports: number[] = [];
    const members = (): readonly number[] => ports;
    const leader = await startServer({ members });
    const follower = await startServer({ members, log: leader.log });
    ports.push(leader.port, follower.port);
    const store = openStore(
      `esdb://127.0.0.1:${leader.port},127.0.0.1:${follower.port}?tls=false&discoveryInterval=50`,
    );
    const appends = load(store);
    expect(await grows(appends)).toBe(true);
    expect(follower.appends).toBe(0);
    ports.reverse();
    await leader.stop();
    expect(await grows(appends)).toBe(true);
    await appends.stop();
    expect(follower.appends).toBeGreaterThan(0);
    await expectWhole(store, appends);
  });

  test('is found by one name', async () => {
    const { port } = await startServer();
    const store = openStore(`esdb+discover://127.0.0.1:${port}?tls=false`);
    expect(await store.record(facts('s', ['a']))).toMatchObject([{ duplicate: false }]);
  });
});

describe('a start', () => {
  const credentials = { username: 'admin', password: 'chang%eit' };
  const withUser = (url: string, user: string): string => url.replace('esdb://', `esdb://${user}@`);
  const faultOf = async (url: string): Promise<string> => {
    try {
      await openStore(url, { deadlineMs: 500 }).open();
      return 'none';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  /** One line that names the setting and gives nothing away. */
  const line = (why: string) =>
    expect.stringMatching(
      new RegExp(`^EventStoreDbUnusable: EVENTSTOREDB_URL: (?!.*(chang|secret|\\n)).*${why}`),
    );

  test('with TLS and the right user serves', async () => {
    const server = await startServer({ credentials });
    const store = openStore(withUser(server.url, 'admin:chang%25eit'));
    await store.open();
    await store.record(facts('s', ['a']));
    expect(await store.readStream('main', 's')).toHaveLength(1);
  });

  test('with a wrong password, no user, another certificate or a server of no use says so in one line', async () => {
    const server = await startServer({ credentials });
    expect(await faultOf(withUser(server.url, 'admin:secret'))).toEqual(
      line('refuses its user and password'),
    );
    expect(await faultOf(server.url)).toEqual(line('refuses its user and password'));
    expect(await faultOf(`esdb://admin:secret@localhost:${server.port}`)).toEqual(
      line('self-signed certificate'),
    );
    expect(await faultOf(`esdb://localhost:${server.port}?tlsCAFile=/no/such/file`)).toEqual(
      line('File was not found'),
    );
    const plain = await startServer({ version: '21.10.2' });
    expect(await faultOf(plain.url)).toEqual(line('version 21.10.2; EventStoreDB 22.10 or later is needed'));
    expect(await faultOf(`esdb://localhost:${plain.port}?tlsCAFile=${CA_FILE}`)).toEqual(line('SSL'));
    await plain.stop();
    expect(await faultOf(plain.url)).toEqual(line('ECONNREFUSED'));
    const silent = await startServer();
    silent.faults.silent = true;
    expect(await faultOf(silent.url)).toEqual(line('Deadline exceeded'));
  });

  test.each([
    ['esdb://admin:secret@host:port', 'expected port number'],
    ['esdb://admin:secret@', 'expected host'],
    ['esdb://admin:secret@host?tls=perhaps', 'expected true or false'],
    ['esdb://admin:secret@host?maxRetries=3', 'option that is not one of'],
    ['esdb://admin:secret@host?tlsVerifyCert=false', 'option that is not one of'],
  ])('with a URL that cannot be read says so in one line: %s', async (url, why) => {
    const said: unknown[] = [];
    const { warn } = console;
    console.warn = (...words: unknown[]) => said.push(words);
    const fault = await faultOf(url);
    console.warn = warn;
    expect(fault).toEqual(line(why));
    expect(said).toEqual([]);
  });
});
