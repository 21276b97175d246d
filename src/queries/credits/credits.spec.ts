import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultModel, publishModel } from '../../commands/publish-model.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { linesOf, sumOf, writeLedger } from '../../../test/credit-ledger.js';
import { queryApi, type QueryApi } from '../../../test/query-api.js';
import type { AttributionAnswer } from '../attribution.js';
import type { Cell } from '../tables/table.js';

const RATES = [{ currency: 'USD', date: '2026-01-01', rate: 0.7 }];

let db: TestDatabase;
let api: QueryApi;
let port: number;
beforeAll(async () => {
  db = await testDatabase();
  const store = new MemoryEventStore(() => new Date('2026-04-02T00:00:00Z'));
  const now = { now: new Date('2026-01-01T00:00:00Z') };
  const document = { ...(await defaultModel()), currency: 'EUR', timeZone: 'UTC', rates: RATES };
  for (const workspace of ['main', 'other', 'large']) await publishModel(store, workspace, document, now);
  const head = await store.head();
  const freshness = { checkpoint: async () => head, waitFor: async () => true };
  api = await queryApi({ pool: db.pool, store, freshness });
  await writeLedger(db.pool, { workspace: 'main', opportunities: 600, touches: 3 });
  await writeLedger(db.pool, { workspace: 'other', opportunities: 1, touches: 1 });
  await writeLedger(db.pool, { workspace: 'large', opportunities: 30, touches: 1_000 });
  await api.app.listen(0, '127.0.0.1');
  ({ port } = api.app.getHttpServer().address() as AddressInfo);
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const PATH = '/api/attribution/credits';
const report = async (query: string) => (await api.get<AttributionAnswer>(`/api/attribution?${query}`)).body;
const bytes = async (url: string): Promise<Buffer> =>
  (await api.app.inject({ url, headers: { authorization: 'Bearer main' } })).rawPayload;

test('an export has a row for each credited touch, by opportunity and touch', async () => {
  const { text, headers } = await api.get(PATH);
  const lines = linesOf(text);
  expect(lines).toHaveLength(600 * 3);
  expect(lines[4]).toEqual({
    opportunityId: 'o-00002',
    creditedAt: '2026-02-01T00:00:02.000Z',
    touch: 2,
    eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    leadId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    occurredAt: '2026-01-01T00:00:02.000Z',
    milestones: null,
    content: 'wp-2',
    title: 'Guide "2", ü',
    channel: 'email',
    campaign: null,
    source: 'newsletter',
    weight: 1 / 3,
    amount: '34.00',
    minor: 3400,
    currency: 'EUR',
    metric: 'revenue',
    model: 'linear',
    asOf: '3',
    modelVersion: 1,
  });
  const order = lines.map(({ opportunityId, touch }) => `${String(opportunityId)} ${String(touch)}`);
  expect(order).toEqual(order.toSorted());
  const { attributed } = await report('');
  expect(headers).toMatchObject({ 'touchline-as-of': '3', 'touchline-attributed': attributed.amount });
  expect(sumOf(lines)).toBe(attributed.minor);
});

test('all formats have the same rows', async () => {
  const lines = linesOf((await api.get(`${PATH}?channel=email`)).text);
  const inJson = (rows: readonly object[]): unknown =>
    rows.map((row) =>
      JSON.parse(
        JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
      ),
    );

  const arrow = tableFromIPC(await bytes(`${PATH}?channel=email&format=arrow`));
  const instants = new Set(['creditedAt', 'occurredAt']);
  const ofArrow = arrow
    .toArray()
    .map((row) =>
      Object.fromEntries(
        [...(row as Iterable<[string, unknown]>)].map(([name, value]) => [
          name,
          instants.has(name) ? new Date(Number(value)) : value,
        ]),
      ),
    );
  expect(inJson(ofArrow)).toEqual(lines);
  expect(arrow.schema.metadata.get('asOf')).toBe('3');

  const file = new Uint8Array(await bytes(`${PATH}?channel=email&format=parquet`)).buffer;
  expect(inJson(await parquetReadObjects({ file }))).toEqual(lines);
  expect(parquetMetadata(file).key_value_metadata).toContainEqual({ key: 'model', value: 'linear' });

  const csv = parse((await api.get(`${PATH}?channel=email&format=csv`)).text, { columns: true });
  const asText = (value: Cell): string => (value === null ? '' : String(value));
  expect(csv).toEqual(
    lines.map((line) =>
      Object.fromEntries(Object.entries(line).map(([name, value]) => [name, asText(value as Cell)])),
    ),
  );
});

test.each([
  'model=first',
  'model=shapley',
  'model=linear&withoutChannels=direct',
  'currency=USD',
  'metric=pipeline',
  'from=2026-02-01&to=2026-02-02',
])('the rows of an export add up to what the report attributes: %s', async (query) => {
  const lines = linesOf((await api.get(`${PATH}?${query}`)).text);
  expect(sumOf(lines)).toBe((await report(query)).attributed.minor);
  expect(lines.every(({ weight }) => Number(weight) > 0 && Number(weight) <= 1)).toBe(true);
});

test('values of cuts choose the rows of an export as they choose those of a report', async () => {
  for (const query of [
    'channel=email&content=wp-1',
    'without=campaign',
    'month=2026-02',
    'contentType=webinar',
  ])
    expect(sumOf(linesOf((await api.get(`${PATH}?${query}`)).text))).toBe(
      (await report(query)).selected.minor,
    );
});

test('a report in Arrow and Parquet has all its rows, unless a limit is given', async () => {
  const { rows } = await report('by=content,channel&metric=pipeline');
  const expected = rows.map(({ keys, value, touches }) => [...keys, BigInt(value.minor ?? 0), touches]);
  const url = '/api/attribution?by=content,channel&metric=pipeline&format=';
  const cells = (row: Readonly<Record<string, unknown>>) =>
    ['content', 'channel', 'minor', 'touches'].map((name) => row[name]);
  const arrow = tableFromIPC(await bytes(`${url}arrow`)).toArray() as Record<string, unknown>[];
  expect(arrow.map(cells)).toEqual(expected);
  const limited = await api.app.inject({
    url: `${url}parquet&limit=2`,
    headers: { authorization: 'Bearer main' },
  });
  const file = new Uint8Array(limited.rawPayload).buffer;
  expect((await parquetReadObjects({ file })).map(cells)).toEqual(expected.slice(0, 2));
  expect(limited.headers).toMatchObject({
    'content-type': 'application/vnd.apache.parquet',
    'touchline-next': expect.any(String),
  });
});

test('an export without rows is a table without rows in each format', async () => {
  const query = `${PATH}?to=2020-01-01`;
  expect((await api.get(query)).text).toBe('');
  expect((await api.get(`${query}&format=csv`)).text).toMatch(/^opportunityId,creditedAt,[^\n]+\r\n$/);
  expect(tableFromIPC(await bytes(`${query}&format=arrow`)).numRows).toBe(0);
  const file = new Uint8Array(await bytes(`${query}&format=parquet`)).buffer;
  expect(parquetMetadata(file).num_rows).toBe(0n);
});

test('an export that the client has is not computed, and HEAD has its headers alone', async () => {
  const { headers } = await api.get(`${PATH}?format=parquet`);
  const again = await api.get(`${PATH}?format=parquet`, 'main', { 'if-none-match': String(headers['etag']) });
  expect(again.status).toBe(304);
  const head = await api.app.inject({ method: 'HEAD', url: PATH, headers: { authorization: 'Bearer main' } });
  expect([head.statusCode, head.headers['touchline-as-of'], head.payload]).toEqual([200, '3', '']);
  await untilNoneIsRead();
});

test.each([
  ['format=xlsx', 'format-unknown', /format: "xlsx" is unknown; allowed are ndjson, csv, arrow, parquet/],
  ['by=channel', 'parameter-unknown', /by: is unknown/],
  ['limit=5', 'parameter-unknown', /limit: is unknown/],
  ['from=2026-02-02&to=2026-02-01', 'period-reversed', /to lies before from/],
  ['model=linear&segment=nobody', 'segment-unknown', /segment/],
])('an export with %s is refused before it begins', async (query, code, detail) => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect([status, body]).toEqual([
    400,
    expect.objectContaining({ code, detail: expect.stringMatching(detail) }),
  ]);
});

const PER_READING = `SELECT pid, state FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'FETCH%' AND state <> 'idle'`;
const readings = async () => (await db.pool.query<{ pid: number; state: string }>(PER_READING)).rows;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries > 500) throw new Error('it did not come to that');
    await sleep(10);
  }
}
const untilNoneIsRead = () => until(async () => (await readings()).length === 0);

