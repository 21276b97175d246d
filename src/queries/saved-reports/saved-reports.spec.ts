import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { randomUUID } from 'node:crypto';
import { defaultModel, publishModel } from '../../commands/publish-model.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { writeLedger } from '../../../test/credit-ledger.js';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { queryApi, type QueryApi } from '../../../test/query-api.js';
import type { AttributionAnswer } from '../attribution.js';
import type { SavedReportItem } from './saved-report-items.js';
import { MAX_REPORTS } from './saved-reports.js';

let db: TestDatabase;
let api: QueryApi;
const store = new MemoryEventStore(() => new Date('2026-04-02T00:00:00Z'));
beforeAll(async () => {
  db = await testDatabase();
  const document = { ...(await defaultModel()), currency: 'EUR', timeZone: 'UTC' };
  await publishModel(store, 'main', document, { now: new Date('2026-01-01T00:00:00Z') });
  await db.pool.query(
    `INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main'), ('other', 'Other')`,
  );
  await writeLedger(db.pool, { workspace: 'main', opportunities: 3, touches: 3 });
  const freshness = { checkpoint: () => store.head(), waitFor: async () => true };
  api = await queryApi({ pool: db.pool, store, freshness });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** The log goes on. */
async function move(): Promise<void> {
  const event = {
    id: randomUUID(),
    type: 'AccountObserved',
    schemaVersion: 1,
    occurredAt: new Date(0),
  } as const;
  await store.record([
    { workspace: 'main', stream: 'account-a', event: { ...event, data: { accountId: 'a' } } },
  ]);
}

async function call(method: 'POST' | 'DELETE', url: string, payload?: object, workspace = 'main') {
  const headers = { authorization: `Bearer ${workspace}` };
  const { statusCode, body } = await api.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: statusCode, body: JSON.parse(body) as SavedReportItem & Record<string, unknown> };
}
const URL = '/api/attribution/reports';
const save = async (name: string, parameters: object, workspace = 'main') =>
  call('POST', URL, { name, parameters }, workspace);

test('a saved report answers as the report with its parameters does, in any format', async () => {
  const parameters = { model: 'first', by: 'channel,content', metric: 'pipeline', from: '2026-02-01' };
  const { status, body } = await save('  Pipeline für 東京 🚀 ', parameters);
  expect([status, body]).toEqual([
    201,
    {
      id: expect.stringMatching(/^rep_[0-9a-f]{32}$/),
      name: 'Pipeline für 東京 🚀',
      parameters,
      resolved: expect.objectContaining({
        ...{ model: 'first', by: ['channel', 'content'], metric: 'pipeline', currency: 'EUR' },
        ...{ from: '2026-02-01T00:00:00.000Z', to: null },
      }),
      asOf: null,
      url: `${URL}/${body.id}`,
      createdAt: expect.any(String),
    },
  ]);
  const question = `/api/attribution?${new URLSearchParams(parameters).toString()}`;
  expect((await api.get(body.url)).text).toBe((await api.get(question)).text);
  const csv = await api.get(`${body.url}.csv`);
  expect(csv.text).toBe((await api.get(`${question}&format=csv`)).text);
  expect((await api.get(`${body.url}?format=csv`)).text).toBe(csv.text);
  expect(parse(csv.text)).toHaveLength(2);
  const again = await api.get(body.url, 'main', {
    'if-none-match': String((await api.get(body.url)).headers['etag']),
  });
  expect(again.status).toBe(304);
});

describe('the format of a report, its credits, or a saved report', () => {
  const typeOf = async (url: string, accept?: string) => {
    const { status, headers } = await api.get(url, 'main', accept === undefined ? {} : { accept });
    return status === 200 ? String(headers['content-type']).replace(/;.*/, '') : status;
  };
  const JSON_TYPE = 'application/json';

  test.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=UTF-8', 'text/csv'],
    ['text/*;q=0.3', 'text/csv'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['application/vnd.apache.arrow.stream', 'application/vnd.apache.arrow.stream'],
    ['application/vnd.apache.parquet, application/json;q=0.5', 'application/vnd.apache.parquet'],
    ['text/csv;q=0.1, application/json;q=0.9', JSON_TYPE],
    ['text/csv, application/json', 'text/csv'],
    ['application/json;q=0, */*;q=0.1', 'text/csv'],
    ['text/html', 406],
    ['*/*;q=0', 406],
    ['nonsense', 406],
  ])('is chosen by Accept: %s', async (accept, type) => {
    const { body } = await save(`Accept ${accept}`, { by: 'channel' });
    expect(await typeOf('/api/attribution?by=channel', accept)).toBe(type);
    expect(await typeOf(body.url, accept)).toBe(type);
  });

  test('is that of `format` or of the address whatever is accepted, and of credits NDJSON by default', async () => {
    const { body } = await save('As Parquet', { format: 'parquet' });
    expect(await typeOf('/api/attribution?format=csv', 'application/json')).toBe('text/csv');
    expect(await typeOf('/api/attribution?format=json', 'text/html')).toBe(JSON_TYPE);
    expect(await typeOf(`${body.url}.csv`, 'application/json')).toBe('text/csv');
    expect(await typeOf(body.url, 'text/csv')).toBe('application/vnd.apache.parquet');
    expect(await typeOf('/api/attribution/credits')).toBe('application/x-ndjson');
    expect(await typeOf('/api/attribution/credits', 'text/csv')).toBe('text/csv');
    expect(await typeOf('/api/attribution/credits', JSON_TYPE)).toBe(406);
    expect(await typeOf('/api/attribution/sequences', 'text/csv')).toBe('text/csv');
    expect(await typeOf('/api/attribution/sequences', 'application/vnd.apache.parquet')).toBe(406);
  });

  test('that is not offered is refused with what is', async () => {
    const { body, headers } = await api.get('/api/attribution/credits', 'main', { accept: 'text/html' });
    expect(body).toMatchObject({ status: 406, code: 'format-not-acceptable', errors: [{ path: 'accept' }] });
    expect(body).toHaveProperty('detail', expect.stringContaining('application/x-ndjson, text/csv, application/vnd.apache.arrow.stream, application/vnd.apache.parquet; or name one in format: ndjson, csv, arrow, parquet')); // prettier-ignore
    expect(headers['vary']).toBe('accept');
  });

  test('is part of the ETag, and named in Vary', async () => {
    const asked = async (accept: string, etag = '') =>
      api.get('/api/attribution?by=channel', 'main', { accept, 'if-none-match': etag });
    const [json, csv] = [await asked('application/json'), await asked('text/csv')];
    const [ofJson, ofCsv] = [String(json.headers['etag']), String(csv.headers['etag'])];
    expect([json.headers['vary'], csv.headers['vary']]).toEqual(Array(2).fill('authorization, accept'));
    expect(ofJson).not.toBe(ofCsv);
    expect((await asked('text/csv', ofJson)).text).toBe(csv.text);
    const again = await asked('text/csv', ofCsv);
    expect([again.status, again.headers['vary']]).toEqual([304, 'authorization, accept']);
    expect((await asked('*/*', ofJson)).status).toBe(304);
  });

  test('does not make another list of pages', async () => {
    const path = '/api/attribution?by=content&limit=2';
    const { next } = (await api.get<AttributionAnswer>(path)).body;
    expect((await api.get(`${path}&cursor=${next}`, 'main', { accept: '*/*' })).status).toBe(200);
    const lines = await api.get(path, 'main', { accept: 'application/x-ndjson' });
    const cursor = String(lines.headers['touchline-next']);
    const second = await api.get(`${path}&cursor=${cursor}`, 'main', { accept: 'application/x-ndjson' });
    expect([lines, second].map(({ text }) => text.split('\n').length - 1)).toEqual([2, 1]);
  });
});

