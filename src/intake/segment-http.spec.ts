import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import type { RecordedEvent } from '../domain/events.js';

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());

const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
type Headers = Record<string, string>;

async function post(path: string, body: string | Uint8Array, headers: Headers = {}): Promise<Response> {
  const authorization = basic(server.keys.writeKey);
  const init = {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': 'application/json', ...headers },
  };
  return fetch(server.url + path, init);
}

const recorded = async (after: bigint): Promise<readonly RecordedEvent[]> =>
  server.store.readAll(after, 5000);

interface Rejected {
  code: string;
  path: string | null;
  payload: Buffer;
  message_id: string | null;
  unit: string;
}
async function rejected(): Promise<Rejected[]> {
  const { rows } = await server.database.pool.query<Rejected>(
    'SELECT code, path, payload, message_id, unit FROM touchline.rejected ORDER BY number',
  );
  await server.database.pool.query('TRUNCATE touchline.rejected');
  return rows;
}

let sequence = 0;
const id = (): string => `m-${++sequence}`;
const page = (more: object = {}): object => ({ type: 'page', messageId: id(), anonymousId: 'a-1', ...more });

describe('every call of Segment', () => {
  test.each([
    ['track', 't', { event: 'Demo Requested' }, 'TouchpointRecorded'],
    ['page', 'p', {}, 'TouchpointRecorded'],
    ['screen', 's', { name: 'Home' }, 'TouchpointRecorded'],
    ['identify', 'i', { traits: { email: 'ada@acme.example' } }, 'IdentityClaimed'],
    ['alias', 'a', { previousId: 'a-1' }, 'IdentityClaimed'],
    ['group', 'g', { groupId: 'acme' }, 'IdentityClaimed'],
  ])('%s and /v1/%s', async (call, short, fields, type) => {
    const head = await server.store.head();

    const long = await post(`/v1/${call}`, JSON.stringify({ messageId: id(), userId: 'u-1', ...fields }));
    const brief = await post(`/v1/${short}`, JSON.stringify({ messageId: id(), userId: 'u-1', ...fields }));

    expect([long.status, brief.status]).toEqual([200, 200]);
    expect(await long.json()).toEqual({ success: true });
    const events = await recorded(head);
    expect(events.filter((event) => event.type === type)).toHaveLength(2);
    expect(events[0]).toMatchObject({ workspace: 'main', collector: 'web' });
  });

  test.each(['/v1/batch', '/v1/b', '/v1/import'])('%s', async (path) => {
    const head = await server.store.head();
    const answer = await post(path, JSON.stringify({ batch: [page(), page(), page()] }));
    expect(answer.status).toBe(200);
    expect(await recorded(head)).toHaveLength(3);
  });

  test('an empty batch is nothing to do', async () => {
    expect((await post('/v1/batch', '{"batch":[]}')).status).toBe(200);
  });

  test('sent again is no news, however often and whenever it was sent', async () => {
    const head = await server.store.head();
    const item = page({ timestamp: '2026-03-01T10:00:00Z' });
    for (const sentAt of ['2026-03-01T10:00:01Z', '2026-03-02T10:00:01Z']) {
      expect((await post('/v1/batch', JSON.stringify({ batch: [item, item], sentAt }))).status).toBe(200);
    }
    expect(await recorded(head)).toHaveLength(1);
  });

  test('a body without message id, sent again, is no news either', async () => {
    const head = await server.store.head();
    const timestamp = '2026-03-01T10:00:00Z';
    const body = JSON.stringify({ type: 'track', event: `Once ${id()}`, userId: 'u-1', timestamp });
    await post('/v1/track', body);
    await post('/v1/track', body);
    expect(await recorded(head)).toHaveLength(1);
  });

  test('two events alike, without id or time, are two events', async () => {
    const head = await server.store.head();
    const item = { type: 'track', event: `Twice ${id()}`, userId: 'u-1' };
    await post('/v1/batch', JSON.stringify({ batch: [item, item] }));
    expect(await recorded(head)).toHaveLength(2);
  });
});

