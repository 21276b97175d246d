import { setTimeout as sleep } from 'node:timers/promises';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type pg from 'pg';
import { freePort, poolOf, ServerProcess, WRITE_KEY } from '../test/e2e/server-process.js';
import { noBroker, testBroker } from '../test/kafka.js';
import { KafkaClient } from '../test/kafka-client.js';
import type { Report } from './figure.js';
import type { PlainRead } from './kafka-plain.js';
import { nativeEvent } from './messages.js';
import { inFolder } from './server.js';

const RECORDS = 200_000;
const PARTITIONS = 4;

/** Kafka to the log and the log to Kafka, by servers of their own, beside a consumer that does nothing. */
export async function kafka(report: Report, rawLimit: number): Promise<void> {
  const why = await noBroker();
  if (why !== undefined) {
    console.log(`Kafka is not measured: ${why}`);
    return;
  }
  const broker = await testBroker();
  const { brokers } = broker;
  try {
    await fill(brokers, 'zstd');
    await inFolder((dataDir) => intoLog(report, rawLimit, brokers, dataDir, ', compressed by zstd'));
    await fill(brokers, 'uncompressed');
    const value = await plainRead(brokers);
    report({ name: 'kafkajs reads the same records and does nothing', value, unit: 'records/s' });
    await inFolder(async (dataDir) => {
      await intoLog(report, rawLimit, brokers, dataDir);
      await outOfLog(report, brokers, dataDir);
    });
  } finally {
    await broker.stop();
  }
}

/** @param codec by which the broker compresses */
async function fill(brokers: string, codec: string): Promise<void> {
  const client = await KafkaClient.connect(brokers);
  await client.freshTopic('touchpoints', PARTITIONS, { 'compression.type': codec });
  for (let sent = 0; sent < RECORDS; sent += 2_000) {
    const buyer = (index: number): string => `b-${(sent + index) % 20_000}`;
    const records = Array.from({ length: 2_000 }, (_, index) => ({
      key: buyer(index),
      value: nativeEvent(buyer(index)),
    }));
    await client.send('touchpoints', records);
  }
  await client.close();
}

async function intoLog(
  report: Report,
  rawLimit: number,
  brokers: string,
  dataDir: string,
  how = '',
): Promise<void> {
  const head = 'SELECT head AS at FROM touchline.log';
  const { perSecond: value, resident } = await served(brokers, dataDir, 'collect', head);
  const ofLimit = value / rawLimit;
  report({
    name: `Kafka to the log, ${PARTITIONS} partitions${how}`,
    ...{ value, unit: 'records/s', ofLimit, atLeast: 0.4 },
  });
  memory(report, 'collector', resident);
}

async function outOfLog(report: Report, brokers: string, dataDir: string): Promise<void> {
  const checkpoint = `SELECT position AS at FROM touchline.projection WHERE name = 'kafka_events'`;
  const { perSecond: value, resident } = await served(brokers, dataDir, 'react', checkpoint);
  report({ name: 'the log to Kafka', value, unit: 'events/s', atLeast: 20_000 });
  memory(report, 'publisher', resident);
}

/** @param resident in bytes, as time went on */
function memory(report: Report, whose: string, resident: readonly number[]): void {
  const peak = Math.max(...resident);
  const early = Math.max(...resident.slice(0, resident.length / 2));
  report({
    name: `  resident memory of the ${whose}, peak`,
    ...{ value: peak / 2 ** 20, unit: 'MB', atMost: 400 },
  });
  report({
    name: '  … to its peak in the first half of the time',
    value: peak / early,
    unit: '×',
    atMost: 1.2,
  });
}

/** A server of one role, from its first record to the last. */
async function served(
  brokers: string,
  dataDir: string,
  role: string,
  asking: string,
): Promise<{ perSecond: number; resident: readonly number[] }> {
  const env = { ROLES: role, KAFKA_BROKERS: brokers, KAFKA_WRITE_KEY: WRITE_KEY };
  const server = await ServerProcess.start({ dataDir, port: await freePort(), env });
  const pool = await poolOf(dataDir);
  const resident: number[] = [];
  const timer = setInterval(() => void server.memory().then((bytes) => resident.push(bytes)), 100);
  try {
    return { perSecond: await rate(pool, asking, server), resident };
  } finally {
    clearInterval(timer);
    await pool.end();
    await server.stop();
  }
}

async function rate(pool: pg.Pool, asking: string, server: ServerProcess): Promise<number> {
  let first: { at: number; time: number } | undefined;
  for (;;) {
    const { rows } = await pool.query<{ at: string }>(asking);
    const at = Number(rows[0]?.at ?? 0);
    const time = performance.now();
    if (at > 1_000) first ??= { at, time };
    if (first && at >= RECORDS) return ((at - first.at) / (time - first.time)) * 1_000;
    if (!server.running) throw new Error(server.output);
    await sleep(10);
  }
}

/** Records a second of a consumer in a process of its own. */
async function plainRead(brokers: string): Promise<number> {
  const job: PlainRead = { brokers, topic: 'touchpoints', records: RECORDS };
  const child = fork(join(import.meta.dirname, 'kafka-plain.ts'), [JSON.stringify(job)]);
  const [perSecond] = (await once(child, 'message')) as [number];
  return perSecond;
}