test('a saved report is paged as the report is', async () => {
  const { body } = await save('Pages', { by: 'content', limit: '2' });
  const first = (await api.get<AttributionAnswer>(body.url)).body;
  const second = (await api.get<AttributionAnswer>(`${body.url}?cursor=${first.next}`)).body;
  expect([...first.rows, ...second.rows].map(({ key }) => key)).toEqual(['wp-1', 'wp-2', 'wp-3']);
});

test('a report saved with asOf is the same for ever, and one without is current', async () => {
  const before = String(await store.head());
  const frozen = (await save('Frozen', { asOf: '2026-04-02' })).body;
  const current = (await save('Current', {})).body;
  expect([frozen.asOf, current.asOf]).toEqual([before, null]);
  const { text } = await api.get(frozen.url);
  await move();
  expect((await api.get(frozen.url)).text).toBe(text);
  expect((await api.get<AttributionAnswer>(current.url)).body.asOf).toBe(String(await store.head()));
  expect((await api.get<AttributionAnswer>(`${current.url}?asOf=${before}`)).body.asOf).toBe(before);
  const moved = await api.get(`${frozen.url}?asOf=${await store.head()}`);
  expect([moved.status, moved.body]).toEqual([400, expect.objectContaining({ code: 'as-of-saved' })]);
});

