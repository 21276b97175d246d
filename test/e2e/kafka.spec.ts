import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../database.js';
import { noBroker, testBroker, type TestBroker } from '../kafka.js';
import { KafkaClient, type Received } from '../kafka-client.js';
import { Feed } from '../kafka-feed.js';
import { until } from '../until.js';
import { API_KEY, freePort, OPERATOR_KEY, ServerProcess, WRITE_KEY } from './server-process.js';

const why = await noBroker();
const SOON = 60_000;

(why ? describe.skip : describe)(`servers with Kafka${why ? ` (skipped: ${why})` : ''}`, () => {
  let broker: TestBroker;
  let client: KafkaClient;
  let db: TestDatabase;
  let dataDir: string;
  let events: readonly Received[];
  const servers: ServerProcess[] = [];

  const start = async (
    roles: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> => {
    const env = {
      DATABASE_URL: db.url,
      KAFKA_BROKERS: broker.brokers,
      KAFKA_PARTITIONS: '4',
      KAFKA_WRITE_KEY: WRITE_KEY,
      ROLES: roles,
      ...more,
    };
    const server = await ServerProcess.start({ dataDir, port: await freePort(), env });
    servers.push(server);
    return server;
  };
  const whole = (feed: Feed): Promise<boolean> =>
    until(async () => (await feed.inLog(db.pool)) >= feed.total, SOON);
  const grew = async (feed: Feed, by: number): Promise<void> => {
    const before = await feed.inLog(db.pool);
    expect(await until(async () => (await feed.inLog(db.pool)) >= before + by, SOON)).toBe(true);
  };
  const ids = (): Set<string | undefined> => new Set(events.map(({ headers }) => headers['event-id']));

  beforeAll(async () => {
    broker = await testBroker();
    client = await KafkaClient.connect(broker.brokers);
    db = await testDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'touchline-kafka-e2e-'));
    await client.freshTopic('touchpoints', 4);
    await client.freshTopic('touchline.events', 4);
    events = await client.collect('touchline.events');
  }, 120_000);
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  afterAll(async () => {
    await client?.close();
    await broker?.stop();
    await db?.drop();
    await rm(dataDir ?? '', { recursive: true, force: true });
  });

  test('collectors killed and frozen past their session lose and duplicate nothing, and everything is published', async () => {
    const feed = new Feed(client, 'e2e');
    let killed = await start('collect');
    feed.start(40, 25);
    for (let kill = 0; kill < 2; kill += 1) {
      await grew(feed, 500);
      await sleep(Math.random() * 500);
      await killed.kill();
      killed = await start('collect');
    }
    await grew(feed, 500);
    process.kill(killed.pid, 'SIGSTOP');
    // Its session is over after ten seconds; then the other has all partitions.
    const other = await start('collect,react,query');
    await sleep(11_000);
    await grew(feed, 500);
    process.kill(killed.pid, 'SIGCONT');
    await grew(feed, 500);
    await feed.stop();

    expect(await whole(feed)).toBe(true);
    await feed.expectOnceInOrder(db.pool);
    const { rows } = await db.pool.query<{ head: string }>('SELECT head FROM touchline.log');
    expect(await until(() => ids().size >= Number(rows[0]?.head), 2 * SOON)).toBe(true);

    const headers = { authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`${other.url}/api/projections`, { headers });
    const { projections } = (await answer.json()) as { projections: { name: string; lag: number }[] };
    expect(projections).toContainEqual(expect.objectContaining({ name: 'kafka_events', status: 'running' }));
    const figures = await (await fetch(`${other.url}/metrics`)).text();
    expect(figures).toMatch(/touchline_kafka_records_total\{outcome="accepted"\} \d+/);
    const rebuilt = await fetch(`${other.url}/api/projections/kafka_events/rebuild`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    expect(await rebuilt.json()).toEqual({ rebuilding: ['kafka_events'] });
    expect(await killed.stop()).toBe(0);
  }, 180_000);

  test('a start without a reachable broker fails with one line', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const failed = await start('collect', { KAFKA_BROKERS: nobody }).then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    expect(failed).toMatch(`touchline: KAFKA_BROKERS: cannot use Kafka at ${nobody}: `);
    expect(failed).not.toContain('    at ');
  });

  test('a process with the role query alone needs no broker', async () => {
    const server = await start('query', { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});
