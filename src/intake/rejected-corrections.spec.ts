import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { native } from './formats/native.js';
import { segment } from './formats/segment.js';
import { rejectedRequest } from './rejected-input.js';
import { type RejectedInput, RejectedLog, withOrigin } from './rejected.js';

let server: IntakeServer;
let log: RejectedLog;
beforeAll(async () => {
  server = await intakeServer({ environment: { TOUCHLINE_REJECTED_DAYS: '90', TOUCHLINE_REJECTED_MB: '1' } });
  log = new RejectedLog(server.database.pool);
});
afterAll(() => server.stop());
beforeEach(() => server.database.pool.query('TRUNCATE touchline.rejected'));

const origin = {
  ...{ workspace: 'main', collector: 'web', call: 'touchpoints' },
  receivedAt: new Date('2026-03-01T12:00:00Z'),
};

type Json = Record<string, unknown>;

async function call(method: string, path: string, body?: unknown): Promise<Json & { status: number }> {
  const answer = await fetch(`${server.url}/api/rejected${path}`, {
    method,
    headers: { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { ...((await answer.json()) as Json), status: answer.status };
}

const items = async (query = ''): Promise<Json[]> => (await call('GET', query)).items as Json[];
const idOf = async (): Promise<unknown> => (await items())[0]?.id;

const item = (value: object, code = 'unknown-kind'): RejectedInput => ({
  ...{ unit: 'item', format: native.name, reason: { code, message: '…', path: 'kind' } },
  payload: Buffer.from(JSON.stringify(value)),
});
const keep = (kept: readonly RejectedInput[], changes: Partial<typeof origin> = {}): Promise<void> =>
  log.keep(kept.map((input) => withOrigin({ ...origin, ...changes }, input)));

const touchpoint = (nr: number, more: object = {}) => ({
  messageId: `m-${nr}`,
  kind: 'teleport',
  userId: 'u-1',
  ...more,
});

describe('POST /api/rejected/correct', () => {
  test('merges a patch into all that was rejected for a reason, and a replay reads it once', async () => {
    await keep([touchpoint(1), touchpoint(2)].map((one) => item(one)));
    await keep([item(touchpoint(3), 'other')]);
    const head = await server.store.head();

    const corrected = await call('POST', '/correct', {
      code: 'unknown-kind',
      merge: { kind: 'custom', name: 'teleport' },
    });
    expect(corrected).toMatchObject({ status: 200, tried: 2, corrected: 2, refused: 0, next: null });
    expect(await call('POST', '/replay', {})).toMatchObject({ tried: 3, accepted: 2, rejected: 1 });
    expect(await call('POST', '/replay', {})).toMatchObject({ tried: 1, accepted: 0 });

    expect(await server.store.readAll(head, 10)).toMatchObject(
      [1, 2].map(() => ({ data: { kind: 'custom', name: 'teleport' } })),
    );
    expect(await items('?state=replayed')).toEqual(
      [2, 1].map((nr) =>
        expect.objectContaining({
          payload: touchpoint(nr),
          correction: {
            at: expect.any(String),
            payload: { ...touchpoint(nr), kind: 'custom', name: 'teleport' },
          },
        }),
      ),
    );
  });

  test('corrects a correction again, and takes fields away by null', async () => {
    await keep([item(touchpoint(1, { note: 'x' }))]);
    const ids = [await idOf()];
    await call('POST', '/correct', { ids, merge: { kind: 'custom' } });
    await call('POST', '/correct', { ids, merge: { note: null } });
    expect(await items()).toMatchObject([
      {
        payload: touchpoint(1, { note: 'x' }),
        correction: { payload: { ...touchpoint(1), kind: 'custom' } },
      },
    ]);
  });

  test('replaces a row that is not JSON', async () => {
    const line = Buffer.from('{"messageId":"m-7","kind"');
    await keep([
      {
        ...item({}),
        payload: line,
        source: 'rows.ndjson:7',
        reason: { code: 'unreadable-row', message: '…' },
      },
    ]);
    const ids = [await idOf()];
    expect(await items()).toMatchObject([{ source: 'rows.ndjson:7', payload: { text: line.toString() } }]);
    expect(await call('POST', '/replay', {})).toMatchObject({
      results: [{ status: 'rejected', reason: { code: 'unreadable-row' } }],
    });
    expect(await call('POST', '/correct', { ids, merge: { kind: 'custom' } })).toMatchObject({
      ...{ corrected: 0, refused: 1 },
      results: [{ status: 'refused', reason: { code: 'not-an-object' } }],
    });

    expect(await call('POST', '/correct', { ids, payload: touchpoint(7, { kind: 'custom' }) })).toMatchObject(
      {
        corrected: 1,
      },
    );
    expect(await call('POST', '/replay', {})).toMatchObject({ accepted: 1 });
  });

  test('replaces the body of a request, however that was encoded', async () => {
    const body = { bytes: Buffer.from([0x1f, 0x8b, 0xff]), encoding: 'gzip', charset: '' };
    await keep([rejectedRequest(segment, body, { code: 'unreadable-body', message: '…' })], {
      call: 'batch',
    });
    const payload = JSON.stringify({ batch: [{ type: 'page', messageId: 'm-9', userId: 'u-1' }] });

    await call('POST', '/correct', { ids: [await idOf()], payload });

    expect(await items()).toMatchObject([
      { payload: { encoding: 'gzip', base64: 'H4v/' }, correction: { payload: { text: payload } } },
    ]);
    expect(await call('POST', '/replay', {})).toMatchObject({ accepted: 1 });
  });

  test('leaves alone what was replayed, and what is of another workspace', async () => {
    await keep([item({ messageId: 'm-20', kind: 'custom', userId: 'u-1' })]);
    await keep([item(touchpoint(21))], { workspace: 'other' });
    await call('POST', '/replay', {});

    expect(await call('POST', '/correct', { code: 'unknown-kind', merge: { kind: 'chat' } })).toMatchObject({
      tried: 0,
    });

    const { rows } = await server.database.pool.query(
      'SELECT FROM touchline.rejected WHERE corrected IS NOT NULL',
    );
    expect(rows).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['neither payload nor merge', { code: 'x' }, 'payload'],
    ['both', { ids: ['7a1f0c52-93de-84b1-a6c3-0d1e2f3a4b5c'], payload: {}, merge: {} }, 'payload'],
    ['a payload without its row', { code: 'x', payload: {} }, 'ids'],
    ['a patch of everything', { merge: { kind: 'custom' } }, 'ids'],
    ['a patch that is no object', { code: 'x', merge: [] }, 'merge'],
    ['an unknown field', { code: 'x', merge: {}, all: true }, 'all'],
  ])('is refused with %s', async (_, body, path) => {
    expect(await call('POST', '/correct', body)).toMatchObject({
      status: 400,
      errors: [expect.objectContaining({ path })],
    });
  });
});

test('input without id and time that was replayed, but not noted, is not recorded again', async () => {
  await keep(
    [item({ ...touchpoint(0), kind: 'custom', messageId: undefined }, 'x')].map((one) => ({
      ...one,
      format: segment.name,
      payload: Buffer.from('{"type":"page","userId":"u-1"}'),
    })),
    { call: 'batch' },
  );
  const head = await server.store.head();
  await call('POST', '/replay', {});
  // As after a crash between the log and the note; and another item comes before it now.
  await server.database.pool.query('UPDATE touchline.rejected SET replayed_at = NULL, position = NULL');
  await keep(
    [{ ...item({}), format: segment.name, payload: Buffer.from('{"type":"page","userId":"u-2"}') }],
    { call: 'batch' },
  );
  await server.database.pool.query(
    'UPDATE touchline.rejected SET number = DEFAULT WHERE position IS NULL AND code = $1',
    ['x'],
  );

  await call('POST', '/replay', {});

  expect(await server.store.head()).toBe(head + 2n);
});

describe('GET /api/rejected/counts', () => {
  test('counts by reason, collector and time, in the time zone of the workspace', async () => {
    await server.database.pool.query(
      `UPDATE touchline.workspace SET time_zone = 'Europe/Berlin' WHERE slug = 'main'`,
    );
    const at = (time: string) => ({ receivedAt: new Date(time) });
    await keep([item(touchpoint(1)), item(touchpoint(2))], at('2026-03-01T22:30:00Z'));
    await keep([item(touchpoint(3), 'identity-missing')], at('2026-03-01T23:30:00Z'));
    await keep([item(touchpoint(4))], { ...at('2026-03-01T23:40:00Z'), collector: 'app' });
    await keep([item(touchpoint(5))], { ...at('2026-03-01T23:40:00Z'), workspace: 'other' });
    const period = 'from=2026-03-01T00:00:00Z&to=2026-03-03T00:00:00Z';

    expect(await call('GET', `/counts?${period}`)).toEqual({
      ...{ status: 200, by: 'code', interval: 'day' },
      ...{ from: '2026-03-01T00:00:00.000Z', to: '2026-03-03T00:00:00.000Z' },
      items: [
        { from: '2026-02-28T23:00:00.000Z', key: 'unknown-kind', open: 2, replayed: 0 },
        { from: '2026-03-01T23:00:00.000Z', key: 'identity-missing', open: 1, replayed: 0 },
        { from: '2026-03-01T23:00:00.000Z', key: 'unknown-kind', open: 1, replayed: 0 },
      ],
    });
    const keys = async (query: string) =>
      ((await call('GET', `/counts?${period}&${query}`)).items as Json[]).map(({ key, open }) => [key, open]);
    expect(await keys('by=collector&interval=month')).toEqual([
      ['web', 3],
      ['app', 1],
    ]);
    expect(await keys('interval=hour&collector=app')).toEqual([['unknown-kind', 1]]);
    expect(await keys('code=identity-missing&by=path&interval=week')).toEqual([['kind', 1]]);
  });

  test.each([
    'by=payload',
    'interval=year',
    'from=yesterday',
    'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z',
  ])('is refused with %s', async (query) => {
    expect(await call('GET', `/counts?${query}`)).toMatchObject({ status: 400 });
  });
});

describe('GET /api/rejected/retention', () => {
  test('says how full it is, and warns of what will be removed while it can still be replayed', async () => {
    expect(await call('GET', '/retention')).toMatchObject({
      days: 90,
      maxBytes: 2 ** 20,
      rows: 0,
      warnings: [],
    });
    await keep([item(touchpoint(1)), item(touchpoint(2, { text: 'x'.repeat(900_000) }))]);
    await server.database.pool.query(
      `UPDATE touchline.rejected SET kept_at = now() - interval '85 days' WHERE message_id IS NULL AND octet_length(payload) < 1000`,
    );

    const usage = await call('GET', '/retention');

    expect(usage).toMatchObject({
      rows: 2,
      open: 2,
      expiring: 1,
      expiringWithinDays: 7,
      warnings: ['size', 'age'],
    });
    expect(usage.share).toBeCloseTo(0.86, 2);
  });
});

describe('what was sent', () => {
  const send = (path: string, body: string): Promise<Response> =>
    fetch(server.url + path, {
      ...{ method: 'POST', body },
      headers: { authorization: `Bearer ${server.keys.writeKey}` },
    });
  const bad = [
    '{ "type":"page" , "messageId" : "m-1", "n": 1.0, "n": 1e2 }',
    '{"type": "pag\\u0065", "messageId":"m-2"}',
  ];

  test('is kept byte for byte beside an item of a batch', async () => {
    await send(
      '/v1/batch',
      `{"context": {"a":[1,2,3]}, "batch": [ ${bad[0]},\n${bad[1]} , {"type":"page","userId":"u-1"}]}`,
    );
    expect((await items()).map(({ messageId, sent }) => [messageId, sent])).toEqual([
      ['m-2', { text: bad[1] }],
      ['m-1', { text: bad[0] }],
    ]);
  });

  test('is kept byte for byte beside a single event, and left out where the payload is the same', async () => {
    const same = '{"messageId":"m-3","kind":"page_view"}';
    await send('/touchpoints', ` ${same}\n`);
    await send('/touchpoints', `[${same.replace('3', '4')},${same.replace('3', '5')}]`);
    expect((await items()).map(({ messageId, sent }) => [messageId, sent])).toEqual([
      ['m-5', null],
      ['m-4', null],
      ['m-3', { text: ` ${same}\n` }],
    ]);
  });
});