test('a return is saved as one, in its currency', async () => {
  const { status, body } = await save('Return', { metric: 'roi', by: 'channel' });
  expect([status, body.resolved]).toEqual([201, expect.objectContaining({ metric: 'roi', currency: 'EUR' })]);
});

test.each([
  [{ model: 'best' }, 'model-unknown', 'parameters.model'],
  [{ by: 'content', group: 'x' }, 'parameter-unknown', 'parameters.group'],
  [{ from: '2026-02-02', to: '2026-02-01' }, 'period-reversed', 'parameters.to'],
  [{ currency: 'XXX' }, 'currency-unknown', 'parameters.currency'],
  [{ segment: 'nobody' }, 'segment-unknown', 'parameters.segment'],
  [{ asOf: '999999' }, 'as-of-in-the-future', 'parameters.asOf'],
  [{ cursor: 'x' }, 'invalid', 'parameters.cursor'],
  [{ limit: 5 }, 'invalid', 'parameters.limit'],
])('parameters that the report refuses are not saved: %j', async (parameters, code, path) => {
  const { status, body } = await save('Refused', parameters);
  expect([status, body['code'], (body['errors'] as { path: string }[])[0]?.path]).toEqual([400, code, path]);
});

test.each(['', '   ', 'a\nb', 'x'.repeat(201), 7])('the name %j is refused', async (name) => {
  const { status, body } = await call('POST', URL, { name, parameters: {} });
  expect([status, (body['errors'] as { path: string }[])[0]?.path]).toEqual([400, 'name']);
});

test('an address with an unknown or another format, or with parameters of the report, is refused', async () => {
  const { body } = await save('Address', {});
  for (const [url, code] of [
    ['.xlsx', 'format-unknown'],
    ['.csv?format=arrow', 'format-contradictory'],
    ['?by=channel', 'parameter-unknown'],
  ] as const)
    expect((await api.get(`${body.url}${url}`)).body).toMatchObject({ status: 400, code });
});

test('a report is of its workspace, has one name, and is gone once it is removed', async () => {
  const { body } = await save('Mine', {});
  const decomposed = await save('Mine'.normalize('NFD'), {});
  expect([decomposed.status, decomposed.body['code']]).toEqual([422, 'report-exists']);
  expect((await save('Mine', {}, 'other')).status).toBe(201);
  expect((await api.get(body.url, 'other')).body).toMatchObject({ status: 404, code: 'report-not-found' });
  expect((await call('DELETE', body.url, undefined, 'other')).status).toBe(404);
  expect((await call('DELETE', body.url)).body).toEqual(body);
  expect((await api.get(body.url)).status).toBe(404);
  const { items } = (await api.get<{ items: SavedReportItem[] }>(URL, 'other')).body;
  expect(items.map(({ name }) => name)).toEqual(['Mine']);
});

test('a workspace has a limited number of reports', async () => {
  await db.pool.query(
    `INSERT INTO touchline.saved_report (workspace, name, parameters, resolved)
     SELECT 'other', 'r' || n, '{}', '{}' FROM generate_series(2, $1::int) n`,
    [MAX_REPORTS],
  );
  const { status, body } = await save('One more', {}, 'other');
  expect([status, body['code']]).toEqual([409, 'report-limit']);
});
