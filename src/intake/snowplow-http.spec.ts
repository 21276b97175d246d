import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';

let server: IntakeServer;
let head: bigint;
beforeAll(async () => {
  server = await intakeServer();
  await server.database.pool.query(
    `UPDATE touchline.collector SET settings = '{"appIds": ["acme-site"], "redirectHosts": ["www.acme.example", "*.partner.example"]}'`,
  );
});
afterAll(() => server.stop());
beforeEach(async () => {
  head = await server.store.head();
  await server.database.pool.query('TRUNCATE touchline.rejected');
});

const TP2 = '/com.snowplowanalytics.snowplow/tp2';
let serial = 0;
const pageView = (fields: object = {}) => ({
  ...{ e: 'pv', eid: `e-${++serial}`, aid: 'acme-site', p: 'web', duid: 'd-1' },
  ...{ url: 'https://www.acme.example/pricing', dtm: String(Date.now() - 50), stm: String(Date.now()) },
  ...fields,
});
const payload = (...data: readonly unknown[]): string =>
  JSON.stringify({ schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4', data });
const post = (body: string, path = TP2, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + path, { method: 'POST', body, headers });
const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + path, { headers, redirect: 'manual' });
const queryOf = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
const events = () => server.store.readAll(head, 100);
const rejected = async (): Promise<string[]> =>
  (
    await server.database.pool.query<{ code: string }>(`SELECT code FROM touchline.rejected ORDER BY id`)
  ).rows.map(({ code }) => code);
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie') ?? '';

describe('the app id of a Snowplow tracker', () => {
  test.each([
    ['of a collector', () => 'acme-site'],
    ['that is a public write key', () => server.keys.publicWriteKey],
    ['that is a server-side write key', () => server.keys.writeKey],
  ])('%s opens the collector', async (_, aid) => {
    const answer = await post(payload(pageView({ aid: aid() })));
    expect([answer.status, (await events()).length]).toEqual([200, 1]);
  });

  test('is not needed where the custom path or a header names the key', async () => {
    const { writeKey, publicWriteKey } = server.keys;
    const answers = [
      await post(payload(pageView({ aid: undefined })), `/s/${publicWriteKey}`),
      await post(payload(pageView({ aid: 'other' })), '/s/acme-site'),
      await post(payload(pageView({ aid: undefined })), TP2, { 'x-write-key': writeKey }),
      await get(`/i?${queryOf(pageView({ aid: publicWriteKey }))}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await events()).toHaveLength(4);
  });

  test.each([['unknown'], ['']])('that is %j is refused and nothing is stored', async (aid) => {
    const answer = await post(payload(pageView({ aid })));
    expect(answer.status).toBe(401);
    expect([await server.store.head(), await rejected()]).toEqual([head, []]);
  });

  test('that no event has is refused, whatever else the body holds', async () => {
    for (const body of ['', '{}', '[]', payload(), payload('aid', 'acme-site'), '{"aid":"acme-site"}'])
      expect((await post(body)).status).toBe(401);
    expect(await server.store.head()).toBe(head);
  });
});

test('a bad event is kept as rejected and answered 200, the others of its request are recorded', async () => {
  const answer = await post(payload(pageView(), pageView({ e: 'nothing' }), 7, pageView()));
  expect([answer.status, (await events()).length]).toEqual([200, 2]);
  expect((await rejected()).sort()).toEqual(['invalid-field', 'unknown-e']);
});

test('an event over the size of one is kept as rejected and answered 200', async () => {
  const answer = await post(payload(pageView({ page: 'x'.repeat(40_000) })));
  expect([answer.status, await rejected()]).toEqual([200, ['event-too-large']]);
});

test('a request that trackers would send for ever is answered with a status on which they drop it', async () => {
  const many = Array.from({ length: 2_501 }, () => ({ e: 'pv', aid: 'acme-site' }));
  expect((await post(payload(...many))).status).toBe(400);
  expect(await rejected()).toEqual(['too-many-events']);
  expect((await post('{', '/s/acme-site')).status).toBe(400);
  expect((await post('x'.repeat(1_100_000), '/s/acme-site')).status).toBe(400);
});

test('the same event sent again by POST and by GET is recorded once', async () => {
  const event = pageView();
  await post(payload(event));
  await post(payload({ ...event, stm: String(Date.now()) }));
  await get(`/i?${queryOf(event)}`);
  expect(await events()).toHaveLength(1);
});

test('page pings of one page view in the same half minute are one touchpoint', async () => {
  const context = {
    schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0',
    data: { id: 'w-1' },
  };
  const co = JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
    data: [context],
  });
  const start = Math.floor(Date.now() / 30_000) * 30_000 - 300_000;
  const pings = [1, 11, 21, 31, 41, 51].map((second) =>
    pageView({ e: 'pp', co, dtm: String(start + second * 1_000), stm: undefined }),
  );
  for (const ping of pings) await post(payload(ping));
  const recorded = await events();
  expect(recorded.map(({ data }) => data)).toEqual([
    expect.objectContaining({
      kind: 'custom',
      name: 'page_ping',
      content: { url: 'https://www.acme.example/pricing' },
    }),
    expect.objectContaining({ properties: expect.objectContaining({ engagedSeconds: 30 }) }),
  ]);
});

describe('the network user id', () => {
  test('of a new browser is its domain user id, kept in a cookie that is sent back', async () => {
    const first = cookieOf(
      await post(payload(pageView({ duid: 'd-7' })), TP2, { 'x-forwarded-proto': 'https' }),
    );
    expect(first).toBe('sp=d-7; Max-Age=31536000; Path=/; HttpOnly; Secure; SameSite=None');
    const again = await post(payload(pageView({ duid: 'd-8' })), TP2, { cookie: 'sp=d-7' });
    expect(cookieOf(again)).toBe('sp=d-7; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax');
    const identities = (await events()).map(({ data }) => (data as { identity: string[] }).identity);
    expect(identities).toEqual([['anonymous:d-7'], ['anonymous:d-7', 'anonymous:d-8']]);
  });

  test('of a browser without any id is made from the event, so that a retry is the same browser', async () => {
    const event = pageView({ duid: undefined });
    const cookies = [cookieOf(await post(payload(event))), cookieOf(await post(payload(event)))];
    expect(cookies).toEqual(Array(2).fill(expect.stringContaining(`sp=${event.eid};`)));
  });

  test('is neither read, set nor the address kept with SP-Anonymous', async () => {
    const answer = await post(payload(pageView({ duid: undefined, sid: 's-1' })), TP2, {
      'sp-anonymous': '*',
      cookie: 'sp=d-7',
    });
    expect(cookieOf(answer)).toBe('');
    const [{ data } = { data: {} }] = await events();
    expect(data).toMatchObject({ identity: ['anonymous:s-1'] });
    expect(JSON.stringify(data)).not.toMatch(/d-7|127\.0\.0\.1/);
  });

  test('is not set for servers', async () => {
    expect(cookieOf(await post(payload(pageView({ p: 'srv' }))))).toBe('');
  });

  test.each([['a"b; Domain=evil.example'], ['x'.repeat(300)], ['%0d%0aset-cookie:a=b'], ['a,b']])(
    'that is %j is no cookie that is sent back',
    async (id) => {
      const answer = await post(payload(pageView({ duid: id, eid: 'safe' })), TP2, {
        cookie: `sp=${id.slice(0, 50)}`,
      });
      expect(cookieOf(answer)).not.toContain('evil');
      expect(cookieOf(answer)).toMatch(/^sp=[\w.~-]{1,256}; Max-Age/);
    },
  );
});

test('the pixel is a picture, sets the cookie and is kept by no cache', async () => {
  const answer = await get(`/i?${queryOf(pageView())}`);
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    ...[200, 'image/gif', 'no-store'],
  ]);
  expect(Buffer.from(await answer.arrayBuffer()).toString('latin1')).toMatch(/^GIF89a/);
  expect(cookieOf(answer)).toContain('sp=d-1;');
});

describe('a redirect', () => {
  const click = (target: string, more = ''): Promise<Response> =>
    get(`/r/tp2?aid=acme-site${more}&u=${encodeURIComponent(target)}`);

  test.each([
    [
      'https://www.acme.example/pricing?utm_source=partner',
      'https://www.acme.example/pricing?utm_source=partner',
    ],
    ['http://WWW.acme.example', 'http://www.acme.example/'],
    ['https://a.partner.example/x', 'https://a.partner.example/x'],
    ['https://www.acme.example\\@evil.example/', 'https://www.acme.example/@evil.example/'],
  ])('to %s is recorded and leads there', async (target, location) => {
    const answer = await click(target);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
    expect((await events()).map(({ data }) => data)).toEqual([
      expect.objectContaining({ name: 'uri_redirect', content: expect.anything() }),
    ]);
  });

  test.each([
    'https://evil.example/',
    'https://www.acme.example.evil.example/',
    'https://www.acme.example@evil.example/',
    'https://evil.example\\@www.acme.example/',
    'https://www.acme.example:8443/',
    'https://partner.example/',
    '//www.acme.example/',
    '/pricing',
    'javascript:alert(1)//www.acme.example',
    'JavaScript://www.acme.example/%0aalert(1)',
    'data:text/html,www.acme.example',
    'ftp://www.acme.example/',
    '',
  ])('to %j is refused and kept', async (target) => {
    const answer = await click(target);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect([await server.store.head(), await rejected()]).toEqual([head, ['redirect-not-allowed']]);
  });

  test('with two addresses is refused', async () => {
    const answer = await click('https://www.acme.example/', '&u=https%3A%2F%2Fwww.acme.example%2F');
    expect(answer.status).toBe(400);
  });

  test('of an unknown app id is refused', async () => {
    expect((await get('/r/tp2?aid=nobody&u=https%3A%2F%2Fwww.acme.example')).status).toBe(401);
  });
});

test('a preflight with credentials names the exact origin and allows SP-Anonymous', async () => {
  const answer = await fetch(server.url + TP2, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://www.acme.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,sp-anonymous',
    },
  });
  expect([
    answer.status,
    answer.headers.get('access-control-allow-origin'),
    answer.headers.get('access-control-allow-credentials'),
    answer.headers.get('access-control-allow-headers'),
  ]).toEqual([204, 'https://www.acme.example', 'true', 'content-type,sp-anonymous']);
});
