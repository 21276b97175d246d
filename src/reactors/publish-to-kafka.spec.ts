import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { facts, appendRequest } from '../../test/events.js';
import { noBroker, noOwnBroker } from '../../test/kafka.js';
import type { Received } from '../../test/kafka-client.js';
import { testKafkaConfig } from '../../test/kafka-collecting.js';
import { until } from '../../test/until.js';
import { withBroker } from '../../test/with-broker.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import type { Kafka } from '../kafka/kafka.js';
import { openKafka } from '../kafka/kafkajs/open.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { publishToKafka, PUBLISHER } from './publish-to-kafka.js';

const why = await noBroker();
const whyOwn = await noOwnBroker();
const SOON = 20_000;
const LEASE_MS = 2_000;

(why ? describe.skip : describe)(`events to Kafka${why ? ` (skipped: ${why})` : ''}`, () => {
  const using = withBroker();
  let db: TestDatabase;
  let store: PostgresEventStore;
  let kafka: Kafka;
  let said: string[];
  let events: readonly Received[];
  const running: SubscriptionRunner[] = [];

  const start = (): SubscriptionRunner => {
    const tell = (line: string): void => void said.push(line);
    const runner = new SubscriptionRunner({
      ...{ pool: db.pool, store, leaseMs: LEASE_MS, subscriptions: [publishToKafka(kafka.sink())] },
      log: { log: tell, warn: tell, error: tell },
    });
    running.push(runner);
    runner.start();
    return runner;
  };
  /** So many events more in each of three streams of two workspaces. */
  const append = async (from: number, to_: number): Promise<void> => {
    for (let nr = from; nr < to_; nr += 1)
      await store.record(
        ['one', 'two'].flatMap((workspace) =>
          ['a', 'b', 'c'].flatMap((stream) => facts(stream, [`${workspace}-${stream}-${nr}`], workspace)),
        ),
      );
  };
  const ids = (): string[] => events.map(({ headers }) => headers['event-id'] ?? '');
  const published = (count: number): Promise<boolean> => until(() => new Set(ids()).size >= count, SOON);
  /** Without repetitions, each key's events are those of its stream, in their order. */
  const expectInOrder = async (): Promise<void> => {
    const { rows } = await db.pool.query<{ id: string; key: string }>(
      `SELECT id, workspace || '/' || stream AS key FROM touchline.event ORDER BY position`,
    );
    const first = events.filter(({ headers }, index) => ids().indexOf(headers['event-id'] ?? '') === index);
    for (const key of new Set(rows.map((row) => row.key))) {
      const wanted = rows.filter((row) => row.key === key).map(({ id }) => id);
      expect(first.filter((event) => event.key === key).map(({ headers }) => headers['event-id'])).toEqual(
        wanted,
      );
    }
  };

  beforeEach(async () => {
    said = [];
    db = await testDatabase({ max: 20 });
    store = new PostgresEventStore(db.pool);
    kafka = await openKafka(testKafkaConfig(using.broker.brokers), { warn: () => undefined });
    await using.client.freshTopic('touchline.events', 4);
    events = await using.client.collect('touchline.events');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((runner) => runner.stop()));
    await kafka.close();
    await store.close();
    await db.drop();
  });

  test('a committed event is published as a CloudEvent with its stream as key', async () => {
    start();
    await store.record(facts('touchpoints-anonymous:a-1', ['first']));
    await store.append([appendRequest('opportunity-opp-1', ['decided'])]);
    expect(await published(2)).toBe(true);

    const [event] = await store.readAll(0n, 1);
    const received = events.find(({ headers }) => headers['event-id'] === event?.id);
    expect(received).toMatchObject({
      key: 'main/touchpoints-anonymous:a-1',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'event-id': event?.id,
        position: '1',
      },
    });
    expect(JSON.parse(received?.value?.toString() ?? '')).toEqual({
      ...{
        specversion: '1.0',
        id: event?.id,
        source: '/workspaces/main',
        type: 'touchline.TouchpointRecorded',
      },
      ...{ subject: 'touchpoints-anonymous:a-1', time: '2026-03-01T09:30:00.123Z' },
      ...{ position: '1', schemaversion: 1 },
      recordedtime: event?.recordedAt.toISOString(),
      data: event?.data,
    });
    const decision = events.find(({ headers }) => headers['event-id'] !== event?.id);
    expect(JSON.parse(decision?.value?.toString() ?? '')).toMatchObject({ position: '2', streamversion: 1 });
  });

  test('earlier and new events of a stream are published in order', async () => {
    await append(0, 100);
    start();
    await append(100, 200);

    expect(await published(1_200)).toBe(true);
    await expectInOrder();
    expect(events).toHaveLength(1_200);
  });

  test('publishing continues at the checkpoint after a stop, and a rebuild publishes everything again', async () => {
    await append(0, 50);
    const first = start();
    expect(await published(300)).toBe(true);
    await first.catchUp();
    await first.stop();
    running.length = 0;
    await append(50, 60);

    const second = start();
    expect(await published(360)).toBe(true);
    expect(events).toHaveLength(360);
    await second.rebuild(PUBLISHER);

    expect(await until(() => events.length === 720, SOON)).toBe(true);
    await expectInOrder();
  });

  test('one of two processes publishes, and the other takes over when it dies or stalls', async () => {
    const worker = (): ReturnType<typeof fork> =>
      fork('test/workers/kafka-publisher.ts', [db.url, using.broker.brokers, String(LEASE_MS)], {
        execArgv: ['--import', './test/typescript-hooks.mjs'],
        stdio: 'ignore',
      });
    const frozen = worker();
    await append(0, 30);
    expect(await published(180)).toBe(true);

    frozen.kill('SIGSTOP');
    await append(30, 60);
    const killed = worker();
    expect(await published(360)).toBe(true);
    frozen.kill('SIGCONT');
    await append(60, 90);
    expect(await published(540)).toBe(true);
    const gone = once(killed, 'exit');
    killed.kill('SIGKILL');
    await gone;
    await append(90, 120);

    expect(await published(720)).toBe(true);
    await expectInOrder();
    const ended = once(frozen, 'exit');
    frozen.kill('SIGTERM');
    await ended;
  });

  (whyOwn ? test.skip : test)(
    `a broker that is killed is waited for, and nothing is lost or becomes a dead letter${whyOwn ? ` (skipped: ${whyOwn})` : ''}`,
    async () => {
      start();
      await append(0, 50);
      expect(await published(300)).toBe(true);
      const appending = append(50, 250);
      await using.broker.process?.kill();
      await appending;
      expect(
        await until(() => said.some((line) => line.includes('Kafka does not accept records')), SOON),
      ).toBe(true);
      await sleep(1_000);
      await using.broker.process?.restart();

      expect(await published(1_500)).toBe(true);
      await expectInOrder();
      expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
      const { rows } = await db.pool.query<{ status: string; error: string | null }>(
        'SELECT status, error FROM touchline.projection',
      );
      expect(rows).toEqual([{ status: 'running', error: null }]);
      expect(said).toContainEqual(expect.stringContaining('goes on'));
    },
    120_000,
  );
});
