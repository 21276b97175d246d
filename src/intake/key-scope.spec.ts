import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '../domain/events.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());
beforeEach(() => server.database.pool.query('TRUNCATE touchline.rejected'));

let serial = 0;
const messageId = (): string => `scope-${++serial}`;
const person = { userId: 'u-1', anonymousId: 'a-1' };

async function post(path: string, key: string, body: object): Promise<void> {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'x-write-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** The scope that each event since a position carries; null: none. */
async function scopesSince(head: bigint): Promise<unknown[]> {
  const events = (await server.store.readAll(head, 100)) as readonly RecordedEvent<'TouchpointRecorded'>[];
  return events.map(({ data }) => data.keyScope ?? null);
}

const REQUESTS: readonly [string, object, number][] = [
  ['/v1/page', { ...person, properties: { url: 'https://acme.example/' } }, 1],
  ['/v1/identify', { ...person, traits: { email: 'ada@acme.example' } }, 1],
  ['/v1/alias', { userId: 'u-1', previousId: 'a-1' }, 1],
  ['/v1/group', { ...person, groupId: 'acme', traits: { name: 'Acme' } }, 2],
  ['/touchpoints', { ...person, kind: 'page_view' }, 1],
];

describe.each(REQUESTS)('every event of %s', (path, body, events) => {
  test('that came with a public key says so', async () => {
    const head = await server.store.head();
    await post(path, server.keys.publicWriteKey, { ...body, messageId: messageId() });
    expect(await scopesSince(head)).toEqual(Array.from({ length: events }, () => 'public'));
  });

  test('that came with a server-side key has no scope', async () => {
    const head = await server.store.head();
    await post(path, server.keys.writeKey, { ...body, messageId: messageId() });
    expect(await scopesSince(head)).toEqual(Array.from({ length: events }, () => null));
  });
});

test('history reaches back further with a server-side key than with a public one', async () => {
  const head = await server.store.head();
  const old = { ...person, kind: 'page_view', occurredAt: '2020-01-01T00:00:00Z' };
  await post('/touchpoints', server.keys.writeKey, { ...old, messageId: messageId() });
  await post('/touchpoints', server.keys.publicWriteKey, { ...old, messageId: messageId() });
  const [trusted, clamped] = await server.store.readAll(head, 10);
  expect(trusted).toMatchObject({ occurredAt: new Date(old.occurredAt) });
  expect(trusted?.data).not.toHaveProperty('clamped');
  expect(clamped?.data).toMatchObject({
    clamped: { reason: 'backdated', original: '2020-01-01T00:00:00.000Z' },
  });
  expect(clamped?.occurredAt).not.toEqual(new Date(old.occurredAt));
});

test('what a client writes into keyScope itself changes nothing', async () => {
  const head = await server.store.head();
  const claims = { keyScope: 'server', data: { keyScope: 'server' }, traits: { keyScope: 'server' } };
  await post('/v1/identify', server.keys.publicWriteKey, { ...person, ...claims, messageId: messageId() });
  expect(await scopesSince(head)).toEqual(['public']);
});

test('replayed input keeps the scope it was rejected with', async () => {
  const broken = { type: 'page', userId: 'u-1', messageId: messageId() };
  const batches = [server.keys.publicWriteKey, server.keys.writeKey].map((key) =>
    post('/v1/batch', key, { batch: [{ ...broken, userId: {} }] }),
  );
  await Promise.all(batches);
  // As if a later version could read it.
  await server.database.pool.query(
    `UPDATE touchline.rejected SET payload = convert_to(replace(convert_from(payload, 'UTF8'), '{}', '"u-1"'), 'UTF8')`,
  );
  const { rows } = await server.database.pool.query<{ key_scope: string | null }>(
    'SELECT key_scope FROM touchline.rejected ORDER BY key_scope',
  );
  expect(rows).toEqual([{ key_scope: 'public' }, { key_scope: null }]);
  // Two rows of one message: the first that is replayed makes the event, so each is tried alone.
  await server.database.pool.query('DELETE FROM touchline.rejected WHERE key_scope IS NULL');
  const head = await server.store.head();
  const answer = await fetch(`${server.url}/api/rejected/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await answer.json()).toMatchObject({ tried: 1, accepted: 1 });
  expect(await scopesSince(head)).toEqual(['public']);
});

test('a request that was rejected whole keeps the scope of its key, too', async () => {
  await fetch(`${server.url}/v1/batch`, {
    method: 'POST',
    headers: { 'x-write-key': server.keys.publicWriteKey },
    body: '{"batch":',
  });
  const { rows } = await server.database.pool.query('SELECT unit, key_scope FROM touchline.rejected');
  expect(rows).toEqual([{ unit: 'request', key_scope: 'public' }]);
});