describe('the write key', () => {
  const body = (): string => JSON.stringify(page());
  const bare = (path: string, text: string, headers: Headers = {}): Promise<Response> =>
    fetch(server.url + path, { method: 'POST', body: text, headers });

  test('by Basic user, Bearer, header, query or body', async () => {
    const { writeKey } = server.keys;
    const answers = [
      await bare('/v1/page', body(), { authorization: basic(writeKey) }),
      await bare('/v1/page', body(), { authorization: `Bearer ${writeKey}` }),
      await bare('/v1/page', body(), { 'x-write-key': writeKey }),
      await bare(`/v1/page?writeKey=${writeKey}`, body()),
      await bare('/v1/page', JSON.stringify({ ...page(), writeKey })),
      await bare('/v1/batch', JSON.stringify({ batch: [page()], writeKey })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  test.each([
    ['none', {}, '', 'write-key-missing'],
    ['an unknown one', { authorization: basic('wk_unknown') }, '', 'write-key-unknown'],
    ['an empty Basic user', { authorization: basic('') }, '', 'write-key-missing'],
    ['an unknown one in the body', {}, 'wk_unknown', 'write-key-unknown'],
  ])('%s: 401 and nothing is kept', async (_, headers, writeKey, code) => {
    const head = await server.store.head();
    const answer = await bare('/v1/page', JSON.stringify({ ...page(), writeKey }), headers);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code, status: 401 });
    expect(await recorded(head)).toEqual([]);
    expect(await rejected()).toEqual([]);
  });

  test('an API key opens no collector', async () => {
    expect((await bare('/v1/page', body(), { 'x-write-key': server.keys.apiKey })).status).toBe(401);
  });

  test('ties events to its own workspace', async () => {
    const other = await server.workspaces.add('other');
    const head = await server.store.head();
    await bare('/v1/page', body(), { 'x-write-key': other.writeKey });
    expect((await recorded(head)).map(({ workspace }) => workspace)).toEqual(['other']);
  });
});

describe('a body is judged by its bytes', () => {
  const text = (): string => JSON.stringify(page({ name: 'Größe 🚀' }));
  const utf16 = (string: string): Buffer => Buffer.from(`\ufeff${string}`, 'utf16le');

  test.each<[string, () => string | Uint8Array, Headers]>([
    ['text/plain', text, { 'content-type': 'text/plain' }],
    ['form-urlencoded', text, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['multipart without parts', text, { 'content-type': 'multipart/form-data' }],
    ['a type that is none', text, { 'content-type': '%%%' }],
    ['UTF-8 with charset', text, { 'content-type': 'application/json; charset="utf-8"' }],
    ['a byte order mark', () => `\ufeff${text()}`, {}],
    ['UTF-16', () => utf16(text()), { 'content-type': 'application/json; charset=utf-16le' }],
    ['gzip', () => gzipSync(text()), { 'content-encoding': 'gzip' }],
    [
      'gzip as form-urlencoded',
      () => gzipSync(text()),
      { 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' },
    ],
    ['gzip that does not say so', () => gzipSync(text()), {}],
    ['deflate', () => deflateSync(text()), { 'content-encoding': 'deflate' }],
    ['raw deflate', () => deflateRawSync(text()), { 'content-encoding': 'deflate' }],
    ['plain that says gzip', text, { 'content-encoding': 'gzip' }],
  ])('%s', async (_, body, headers) => {
    const head = await server.store.head();
    const answer = await post('/v1/page', body(), headers);
    expect([answer.status, await answer.text()]).toEqual([200, '{"success":true}']);
    expect((await recorded(head)).map(({ data }) => data)).toEqual([
      expect.objectContaining({ name: 'Größe 🚀' }),
    ]);
  });

  test('Latin-1 that says so', async () => {
    const head = await server.store.head();
    const body = Buffer.from(JSON.stringify(page({ name: 'Größe' })), 'latin1');
    await post('/v1/page', body, { 'content-type': 'application/json; charset=iso-8859-1' });
    expect((await recorded(head))[0]?.data).toMatchObject({ name: 'Größe' });
  });

  test('no content type at all', async () => {
    const headers = { authorization: basic(server.keys.writeKey) };
    const answer = await fetch(`${server.url}/v1/page`, {
      method: 'POST',
      body: Buffer.from(text()),
      headers,
    });
    expect(answer.status).toBe(200);
  });

  test('chunked, without a length', async () => {
    const chunks = new Blob([text()]).stream();
    const answer = await fetch(`${server.url}/v1/page`, {
      ...{ method: 'POST', body: chunks, duplex: 'half' },
      headers: { authorization: basic(server.keys.writeKey) },
    });
    expect(answer.status).toBe(200);
  });

  test.each<[string, () => string | Uint8Array, Headers, number, string]>([
    ['broken JSON', () => '{"batch":[', {}, 400, 'unreadable-body'],
    ['nothing', () => '', {}, 400, 'unreadable-body'],
    ['a JSON scalar', () => '7', {}, 400, 'unreadable-body'],
    ['a batch without its list', () => '{"batch":{}}', {}, 400, 'unreadable-body'],
    ['bytes that are no text', () => Buffer.from([0, 255, 1, 254]), {}, 400, 'unreadable-body'],
    [
      'broken gzip',
      () => gzipSync(text()).subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      'unreadable-body',
    ],
    [
      'an encoding nobody knows',
      () => Buffer.from('xyz'),
      { 'content-encoding': 'compress' },
      415,
      'encoding-unknown',
    ],
  ])('%s is refused and kept whole', async (_, body, headers, status, code) => {
    const answer = await post('/v1/batch', body(), headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ code });
    const sent = Buffer.from(body() as string);
    expect(await rejected()).toEqual([expect.objectContaining({ unit: 'request', code, payload: sent })]);
  });
});

describe('limits', () => {
  const sized = (bytes: number, more: object = {}): object =>
    page({ properties: { blob: 'x'.repeat(bytes) }, ...more });

  test('32 KB an event: alone it refuses the request', async () => {
    const fits = await post('/v1/page', JSON.stringify(sized(32 * 1024 - 300)));
    const over = await post('/v1/page', JSON.stringify(sized(32 * 1024)));
    expect([fits.status, over.status]).toEqual([200, 413]);
    expect(await over.json()).toMatchObject({ code: 'too-large', detail: expect.stringContaining('32 KB') });
    expect(await rejected()).toHaveLength(1);
  });

  test('32 KB an event: in a batch only the event is rejected, and kept whole', async () => {
    const head = await server.store.head();
    const big = sized(40_000);
    const answer = await post('/v1/batch', JSON.stringify({ batch: [page(), big, page()] }));
    expect(answer.status).toBe(200);
    expect(await recorded(head)).toHaveLength(2);
    const [kept] = await rejected();
    expect(kept).toMatchObject({ code: 'event-too-large' });
    expect(JSON.parse(String(kept?.payload))).toEqual(big);
  });

  test('500 KB a batch', async () => {
    const body = JSON.stringify({ batch: Array.from({ length: 18 }, () => sized(30_000)) });
    const answer = await post('/v1/batch', body);
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('500 KB') });
    const [kept] = await rejected();
    expect(kept).toMatchObject({ unit: 'request', code: 'request-too-large' });
    expect(String(kept?.payload)).toBe(body);
  });

  test('2,500 events a batch', async () => {
    const batch = (length: number): string => JSON.stringify({ batch: Array.from({ length }, () => 1) });
    const fits = await post('/v1/batch', batch(2500));
    expect(fits.status).toBe(200);
    const over = await post('/v1/batch', batch(2501));
    expect(over.status).toBe(413);
    expect(await over.json()).toMatchObject({ detail: expect.stringContaining('2500 events') });
    await rejected();
  });

  test('a small body that inflates to a big one', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    await rejected();
    const answer = await post('/v1/batch', bomb, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(413);
    expect(await rejected()).toEqual([expect.objectContaining({ code: 'request-too-large', payload: bomb })]);
  });

  test('a body that is not even read is noted', async () => {
    await rejected();
    const answer = await post('/v1/batch', 'x'.repeat(3_000_000));
    expect(answer.status).toBe(413);
    const [kept] = await rejected();
    expect(kept).toMatchObject({ code: 'request-too-large', payload: Buffer.alloc(0) });
  });
});

describe('a bad item in a good batch', () => {
  test('is kept with its reason, and the rest accepted', async () => {
    const head = await server.store.head();
    const nobody = { type: 'page', messageId: 'bad-1', properties: { a: [1, { b: null }] } };

    const answer = await post('/v1/batch', JSON.stringify({ batch: [page(), nobody, null, page()] }));

    expect(answer.status).toBe(200);
    expect(await recorded(head)).toHaveLength(2);
    const kept = await rejected();
    expect(kept).toEqual([
      expect.objectContaining({
        code: 'identity-missing',
        path: 'userId',
        message_id: 'bad-1',
        unit: 'item',
      }),
      expect.objectContaining({ code: 'invalid-field', message_id: null }),
    ]);
    expect(JSON.parse(String(kept[0]?.payload))).toEqual(nobody);
  });

  test('is kept once, however often it is sent', async () => {
    for (const sentAt of ['2026-03-01T10:00:00.000Z', '2026-03-01T10:00:09.000Z']) {
      await post('/v1/batch', JSON.stringify({ batch: [{ type: 'page', messageId: 'bad-2' }], sentAt }));
    }
    expect(await rejected()).toHaveLength(1);
  });

  test('nested deeper than JSON.stringify goes', async () => {
    const depth = 60_000;
    const deep = `{"type":"page","userId":"u-1","properties":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
    const answer = await post('/v1/batch', `{"batch":[${deep}]}`);
    expect(answer.status).toBe(200);
    const [kept] = await rejected();
    expect(kept).toMatchObject({ code: 'too-deep' });
    expect(String(kept?.payload)).toBe(deep);
  });
});

describe('a browser', () => {
  const origin = 'https://www.acme.example';

  test('asks for the settings first', async () => {
    const answer = await fetch(`${server.url}/v1/projects/${server.keys.writeKey}/settings`, {
      headers: { origin },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    const settings = (await answer.json()) as { integrations: Record<string, object> };
    const apiHost = `${new URL(server.url).host}/v1`;
    expect(settings.integrations['Segment.io']).toMatchObject({
      apiKey: server.keys.writeKey,
      apiHost,
      protocol: 'http',
    });
  });

  test('gets no settings for an unknown key', async () => {
    expect((await fetch(`${server.url}/v1/projects/wk_unknown/settings`)).status).toBe(401);
  });

  test('asks before it sends a header of its own', async () => {
    const answer = await fetch(`${server.url}/v1/t`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization',
      'access-control-allow-methods': expect.stringContaining('POST'),
      vary: 'Origin',
    });
  });

  test('sends text/plain with the key in the body, and may read the answer', async () => {
    const head = await server.store.head();
    const body = JSON.stringify({
      ...page(),
      writeKey: server.keys.writeKey,
      sentAt: new Date().toISOString(),
    });
    const answer = await fetch(`${server.url}/v1/p`, {
      method: 'POST',
      headers: { origin, 'content-type': 'text/plain' },
      body,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await recorded(head)).toHaveLength(1);
  });

  test('may also read a refusal', async () => {
    const answer = await fetch(`${server.url}/v1/p`, { method: 'POST', headers: { origin }, body: '{}' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });
});
