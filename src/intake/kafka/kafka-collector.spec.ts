import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { noBroker, noOwnBroker } from '../../../test/kafka.js';
import { type Collecting, collecting, figure, KEY } from '../../../test/kafka-collecting.js';
import { Feed, touchpoint } from '../../../test/kafka-feed.js';
import { until } from '../../../test/until.js';
import { withBroker } from '../../../test/with-broker.js';
import kafkajs, { type Kafka } from 'kafkajs';
import { type EventStore, StoreUnavailable } from '../../event-store/event-store.js';
import { PostgresEventStore } from '../../event-store/postgres.js';
import { TouchpointSchema } from '../../proto/touchline/v1/touchpoint_pb.js';
import { FORMATS } from '../formats/all.js';
import { Pipeline } from '../pipeline.js';
import { RejectedLog, withOrigin } from '../rejected.js';
import { replay } from '../replay.js';

const protobufTouchpoint = (messageId: string, anonymousId: string): Buffer =>
  Buffer.from(
    toBinary(TouchpointSchema, create(TouchpointSchema, { messageId, kind: 'page_view', anonymousId })),
  );

/** A log that refuses when it is told to. */
function refusing(): { wrap: (store: EventStore) => EventStore; refuse: (away: boolean) => void } {
  let away = false;
  const wrap = (store: EventStore): EventStore => {
    const record = store.record.bind(store);
    store.record = (batch, progress) =>
      away ? Promise.reject(new StoreUnavailable('the log is full', 0)) : record(batch, progress);
    return store;
  };
  return { wrap, refuse: (now) => (away = now) };
}

/** Two records of 65 MB, each a batch of 65 KB on its way. */
async function sendBomb(kafka: Kafka): Promise<void> {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  const reading = codecs[types.GZIP];
  codecs[types.GZIP] = () => ({
    ...(reading() as object),
    compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(gzipSync(buffer)),
  });
  const producer = kafka.producer();
  await producer.connect();
  try {
    const messages = [{ key: 'bomb', value: Buffer.alloc(65 * 1024 * 1024) }];
    for (let sent = 0; sent < 2; sent += 1)
      await producer.send({ topic: 'touchpoints', compression: types.GZIP, messages });
  } finally {
    codecs[types.GZIP] = reading;
    await producer.disconnect();
  }
}

const why = await noBroker();
const whyOwn = await noOwnBroker();
const SOON = 30_000;
const RECORDS = 'touchline_kafka_records_total';

