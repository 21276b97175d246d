import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { noBroker } from '../../test/kafka.js';
import type { Received } from '../../test/kafka-client.js';
import { testKafkaConfig } from '../../test/kafka-collecting.js';
import { LeadLog } from '../../test/qualified-leads.js';
import { until } from '../../test/until.js';
import { addEndpoint } from '../../test/webhooks.js';
import { withBroker } from '../../test/with-broker.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { identityKey, leadIdOf } from '../domain/identity/keys.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import type { Kafka } from '../kafka/kafka.js';
import { openKafka } from '../kafka/kafkajs/open.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { followSegments } from './follow-segments.js';
import { publishToKafka, PUBLISHER } from './publish-to-kafka.js';

const why = await noBroker();
const SOON = 30_000;
const LEASE_MS = 500;
const ada = identityKey('user', 'ada');
const leadId = leadIdOf('main', ada);
const SEGMENTS = [
  { id: 'buyers', name: 'Buyers', when: { persona: 'buyer' } },
  { id: 'active', name: 'Active', when: { did: [{ when: { kind: 'page_view' as const }, withinDays: 7 }] } },
];

(why ? describe.skip : describe)(`segment changes on Kafka${why ? ` (skipped: ${why})` : ''}`, () => {
  const using = withBroker();
  let db: TestDatabase;
  let store: PostgresEventStore;
  let log: LeadLog;
  let kafka: Kafka;
  let clock: Date;
  let received: readonly Received[];
  const runners: SubscriptionRunner[] = [];
  const workers: ChildProcess[] = [];

  beforeEach(async () => {
    db = await testDatabase({ max: 20 });
    store = new PostgresEventStore(db.pool);
    log = new LeadLog(store);
    clock = new Date();
    kafka = await openKafka(testKafkaConfig(using.broker.brokers), { warn: () => undefined });
    await using.client.freshTopic('touchline.events', 4);
    received = await using.client.collect('touchline.events');
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => endWorker(worker)));
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    await kafka.close();
    await store.close();
    await db.drop();
  });

  async function runner(): Promise<SubscriptionRunner> {
    const subscriptions = [...projections, followSegments(() => clock), publishToKafka(kafka.sink())];
    const made = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
    runners.push(made);
    await made.catchUp();
    return made;
  }
  const worker = async (...crash: readonly string[]): Promise<void> => {
    const args = [db.url, using.broker.brokers, String(LEASE_MS), ...crash];
    workers.push(await startWorker('./segment-publisher.ts', args));
  };
  const publishModel = (): Promise<void> => log.publish({ ...TEST_MODEL, segments: SEGMENTS });

  const changes = (): Received[] => received.filter(({ value }) => /"touchline.Segment/.test(String(value)));
  const bodyOf = ({ value }: Received): Record<string, unknown> =>
    JSON.parse(String(value)) as Record<string, unknown>;
  const idOf = ({ headers }: Received): string => headers['event-id'] ?? '';
  const withoutRepetitions = (): Received[] =>
    changes().filter((change, at, all) => all.findIndex((one) => idOf(one) === idOf(change)) === at);
  const published = (): Promise<number> =>
    db.pool
      .query<{ n: number }>(
        `SELECT (count(*) + count(superseded_at))::int AS n FROM touchline.segment_membership`,
      )
      .then(({ rows }) => rows[0]?.n ?? 0);
  const arrived = (count: number): Promise<boolean> =>
    until(() => withoutRepetitions().length >= count, SOON);

  test('entering and leaving are CloudEvents under the key of the decisions on the lead, with the ids that webhooks have', async () => {
    await addEndpoint(db.pool, 'https://hooks.example/');
    await publishModel();
    const running = await runner();
    await log.touch([ada], 'page_view', { traits: { title: 'CFO' } });
    await running.catchUp();
    await log.touch([ada], 'email_open', { traits: { title: 'gardener' } });
    await running.catchUp();
    expect(await arrived(3)).toBe(true);

    const [entered, , left] = changes();
    const event = await store.readAt(3n);
    expect(left).toMatchObject({ key: `main/lead-${leadId}`, headers: { 'event-id': idOf(left!) } });
    expect(left?.headers).not.toHaveProperty('position');
    expect(bodyOf(left!)).toEqual({
      ...{ specversion: '1.0', id: idOf(left!), source: '/workspaces/main', type: 'touchline.SegmentLeft' },
      ...{
        subject: `lead-${leadId}`,
        time: event?.recordedAt.toISOString(),
        knownfrom: '3',
        schemaversion: 1,
      },
      data: { leadId, segment: 'buyers', modelVersion: 1 },
    });
    expect(bodyOf(entered!)).toMatchObject({ type: 'touchline.SegmentEntered', knownfrom: '2' });
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT body::json -> 'data' ->> 'eventId' AS id FROM touchline.webhook_delivery d ORDER BY d.id`,
    );
    expect(rows.map(({ id }) => id)).toEqual(changes().map(idOf));
  });

  test('what time alone changes is published at once, and a change never before its event', async () => {
    await publishModel();
    const running = await runner();
    await log.touch([ada], 'page_view', { hoursAgo: 24 });
    await running.catchUp();
    expect(await arrived(1)).toBe(true);
    clock = new Date(+clock + 10 * 86_400_000);
    running.start();
    expect(await arrived(2)).toBe(true);
    expect(bodyOf(changes()[1]!)).toMatchObject({ type: 'touchline.SegmentLeft', knownfrom: '3' });

    const touched = received.findIndex(({ value }) => String(value).includes('TouchpointRecorded'));
    expect(touched).toBeGreaterThanOrEqual(0);
    expect(touched).toBeLessThan(received.indexOf(changes()[0]!));
  });

  test('a rebuild of the publisher publishes all changes again, with the same ids in the same order', async () => {
    await publishModel();
    const running = await runner();
    for (const title of ['CFO', 'gardener', 'CFO'])
      await log.touch([ada], 'page_view', { traits: { title } }).then(() => running.catchUp());
    expect(await arrived(4)).toBe(true);
    running.start();
    await running.rebuild(PUBLISHER);
    expect(await until(() => changes().length >= 8, SOON)).toBe(true);
    expect(changes().slice(4).map(idOf)).toEqual(changes().slice(0, 4).map(idOf));
  });

  test.each([
    ['before-send', 2],
    ['after-send', 1],
    ['after-send', 3],
    ['before-send', 5],
  ])(
    'a process killed %s number %i loses no change, sends none under another id, and keeps the order of each lead',
    async (moment, nth) => {
      const people = ['ada', 'bob', 'cy'].map((id) => identityKey('user', id));
      await publishModel();
      // Segments follow what comes after they were first seen.
      await (await runner()).stop();
      runners.length = 0;
      const caughtUp = async (): Promise<boolean> => {
        const { rows } = await db.pool.query<{ behind: boolean }>(
          'SELECT bool_or(position < $1) AS behind FROM touchline.projection',
          [await store.head()],
        );
        return rows[0]?.behind === false;
      };
      await worker(moment, String(nth));
      for (let round = 0; round < 6; round += 1) {
        for (const key of people)
          await log.touch([key], 'page_view', { traits: { title: round % 2 ? 'gardener' : 'CFO' } });
        // Each round is a batch of its own.
        await until(async () => workers[0]?.signalCode === 'SIGKILL' || (await caughtUp()), SOON);
      }
      expect(await until(() => workers[0]?.signalCode === 'SIGKILL', SOON)).toBe(true);
      await worker();
      for (const key of people) await log.touch([key], 'page_view', { traits: { title: 'CFO' } });
      expect(await until(caughtUp, SOON)).toBe(true);
      expect(await arrived(await published())).toBe(true);
      expect(withoutRepetitions()).toHaveLength(await published());

      // Each segment of a lead is entered and left in turn, and the last word is what the rows say.
      for (const key of new Set(changes().map((change) => change.key))) {
        const own = withoutRepetitions()
          .filter((change) => change.key === key)
          .map(bodyOf);
        const positions = own.map(({ knownfrom }) => Number(knownfrom));
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        const ofBuyers = own.filter(({ data }) => (data as { segment: string }).segment === 'buyers');
        expect(ofBuyers.map(({ type }) => type)).toEqual(
          ofBuyers.map((_, at) => (at % 2 ? 'touchline.SegmentLeft' : 'touchline.SegmentEntered')),
        );
        expect(ofBuyers.at(-1)).toMatchObject({ type: 'touchline.SegmentEntered' });
      }
    },
    120_000,
  );
});
