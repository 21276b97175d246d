import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { native } from './formats/native.js';
import { segment } from './formats/segment.js';
import { rejectedRequest } from './rejected-input.js';
import { type RejectedInput, RejectedLog, withOrigin } from './rejected.js';

interface Item {
  id: string;
  unit: string;
  reason: { code: string; path?: string };
  payload: unknown;
  messageId: string | null;
  position: string | null;
  replayedAt: string | null;
  attempts: number;
}
interface Page {
  items: Item[];
  next: string | null;
}
interface Replay {
  tried: number;
  accepted: number;
  rejected: number;
  next: string | null;
  results: { id: string; status: string; position?: string | null; reason?: { code: string } }[];
}

let server: IntakeServer;
let log: RejectedLog;
beforeAll(async () => {
  server = await intakeServer();
  log = new RejectedLog(server.database.pool);
});
afterAll(() => server.stop());
beforeEach(() => server.database.pool.query('TRUNCATE touchline.rejected'));

const origin = {
  workspace: 'main',
  collector: 'web',
  call: 'batch',
  receivedAt: new Date('2026-03-01T12:00:00Z'),
};
const reason = { code: 'identity-missing', message: 'userId or anonymousId is required', path: 'userId' };
const api = (path: string, init: RequestInit = {}, key = server.keys.apiKey): Promise<Response> =>
  fetch(server.url + path, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
const list = async (query = ''): Promise<Page> =>
  (await api(`/api/rejected${query}`)).json() as Promise<Page>;
const replay = async (body: object = {}): Promise<Replay> =>
  (
    await api('/api/rejected/replay', { method: 'POST', body: JSON.stringify(body) })
  ).json() as Promise<Replay>;

const item = (value: object, format = segment.name): RejectedInput => ({
  unit: 'item',
  format,
  payload: Buffer.from(JSON.stringify(value)),
  reason,
});

const keep = (...kept: RejectedInput[]): Promise<void> =>
  log.keep(kept.map((input) => withOrigin(origin, input)));

describe('GET /api/rejected', () => {
  test('needs an API key; a write key is none', async () => {
    expect((await fetch(`${server.url}/api/rejected`)).status).toBe(401);
    expect((await api('/api/rejected', {}, server.keys.writeKey)).status).toBe(401);
  });

  test('shows what was sent, with the reason', async () => {
    const sent = { type: 'page', messageId: 'm-1', properties: { a: ['\u0000', '\ud800', 1e21] } };
    const authorization = `Bearer ${server.keys.writeKey}`;
    const body = JSON.stringify({ batch: [sent] });
    await fetch(`${server.url}/v1/batch`, { method: 'POST', body, headers: { authorization } });

    const { items, next } = await list();

    expect(next).toBeNull();
    expect(items).toEqual([
      expect.objectContaining({
        messageId: 'm-1',
        unit: 'item',
        payload: sent,
        reason,
        attempts: 1,
        position: null,
      }),
    ]);
  });

  test('pages through all, newest first, each once', async () => {
    for (let nth = 0; nth < 7; nth += 1) await keep(item({ type: 'page', nth }));
    const seen: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { items, next }: Page = await list(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...items.map(({ payload }) => (payload as { nth: number }).nth));
      cursor = next;
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  test('a page is bounded in bytes', async () => {
    const big = (nth: number): object => ({ type: 'page', nth, blob: 'x'.repeat(900_000) });
    for (let nth = 0; nth < 7; nth += 1) await keep(item(big(nth)));
    const first = await list();
    expect(first.items).toHaveLength(4);
    expect((await list(`?cursor=${first.next}`)).items).toHaveLength(3);
  });

  test('filters by code', async () => {
    await keep(item({ nth: 1 }), { ...item({ nth: 2 }), reason: { code: 'too-deep', message: '…' } });
    expect((await list('?code=too-deep')).items.map(({ payload }) => payload)).toEqual([{ nth: 2 }]);
  });

  test('shows nothing of another workspace', async () => {
    await log.keep([withOrigin({ ...origin, workspace: 'other' }, item({ nth: 1 }))]);
    expect((await list()).items).toEqual([]);
    expect((await replay()).tried).toBe(0);
  });

  test('shows a request as text, or as base64 where it is none', async () => {
    const kept = (bytes: Buffer, encoding = ''): RejectedInput =>
      rejectedRequest(segment, { bytes, encoding, charset: '' }, { code: 'unreadable-body', message: '…' });
    await keep(kept(Buffer.from('{"batch":')));
    await keep(kept(Buffer.from([0xff, 0x00]), 'gzip'));
    expect((await list()).items.map(({ payload }) => payload)).toEqual([
      { encoding: 'gzip', base64: '/wA=' },
      { text: '{"batch":' },
    ]);
  });

  test.each(['?limit=0', '?limit=501', '?limit=x', '?cursor=zzz', '?state=lost', '?colour=red'])(
    '%s is refused',
    async (query) => {
      const answer = await api(`/api/rejected${query}`);
      expect(answer.status).toBe(400);
      const { errors } = (await answer.json()) as { errors: { path: string }[] };
      expect(errors[0]?.path).toBe(/\w+/.exec(query)?.[0]);
    },
  );
});

describe('POST /api/rejected/replay', () => {
  const mended = { type: 'page', messageId: 'r-1', userId: 'u-1', timestamp: '2026-03-01T11:00:00Z' };

  test('what can be accepted now is accepted as of when it was received, once', async () => {
    await keep(item({ ...mended, timestamp: undefined }));
    const head = await server.store.head();

    const first = await replay();
    const second = await replay();

    expect(first).toMatchObject({ tried: 1, accepted: 1, rejected: 0, next: null });
    expect(second).toMatchObject({ tried: 0 });
    const events = await server.store.readAll(head, 10);
    expect(events.map(({ occurredAt }) => occurredAt)).toEqual([origin.receivedAt]);
    expect((await list('?state=replayed')).items).toEqual([
      expect.objectContaining({
        position: String(events[0]?.position),
        attempts: 2,
        replayedAt: expect.any(String),
      }),
    ]);
    expect((await list()).items).toEqual([]);
  });

  test('what was sent again meanwhile answers its first receipt', async () => {
    const authorization = `Bearer ${server.keys.writeKey}`;
    const body = JSON.stringify({ ...mended, messageId: 'r-2' });
    await fetch(`${server.url}/v1/page`, { method: 'POST', body, headers: { authorization } });
    const head = await server.store.head();
    await keep(item({ ...mended, messageId: 'r-2' }));

    const { results } = await replay();

    expect(results).toEqual([expect.objectContaining({ status: 'accepted', position: String(head) })]);
    expect(await server.store.head()).toBe(head);
  });

  test('what still cannot be accepted stays, with today’s reason', async () => {
    await keep({ ...item({ type: 'page', userId: {} }), reason: { code: 'old', message: 'old' } });
    expect(await replay()).toMatchObject({ tried: 1, accepted: 0, rejected: 1 });
    expect((await list()).items).toEqual([
      expect.objectContaining({
        attempts: 2,
        reason: expect.objectContaining({ code: 'identity-invalid', path: 'userId' }),
      }),
    ]);
  });

  test('today’s reason may name a field that no text of the database can', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = { 'nul\0': deep };
    const reason = { code: 'old', message: 'old' };
    await keep({ ...item({ ...mended, messageId: 'r-4', properties: deep }), reason });
    expect(await replay()).toMatchObject({ tried: 1, rejected: 1 });
    const path = expect.stringMatching(/^properties\.nul\ufffd/);
    expect((await list()).items).toEqual([
      expect.objectContaining({ attempts: 2, reason: expect.objectContaining({ code: 'too-deep', path }) }),
    ]);
  });

  test('a request that can be taken apart now: its items go their own ways', async () => {
    const bytes = Buffer.from(JSON.stringify({ batch: [{ ...mended, messageId: 'r-3' }, { type: 'page' }] }));
    const kept = rejectedRequest(
      segment,
      { bytes, encoding: '', charset: '' },
      { code: 'unreadable-body', message: '…' },
    );
    await keep(kept);
    const head = await server.store.head();

    expect(await replay()).toMatchObject({ accepted: 1 });

    expect(await server.store.head()).toBe(head + 1n);
    const { items } = await list('?state=all');
    expect(items.map(({ unit, replayedAt }) => [unit, replayedAt !== null])).toEqual([
      ['item', false],
      ['request', true],
    ]);
  });

  test('by ids, by code, some at a time', async () => {
    const native1 = (nth: number): object => ({ messageId: `n-${nth}`, kind: 'custom', userId: 'u-1' });
    for (let nth = 0; nth < 5; nth += 1) await keep(item(native1(nth), native.name));
    await keep({ ...item(native1(9), native.name), reason: { code: 'other', message: '…' } });
    const { items } = await list();

    expect(await replay({ ids: [items.at(-1)?.id] })).toMatchObject({ tried: 1 });
    expect(await replay({ code: 'other' })).toMatchObject({ tried: 1 });
    const some = await replay({ limit: 3 });
    expect(some).toMatchObject({ tried: 3, accepted: 3, next: expect.any(String) });
    expect(await replay({ cursor: some.next })).toMatchObject({ tried: 1, next: null });
  });

  test('a body with unknown fields is refused', async () => {
    const answer = await api('/api/rejected/replay', { method: 'POST', body: '{"all":true}' });
    expect(answer.status).toBe(400);
  });
});
