import { once } from 'node:events';
import type { CopyStreamQuery } from 'pg-copy-streams';
import { from as copyFrom } from 'pg-copy-streams';
import pg from 'pg';
import { createLogPool } from '../src/database/database.js';
import { migrate } from '../src/database/migrate.js';
import { eventId } from '../src/domain/event-id.js';
import type { NewEvent } from '../src/domain/events.js';
import { identityKey } from '../src/domain/identity/keys.js';
import type { EventStore, NewFact } from '../src/event-store/event-store.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import type { Report } from './figure.js';

const PEOPLE = 20_000;

/**
 * Rows a second of COPY of events, 1,000 a commit, on a database that is made for it on the server at `url` and
 * dropped. Give it some seconds: before the first pages are written it is a third faster.
 */
export async function rawLimit(report: Report, url: string, seconds: number): Promise<number> {
  const value = await onFreshDatabase(url, (database) => copyLimit(database, seconds));
  report({ name: 'raw limit: COPY, 1,000 rows a commit', value, unit: 'rows/s' });
  return value;
}

/** Facts recorded through the port, each in a database like that of the limit. */
export async function append(report: Report, limit: number, url: string, seconds: number): Promise<void> {
  for (const { name, callers, size } of [
    { name: 'append, batches of 100 by 16 callers', callers: 16, size: 100 },
    { name: 'append, batches of 1,000 by 4 callers', callers: 4, size: 1_000 },
    { name: 'append, single events by 64 callers', callers: 64, size: 1 },
  ]) {
    const value = await onFreshDatabase(url, (database) =>
      appendRate(database, callers, size, seconds, (pool) => new PostgresEventStore(pool)),
    );
    report({ name, value, unit: 'events/s', ofLimit: value / limit });
  }
}

let serial = 0;

function touchpoint(): NewEvent<'TouchpointRecorded'> {
  const nr = ++serial;
  const occurredAt = new Date(Date.now() - (nr % 5_000));
  return {
    id: eventId('main', 'web', `message-${nr}-${process.pid}`),
    type: 'TouchpointRecorded',
    schemaVersion: 1,
    occurredAt,
    collector: 'web',
    data: {
      kind: 'page_view',
      channel: 'organic_search',
      identity: [identityKey('anonymous', person(nr))],
      source: 'google',
      medium: 'organic',
      content: {
        id: 'how-to-plan-around-the-buyer-persona',
        url: 'https://www.example.com/blog/how-to-plan-around-the-buyer-persona',
        title: 'How to plan around the "buyer persona"',
        type: 'article',
      },
      properties: { path: '/blog/how-to-plan-around-the-buyer-persona', search: '?q=buyer+persona', nr },
      context: {
        userAgent:
          'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
        ip: '203.0.113.7',
        locale: 'en-US',
      },
      verdict: 'human',
    },
  };
}

const person = (nr: number): string =>
  `0f8fad5b-d9cb-469f-a165-${String((nr * 7_919) % PEOPLE).padStart(12, '0')}`;

function factOf(event: NewEvent<'TouchpointRecorded'>): NewFact {
  return { workspace: 'main', stream: `touchpoints-${event.data.identity[0]}`, event };
}

/** Facts a second, recorded through the port by callers that wait for their answers. */
export async function appendRate(
  database: string,
  callers: number,
  size: number,
  seconds: number,
  open: (pool: pg.Pool) => EventStore,
): Promise<number> {
  const pool = createLogPool(database);
  const store = open(pool);
  const began = performance.now();
  let events = 0;
  const caller = async () => {
    while (performance.now() - began < seconds * 1_000) {
      await store.record(Array.from({ length: size }, () => factOf(touchpoint())));
      events += size;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsed = performance.now() - began;
  await store.close();
  await pool.end();
  return (events / elapsed) * 1_000;
}

/** The event table as it was when the first limits were measured, so that figures compare with earlier ones. */
const LIMIT_TABLE = `CREATE TABLE limit_event (
    position bigint PRIMARY KEY, occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, id uuid NOT NULL,
    stream_key uuid NOT NULL, version integer NOT NULL, schema_version smallint NOT NULL, workspace text NOT NULL,
    stream text NOT NULL, type text NOT NULL, collector text, correlation_id text, causation_id text, data json NOT NULL,
    CHECK (occurred_at <= recorded_at));
  CREATE INDEX ON limit_event (stream_key, version)`;

/** Only the time of COPY and its commit counts, not that of making the rows. */
async function copyLimit(database: string, seconds: number): Promise<number> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(LIMIT_TABLE);
  let rows = 0;
  for (let spent = 0; spent < seconds * 1_000; rows += 1_000) {
    const body = Buffer.from(Array.from({ length: 1_000 }, (_, index) => copyRow(rows + index + 1)).join(''));
    const began = performance.now();
    const copy: CopyStreamQuery = client.query(copyFrom('COPY limit_event FROM STDIN'));
    copy.end(body);
    await once(copy, 'finish');
    spent += performance.now() - began;
    if (spent >= seconds * 1_000) {
      await client.end();
      return ((rows + 1_000) / spent) * 1_000;
    }
  }
  return 0;
}

function copyRow(position: number): string {
  const { id, type, occurredAt, data } = touchpoint();
  const json = JSON.stringify(data).replaceAll('\\', '\\\\');
  const at = occurredAt.toISOString();
  const person = (position * 7_919) % PEOPLE;
  const key = eventId('', '', String(person));
  const version = Math.ceil(position / PEOPLE);
  return `${[position, at, at, id, key, version, 1, 'main', `touchpoints-${data.identity[0]}`, type, 'web', '\\N', '\\N', json].join('\t')}\n`;
}

/** A migrated database of its own on the server at `url`, dropped afterwards. */
export async function onFreshDatabase(
  url: string,
  measure: (database: string) => Promise<number>,
): Promise<number> {
  const name = `touchline_bench_${process.pid}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${name}`);
    const database = Object.assign(new URL(url), { pathname: `/${name}` }).href;
    await migrate(database);
    await admin.query('CHECKPOINT');
    return await measure(database);
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  }
}