/** An export of 12 MB, more than sockets hold, whose reader takes nothing yet. */
async function begin(): Promise<IncomingMessage> {
  const headers = { authorization: 'Bearer large' };
  const [answer] = (await once(get({ port, path: PATH, headers, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  return answer;
}

describe('the reader of an export decides how fast it is read', () => {
  test('nothing is read ahead of a reader that waits, and it gets all rows in the end', async () => {
    const answer = await begin();
    await until(async () => (await readings()).some(({ state }) => state === 'idle in transaction'));
    let rows = 0;
    for await (const chunk of answer.setEncoding('utf8')) rows += String(chunk).split('\n').length - 1;
    expect(rows).toBe(30_000);
    await untilNoneIsRead();
  });

  test('a reader that leaves ends the transaction, and the next export of the workspace begins', async () => {
    for (let round = 0; round < 2; round += 1) {
      const answer = await begin();
      answer.destroy();
      await untilNoneIsRead();
    }
  });

  test('an export that fails on its way is cut off, so that nobody takes it for complete', async () => {
    const answer = await begin();
    await until(async () => (await readings()).length > 0);
    const [reading] = await readings();
    await db.pool.query('SELECT pg_terminate_backend($1)', [reading?.pid]);
    answer.resume();
    await expect(once(answer, 'end')).rejects.toThrow('aborted');
    await untilNoneIsRead();
  });
});
