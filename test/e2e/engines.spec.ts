import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogPool } from '../../src/database/database.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { EventStoreDbEventStore } from '../../src/event-store/eventstoredb.js';
import { QueryService } from '../../src/proto/touchline/v1/query_pb.js';
import { testDatabase, type TestDatabase } from '../database.js';
import { eventsAfter } from '../events-after.js';
import { ProtocolServer } from '../eventstoredb/server.js';
import { bearer, good, GrpcClient } from '../grpc.js';
import { noOwnBroker, BrokerProcess } from '../kafka.js';
import { KafkaClient, type Received } from '../kafka-client.js';
import { until } from '../until.js';
import { API_KEY, freePort, ServerProcess, WRITE_KEY } from './server-process.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectMoneyConserved } from './invariants.js';

const why = await noOwnBroker();
const SOON = 60_000;

/** What a company of ten brands runs, in small: every door and every engine, a process for each role. */
(why ? describe.skip : describe)(`every engine at once${why ? ` (skipped: ${why})` : ''}`, () => {
  let broker: BrokerProcess;
  let kafka: KafkaClient;
  let log: ProtocolServer;
  let db: TestDatabase;
  let folder: string;
  let published: readonly Received[];
  const processes = new Set<ServerProcess>();
  const grpcPort = { collect: 0, query: 0 };

  async function start(roles: string, grpc?: number, port?: number): Promise<ServerProcess> {
    const env = {
      ...{ DATABASE_URL: db.url, EVENT_STORE: 'eventstoredb', EVENTSTOREDB_URL: log.url, ROLES: roles },
      ...{ KAFKA_BROKERS: broker.brokers, KAFKA_PARTITIONS: '4', KAFKA_WRITE_KEY: WRITE_KEY },
      ...(grpc !== undefined && { GRPC_PORT: String(grpc) }),
    };
    const dataDir = await mkdtemp(join(folder, 'data-'));
    const server = await ServerProcess.start({ dataDir, port: port ?? (await freePort()), env });
    processes.add(server);
    return server;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'touchline-engines-'));
    [broker, log, db] = await Promise.all([BrokerProcess.start(), ProtocolServer.start(), testDatabase()]);
    kafka = await KafkaClient.connect(broker.brokers);
    for (const topic of ['touchpoints', 'touchline.events']) await kafka.createTopic(topic, 4);
    published = await kafka.collect('touchline.events');
    grpcPort.collect = await freePort();
    grpcPort.query = await freePort();
  }, 120_000);
  afterAll(async () => {
    await Promise.all([...processes].map((one) => one.stop()));
    await kafka?.close();
    await broker?.remove();
    await log?.stop();
    await db?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (nr: number): string => new Date(Date.UTC(2026, 2, 1) + nr * 1_000).toISOString();
  const touchpoint = (door: string, nr: number) => ({
    ...{ messageId: `${door}-${nr}`, kind: 'content_view', anonymousId: `a-${nr % 40}`, occurredAt: at(nr) },
    ...{ content: { id: `c-${nr % 5}` }, properties: { mid: `${door}-${nr}` } },
  });

  async function byKafka(from: number, to: number): Promise<void> {
    const records = Array.from({ length: to - from }, (_, index) => touchpoint('k', from + index));
    await kafka.send(
      'touchpoints',
      records.map((one) => ({ key: one.anonymousId, value: JSON.stringify(one) })),
    );
  }

  /** Until it is answered: a collector may be away just then. */
  async function byGrpc(from: number, to: number): Promise<void> {
    const touchpoints = Array.from({ length: to - from }, (_, index) => {
      const { occurredAt, ...one } = touchpoint('g', from + index);
      return { ...one, occurredAt: { seconds: BigInt(Date.parse(occurredAt) / 1_000), nanos: 0 } };
    });
    const client = new GrpcClient(grpcPort.collect, bearer(WRITE_KEY));
    const sent = await until(async () => 'receipts' in (await client.record(touchpoints)), SOON);
    client.close();
    expect(sent).toBe(true);
  }

  async function wholeLog(): Promise<RecordedEvent[]> {
    const pool = createLogPool(db.url);
    const store = new EventStoreDbEventStore(log.url, pool);
    const events = await eventsAfter(store);
    await store.close();
    await pool.end();
    return events;
  }

  test('events of HTTP, gRPC and Kafka are in the log once, counted once and published in order, whichever process dies', async () => {
    const [collect, project] = [await start('collect', grpcPort.collect), await start('project')];
    const [query] = [await start('query', grpcPort.query), await start('project'), await start('react')];
    const traffic = new Traffic(collect.url, query.url);
    traffic.start({ batches: 1, singles: 2, opportunities: 1, pauseMs: 40 });
    const goesOn = async (): Promise<boolean> => {
      const before = traffic.acknowledged.won.size;
      return until(() => traffic.acknowledged.won.size > before + 2, SOON);
    };

    await byKafka(0, 400);
    await byGrpc(0, 400);
    expect(await goesOn()).toBe(true);
    await collect.kill();
    await project.kill();
    await byKafka(400, 800);
    await start('collect', grpcPort.collect, Number(new URL(collect.url).port));
    await byGrpc(300, 800);
    expect(await goesOn()).toBe(true);
    await broker.kill();
    await start('project');
    expect(await goesOn()).toBe(true);
    await broker.restart();
    await log.stop();
    await log.start();
    await byKafka(700, 1_000);
    expect(await goesOn()).toBe(true);
    await traffic.stop();

    const wanted = [...traffic.acknowledged.messages, ...numbered('k', 1_000), ...numbered('g', 800)];
    let events: RecordedEvent[] = [];
    const mids = (): string[] =>
      events.flatMap(({ type, data }) => (type === 'TouchpointRecorded' ? String(data.properties?.mid) : []));
    await until(async () => {
      events = await wholeLog();
      return new Set(mids()).size >= wanted.length;
    }, SOON);
    expect(mids().sort()).toEqual(wanted.sort());
    for (const own of Map.groupBy(events, ({ stream }) => stream).values())
      expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 1));

    await caughtUp(query.url, 2 * SOON);
    await expectMoneyConserved(db.pool, traffic.acknowledged);
    expect(traffic.refusals.withoutRetryAfter).toBe(0);
    await expectPublished(events);
    await expectSameAnswers(query);
  }, 300_000);

  const numbered = (door: string, count: number): string[] =>
    Array.from({ length: count }, (_, nr) => `${door}-${nr}`);

  /** Each event, in the order of its stream; one that came twice has the same id. */
  async function expectPublished(events: readonly RecordedEvent[]): Promise<void> {
    const seen = (): Received[] => {
      const ids = new Set<string>();
      return published.filter(
        ({ headers }) => !ids.has(headers['event-id'] ?? '') && ids.add(headers['event-id'] ?? ''),
      );
    };
    expect(await until(() => seen().length >= events.length, SOON)).toBe(true);
    const inOrder = (list: readonly (readonly [string, string])[]) =>
      Object.fromEntries(
        [...Map.groupBy(list, ([stream]) => stream)].map(([stream, own]) => [
          stream,
          own.map(([, id]) => id),
        ]),
      );
    expect(inOrder(seen().map(({ key, headers }) => [key, headers['event-id'] ?? '']))).toEqual(
      inOrder(events.map(({ workspace, stream, id }) => [`${workspace}/${stream}`, id])),
    );
  }

  async function expectSameAnswers({ url }: ServerProcess): Promise<void> {
    const client = new GrpcClient(grpcPort.query, bearer(API_KEY));
    const { getAttribution } = QueryService.method;
    const asked = { model: 'linear', by: ['content'], metric: 'revenue' };
    const byGrpcAnswer = await good(client.call(getAttribution, asked));
    client.close();
    const path = `/api/attribution?model=linear&by=content&metric=revenue&asOf=${byGrpcAnswer.asOf}`;
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${API_KEY}` } });
    const { total, rows } = (await answer.json()) as {
      total: { minor: number };
      rows: { key: string; value: { minor: number } }[];
    };
    expect(rows.length).toBeGreaterThan(3);
    expect(byGrpcAnswer.rows.map(({ key, value }) => [key, Number(value?.minor)])).toEqual(
      rows.map(({ key, value }) => [key, value.minor]),
    );
    expect(Number(byGrpcAnswer.total?.minor)).toBe(total.minor);
  }
});
