import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../database.js';
import { BrokerProcess, noOwnBroker } from '../kafka.js';
import { KafkaClient, type Received } from '../kafka-client.js';
import { Feed } from '../kafka-feed.js';
import { TcpProxy } from '../tcp-proxy.js';
import { until } from '../until.js';
import { freePort, ServerProcess, WRITE_KEY } from './server-process.js';

const why = await noOwnBroker();
const SOON = 60_000;
/** Above the session of a consumer, in ms: the group moves on without it. */
const LONG = 13_000;

(why ? describe.skip : describe)(`a broker behind a bad network${why ? ` (skipped: ${why})` : ''}`, () => {
  let wire: TcpProxy;
  let broker: BrokerProcess;
  let client: KafkaClient;
  let db: TestDatabase;
  let dataDir: string;
  let server: ServerProcess;
  let published: readonly Received[];

  beforeAll(async () => {
    const port = await freePort();
    wire = await TcpProxy.start(port);
    broker = await BrokerProcess.start({ wired: { port, advertised: wire.port } });
    client = await KafkaClient.connect(broker.brokers);
    for (const topic of ['touchpoints', 'touchline.events']) await client.createTopic(topic, 4);
    published = await client.collect('touchline.events');
    db = await testDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'touchline-kafka-network-'));
    const kafka = { KAFKA_BROKERS: `127.0.0.1:${wire.port}`, KAFKA_WRITE_KEY: WRITE_KEY };
    const env = { DATABASE_URL: db.url, ROLES: 'collect,react', ...kafka };
    server = await ServerProcess.start({ dataDir, port: await freePort(), env });
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await client?.close();
    await broker?.remove();
    await wire?.stop();
    await db?.drop();
    await rm(dataDir ?? '', { recursive: true, force: true });
  });

  /** Each event by its stream, in the order published, repetitions dropped. */
  function inOrder(): Record<string, string[]> {
    const ids = new Set<string>();
    const first = published.filter(({ headers: { 'event-id': id = '' } }) => !ids.has(id) && ids.add(id));
    const byStream = Map.groupBy(first, ({ key }) => key);
    return Object.fromEntries(
      [...byStream].map(([key, own]) => [key, own.map(({ headers }) => headers['event-id'] ?? '')]),
    );
  }

  test('broken, slow and silent connections to Kafka lose and duplicate nothing, and everything resumes automatically', async () => {
    const feed = new Feed(client, 'net');
    feed.start(40, 25);
    let peak = 0;
    const goesOn = async (): Promise<boolean> => {
      peak = Math.max(peak, await server.memory());
      const [read, out] = [await feed.inLog(db.pool), published.length];
      return until(
        async () => (await feed.inLog(db.pool)) > read + 300 && published.length > out + 300,
        SOON,
      );
    };
    expect(await goesOn()).toBe(true);
    for (let times = 0; times < 5; times += 1) {
      await sleep(300);
      wire.cut();
    }
    expect(await goesOn()).toBe(true);
    wire.delay(150);
    await sleep(3_000);
    wire.restore();
    expect(await goesOn()).toBe(true);
    wire.silence();
    await sleep(3_000);
    wire.cut();
    wire.restore();
    expect(await goesOn()).toBe(true);
    wire.silence();
    await sleep(LONG);
    wire.restore();
    expect(await goesOn()).toBe(true);
    await feed.stop();

    expect(await until(async () => (await feed.inLog(db.pool)) >= feed.total, SOON)).toBe(true);
    await feed.expectOnceInOrder(db.pool);
    const { rows } = await db.pool.query<{ key: string; ids: string[] }>(
      `SELECT workspace || '/' || stream AS key, array_agg(id::text ORDER BY position) AS ids FROM touchline.event GROUP BY 1`,
    );
    const all = rows.reduce((sum, { ids }) => sum + ids.length, 0);
    const seen = (): number => new Set(published.map(({ headers }) => headers['event-id'])).size;
    expect(await until(() => seen() >= all, SOON)).toBe(true);
    expect(inOrder()).toEqual(Object.fromEntries(rows.map(({ key, ids }) => [key, ids])));
    expect(peak).toBeLessThan(500e6);
    expect(server.running).toBe(true);
  }, 240_000);
});