(why ? describe.skip : describe)(`touchpoints from Kafka${why ? ` (skipped: ${why})` : ''}`, () => {
  const using = withBroker();
  let db: TestDatabase;
  let collectors: Collecting[] = [];
  let run = 0;

  const start = async (options: Parameters<typeof collecting>[2] = {}): Promise<Collecting> => {
    const collector = await collecting(db.url, using.broker.brokers, { group: `group-${run}`, ...options });
    collectors.push(collector);
    return collector;
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all(collectors.splice(0).map((collector) => collector.stop()));
  };
  const done = (records: number): Promise<boolean> =>
    until(async () => {
      const counts = await Promise.all(collectors.map(({ metrics }) => figure(metrics, RECORDS)));
      return counts.reduce((sum, count) => sum + count, 0) >= records;
    }, SOON);
  const log = async (): Promise<{ stream: string; id: string }[]> =>
    (
      await db.pool.query<{ stream: string; id: string }>(
        'SELECT stream, id FROM touchline.event ORDER BY position',
      )
    ).rows;
  /** Where each partition ends. */
  const ends = async (): Promise<{ partition: number; offset: string }[]> =>
    (await using.client.admin.fetchTopicOffsets('touchpoints')).map(({ partition, high }) => ({
      partition,
      offset: high,
    }));
  const whole = (feed: Feed): Promise<boolean> =>
    until(async () => (await feed.inLog(db.pool)) >= feed.total, SOON);

  beforeEach(async () => {
    run += 1;
    db = await testDatabase();
    await using.client.freshTopic('touchpoints', 4);
    await using.client.freshTopic('touchpoints.rejected', 1);
  });
  afterEach(async () => {
    await stopAll();
    await db.drop();
  });

  test('a record is told by its headers: native, Protobuf, a structured or a binary CloudEvent', async () => {
    await start();
    const event = {
      specversion: '1.0',
      id: 'e-1',
      source: '/shop',
      type: 'page_view',
      time: '2026-03-01T09:30:00Z',
    };
    const data = { kind: 'page_view', anonymousId: 'structured' };
    await using.client.send('touchpoints', [
      { key: 'a', value: touchpoint('m-1', { anonymousId: 'plain' }) },
      {
        key: 'b',
        value: touchpoint('m-2', { anonymousId: 'typed' }),
        headers: { 'content-type': 'application/json; charset=utf-8' },
      },
      {
        key: 'c',
        value: JSON.stringify({ ...event, data }),
        headers: { 'content-type': 'application/cloudevents+json' },
      },
      {
        key: 'd',
        value: JSON.stringify({ ...data, anonymousId: 'binary' }),
        headers: {
          ce_specversion: '1.0',
          ce_id: 'e-2',
          ce_source: '/shop',
          ce_type: 'page_view',
          'content-type': 'application/json',
        },
      },
      {
        key: 'e',
        value: protobufTouchpoint('m-3', 'protobuf'),
        headers: { 'content-type': 'application/x-protobuf' },
      },
      // The same event in the other form, and the same message again: both are in the log already.
      {
        key: 'c',
        value: JSON.stringify(data),
        headers: {
          ce_specversion: '1.0',
          ce_id: 'e-1',
          ce_source: '/shop',
          ce_type: 'x',
          ce_time: '2026-03-01T09:30:00Z',
        },
      },
      { key: 'a', value: touchpoint('m-1', { anonymousId: 'plain' }) },
    ]);

    expect(await done(7)).toBe(true);
    const streams = (await log()).map(({ stream }) => stream).sort();
    expect(streams).toEqual(
      ['binary', 'plain', 'protobuf', 'structured', 'typed'].map((id) => `touchpoints-anonymous:${id}`),
    );
  });

  test('the write key is in a header, in the JSON, or the setting', async () => {
    const collector = await start({ writeKey: 'wk_of_nobody' });
    await using.client.send('touchpoints', [
      { key: 'a', value: touchpoint('header'), headers: { 'write-key': KEY } },
      { key: 'a', value: touchpoint('x-header'), headers: { 'x-write-key': KEY } },
      { key: 'a', value: touchpoint('json', { writeKey: KEY }) },
      { key: 'a', value: touchpoint('setting') },
    ]);
    const rejected = await using.client.collect('touchpoints.rejected');

    expect(await done(4)).toBe(true);
    expect(await log()).toHaveLength(3);
    expect(await figure(collector.metrics, RECORDS, { outcome: 'rejected' })).toBe(1);
    expect(await until(() => rejected.length === 1, SOON)).toBe(true);
    expect(rejected[0]).toMatchObject({ key: 'a', headers: { 'reason-code': 'write-key-unknown' } });
    // A key that opens no workspace leaves nothing in anybody's table.
    expect((await db.pool.query('SELECT FROM touchline.rejected')).rowCount).toBe(0);
  });

  test('what cannot be accepted is kept twice with its reason, and its partition goes on', async () => {
    await start();
    const huge = touchpoint('huge', { properties: { text: 'x'.repeat(900_000) } });
    const bad: readonly [string, string | Buffer | null, Record<string, string>?][] = [
      ['unreadable-body', 'no JSON'],
      ['unreadable-body', Buffer.from([0xff, 0x00, 0xfe])],
      ['unreadable-body', null],
      ['unreadable-body', `[${touchpoint('in-a-list')}]`],
      ['event-too-large', huge],
      ['missing-field', '{"kind":"page_view","anonymousId":"a-1"}'],
      ['unknown-kind', touchpoint('k', { kind: 'teleport' })],
      ['content-type-unknown', touchpoint('x'), { 'content-type': 'text/xml' }],
      ['unreadable-data', 'no JSON', { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't' }],
      ['unreadable-body', Buffer.from([0x0a, 0xff]), { 'content-type': 'application/x-protobuf' }],
      ['number-out-of-range', '{"a\\u0000b": 1e999}'],
    ];
    await using.client.send('touchpoints', [
      ...bad.map(([, value, headers]) => ({
        key: 'a',
        partition: 0,
        value,
        headers: { ...headers, origin: 'test' },
      })),
      { key: 'a', partition: 0, value: touchpoint('good') },
    ]);
    const rejected = await using.client.collect('touchpoints.rejected');

    expect(await done(bad.length + 1)).toBe(true);
    expect(await log()).toHaveLength(1);
    const { rows } = await db.pool.query<{ code: string }>(
      'SELECT code FROM touchline.rejected ORDER BY number',
    );
    expect(rows.map(({ code }) => code)).toEqual(bad.map(([code]) => code));
    expect(await until(() => rejected.length === bad.length, SOON)).toBe(true);
    expect(rejected.map(({ headers }) => headers['reason-code'])).toEqual(bad.map(([code]) => code));
    expect(rejected.map(({ value }) => value)).toEqual(
      bad.map(([, value]) => (value === null ? null : Buffer.from(value))),
    );
    expect(rejected[6]?.headers).toMatchObject({
      ...{
        origin: 'test',
        'reason-path': 'kind',
        'source-topic': 'touchpoints',
        'source-partition': '0',
        'source-offset': '6',
      },
      'reason-message': expect.stringContaining('must be one of'),
    });
  });

  test('what was rejected can be replayed from the table once the cause is mended', async () => {
    await start();
    const message = protobufTouchpoint('m-1', 'protobuf');
    await using.client.send('touchpoints', [
      { key: 'a', value: touchpoint('m-2'), headers: { 'content-type': 'text/plain' } },
      { key: 'a', value: 'no JSON' },
      { key: 'a', value: touchpoint('m-3', { kind: 'teleport' }) },
    ]);
    expect(await done(3)).toBe(true);
    const rejected = new RejectedLog(db.pool);
    // As of a version that could not read a message of today.
    const [row] = await rejected.page({ workspace: 'main', state: 'open', limit: 1, order: 'oldest' });
    if (!row) throw new Error('nothing was rejected');
    await rejected.keep([
      withOrigin(row, { unit: 'request', format: 'protobuf', payload: message, reason: row.reason }),
    ]);

    const store = new PostgresEventStore(db.pool);
    const question = { workspace: 'main', limit: 10 };
    const pipeline = new Pipeline(store, rejected);
    const configOf = () => undefined;
    const deps = { rejected, pipeline, formats: FORMATS, configOf, now: () => new Date() };
    const { results } = await replay(deps, question);
    await store.close();

    expect(results.map((result) => ('reason' in result ? result.reason.code : 'accepted'))).toEqual([
      ...['accepted', 'unreadable-body', 'unknown-kind', 'accepted'],
    ]);
    expect((await log()).map(({ stream }) => stream)).toEqual(
      ['a-1', 'protobuf'].map((id) => `touchpoints-anonymous:${id}`),
    );
  });

  test('a topic read again from its start changes nothing', async () => {
    const feed = new Feed(using.client, 'again');
    await start();
    await feed.send(3_000);
    await using.client.send('touchpoints', [
      { key: 'x', value: 'no JSON' },
      { key: 'y', value: touchpoint('no-time', { occurredAt: undefined }) },
    ]);
    expect(await done(3_002)).toBe(true);
    await stopAll();
    const before = await log();

    // Another group has no progress: it reads all of it.
    const other = await start({ group: 'another' });
    expect(await done(3_002)).toBe(true);

    expect(await figure(other.metrics, RECORDS, { outcome: 'duplicate' })).toBe(3_001);
    expect(await log()).toEqual(before);
    expect((await db.pool.query('SELECT FROM touchline.rejected')).rowCount).toBe(1);
    await feed.expectOnceInOrder(db.pool);
  });

  test('what is in the log is passed over, wherever the offsets of the group were set', async () => {
    const feed = new Feed(using.client, 'passed');
    await start();
    await feed.send(1_000);
    expect(await done(1_000)).toBe(true);
    await stopAll();
    await using.client.admin.resetOffsets({ groupId: `group-${run}`, topic: 'touchpoints', earliest: true });

    const collector = await start();
    await feed.send(10);

    expect(await whole(feed)).toBe(true);
    await feed.expectOnceInOrder(db.pool);
    expect(await figure(collector.metrics, RECORDS)).toBe(10);
  });

  test.each([
    ['with fewer records', 40],
    ['with more records', 800],
  ])('a topic that was deleted and made anew %s is read whole', async (_, count) => {
    const old = new Feed(using.client, 'old');
    await start();
    await old.send(400);
    expect(await done(400)).toBe(true);
    await stopAll();
    await using.client.deleteTopic('touchpoints');
    await using.client.createTopic('touchpoints', 4);
    const anew = new Feed(using.client, 'anew');
    await anew.send(count);

    await start();

    expect(await whole(anew)).toBe(true);
    await anew.expectOnceInOrder(db.pool);
    await old.expectOnceInOrder(db.pool);
    // The progress is the new topic's now.
    await stopAll();
    const collector = await start();
    await anew.send(20);
    expect(await whole(anew)).toBe(true);
    expect(await figure(collector.metrics, RECORDS)).toBe(20);
  });

  test('a topic deleted and made anew while it is read is read on', async () => {
    const old = new Feed(using.client, 'old');
    await start();
    await old.send(400);
    expect(await done(400)).toBe(true);

    await using.client.deleteTopic('touchpoints');
    await sleep(500);
    if (!(await using.client.admin.listTopics()).includes('touchpoints'))
      await using.client.createTopic('touchpoints', 4).catch(() => undefined);
    const anew = new Feed(using.client, 'anew');
    await anew.send(200);

    expect(await whole(anew)).toBe(true);
    await anew.expectOnceInOrder(db.pool);
  });

  test('a topic deleted and made anew while reading is paused is read whole', async () => {
    const { wrap, refuse } = refusing();
    const collector = await start({ wrap });
    const old = new Feed(using.client, 'old');
    await old.send(200);
    expect(await whole(old)).toBe(true);
    refuse(true);
    await old.send(200);
    expect(
      await until(async () => (await figure(collector.metrics, 'touchline_kafka_paused')) === 4, SOON),
    ).toBe(true);

    await using.client.deleteTopic('touchpoints');
    await using.client.createTopic('touchpoints', 4);
    const anew = new Feed(using.client, 'anew');
    await anew.send(1_000);
    await sleep(1_000);
    refuse(false);

    expect(await whole(anew)).toBe(true);
    await anew.expectOnceInOrder(db.pool);
  });

  test('records that retention took before they were read are passed over', async () => {
    const [read, gone, kept] = ['read', 'gone', 'kept'].map((name) => new Feed(using.client, name)) as [
      Feed,
      Feed,
      Feed,
    ];
    await start();
    await read.send(200);
    expect(await done(200)).toBe(true);
    await stopAll();
    await gone.send(200);
    await using.client.admin.deleteTopicRecords({ topic: 'touchpoints', partitions: await ends() });
    await kept.send(200);

    await start();

    expect(await whole(kept)).toBe(true);
    await read.expectOnceInOrder(db.pool);
    await kept.expectOnceInOrder(db.pool);
    expect(await gone.inLog(db.pool)).toBe(0);
  });

  test('a batch that cannot be read is rejected as a whole, and its partition goes on', async () => {
    const [before, after] = ['before', 'after'].map((name) => new Feed(using.client, name)) as [Feed, Feed];
    await start();
    await before.send(200);
    expect(await whole(before)).toBe(true);
    await sendBomb(using.client.kafka);
    await after.send(200);

    expect(await whole(after)).toBe(true);
    await before.expectOnceInOrder(db.pool);
    await after.expectOnceInOrder(db.pool);
    const unread = /^The batch of the offsets (\d+) to \1 cannot be read: .* larger than 67108864/;
    const rejected = await using.client.collect('touchpoints.rejected');
    expect(await until(() => rejected.length >= 2, SOON)).toBe(true);
    expect(rejected.map(({ headers }) => headers['reason-code'])).toEqual([
      'unreadable-batch',
      'unreadable-batch',
    ]);
    for (const { headers } of rejected) expect(headers['reason-message']).toMatch(unread);
    const { rows } = await db.pool.query<{ message: string }>(
      'SELECT message FROM touchline.rejected ORDER BY number',
    );
    expect(rows.map(({ message }) => message)).toEqual(
      rejected.map(({ headers }) => headers['reason-message']),
    );

    // Whoever comes after does not stumble over it either.
    await stopAll();
    await start({ group: 'another' });
    expect(await done(402)).toBe(true);
  });

  test('a log that refuses is waited for: reading is paused, memory stays bounded, nothing is lost', async () => {
    const { wrap, refuse } = refusing();
    const collector = await start({ wrap, sessionMs: 2_000 });
    const feed = new Feed(using.client, 'paused');
    await feed.send(100);
    expect(await whole(feed)).toBe(true);

    refuse(true);
    await feed.send(2_000);
    expect(
      await until(async () => (await figure(collector.metrics, 'touchline_kafka_paused')) === 4, SOON),
    ).toBe(true);
    // Longer than a session: the member is alive all the same.
    await sleep(6_000);
    await feed.send(2_000);
    expect(await feed.inLog(db.pool)).toBe(100);
    const rebalances = await figure(collector.metrics, 'touchline_kafka_rebalances_total');
    refuse(false);

    expect(await whole(feed)).toBe(true);
    await feed.expectOnceInOrder(db.pool);
    expect(await figure(collector.metrics, 'touchline_kafka_paused')).toBe(0);
    expect(await figure(collector.metrics, 'touchline_kafka_pauses_total')).toBeGreaterThan(0);
    expect(await figure(collector.metrics, 'touchline_kafka_rebalances_total')).toBe(rebalances);
    expect(collector.logLines).toEqual([
      expect.stringContaining('the log is full'),
      expect.stringContaining('no longer'),
    ]);
  });

  test('collectors that join and leave in mid-stream lose and double nothing', async () => {
    const feed = new Feed(using.client, 'shared', 40);
    const first = await start();
    feed.start();
    await sleep(1_500);
    const second = await start();
    await sleep(2_500);
    const third = await start();
    expect(await until(async () => (await figure(third.metrics, RECORDS)) > 0, SOON)).toBe(true);
    collectors = collectors.filter((one) => one !== first);
    await first.stop();
    await sleep(1_500);
    await feed.stop();

    expect(await whole(feed)).toBe(true);
    await feed.expectOnceInOrder(db.pool);
    expect(await figure(second.metrics, RECORDS)).toBeGreaterThan(0);
  });

  (whyOwn ? test.skip : test)(
    `a broker that is killed and started again in mid-stream loses and doubles nothing${whyOwn ? ` (skipped: ${whyOwn})` : ''}`,
    async () => {
      const feed = new Feed(using.client, 'killed');
      const collector = await start();
      feed.start();
      for (let kill = 0; kill < 2; kill += 1) {
        const before = feed.total;
        expect(await until(() => feed.total > before + 500, SOON)).toBe(true);
        await using.broker.process?.kill();
        await sleep(2_000);
        await using.broker.process?.restart();
      }
      const before = feed.total;
      expect(await until(() => feed.total > before + 500, SOON)).toBe(true);
      await feed.stop();

      expect(await whole(feed)).toBe(true);
      await feed.expectOnceInOrder(db.pool);
      expect(collector.logLines.length).toBeLessThan(20);
    },
    120_000,
  );
});
