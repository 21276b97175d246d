import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';

const OPERATOR_KEY = 'ok_edge_0123456789abcdef';
const routes: { readonly method: string; readonly url: string }[] = [];
let app: TestApp;
beforeAll(async () => {
  app = await testApp({ TOUCHLINE_OPERATOR_KEY: OPERATOR_KEY }, (nest) => {
    nest
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }) => {
        for (const one of [method].flat())
          if (one !== 'HEAD' && one !== 'OPTIONS') routes.push({ method: one, url });
      });
  });
});
afterAll(() => app.close());

const ask = (url: string, headers: Record<string, string> = {}) => app.app.inject({ url, headers });
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });

describe('an API key', () => {
  test('opens the API of its workspace', async () => {
    expect((await ask('/api/log/head', withKey(app.keys.apiKey))).statusCode).toBe(200);
  });

  test.each([
    ['no header', {}, 'api-key-missing'],
    ['another scheme', { authorization: 'Basic YWs6' }, 'api-key-missing'],
    ['an unknown key', withKey('ak_nobody'), 'api-key-unknown'],
  ])('%s is answered 401', async (_, headers, code) => {
    const answer = await ask('/api/log/head', headers);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status: 401, title: 'Unauthorized', code });
  });

  test('a write key, which is public, does not open it', async () => {
    expect((await ask('/api/log/head', withKey(app.keys.writeKey))).statusCode).toBe(401);
  });

  test('is needed also by the operator, whose key opens no workspace', async () => {
    const answer = await ask('/api/leads', withKey(OPERATOR_KEY));
    expect(answer.json()).toMatchObject({ status: 401, code: 'api-key-unknown' });
    expect(answer.json<{ detail: string }>().detail).toMatch(/operator key.* opens no workspace/);
  });

  test('every route under /api wants one, but the schema of the journey model', async () => {
    const open = '/api/model/schema.json';
    const guarded = routes.filter(({ url }) => url.startsWith('/api/') && url !== open);
    expect((await app.app.inject({ url: open })).statusCode).toBe(200);
    expect(guarded.length).toBeGreaterThan(10);
    for (const { method, url } of guarded) {
      const answer = await app.app.inject({
        method: method as 'GET',
        url: url.replaceAll(/:\w+/g, 'x'),
        payload: {},
      });
      expect(`${method} ${url} ${answer.statusCode}`).toBe(`${method} ${url} 401`);
    }
  });

  test('of a workspace just made works at once', async () => {
    const { apiKey } = await app.workspaces.add('fresh');
    expect((await ask('/api/log/head', withKey(apiKey))).statusCode).toBe(200);
  });

  test('that was revoked stops working when keys are read again', async () => {
    const { apiKey } = await app.workspaces.add('leaving');
    expect((await ask('/api/log/head', withKey(apiKey))).statusCode).toBe(200);
    await app.database.pool.query(
      `UPDATE touchline.api_key SET revoked_at = now() WHERE workspace = 'leaving'`,
    );
    await ask('/api/log/head', withKey('ak_unknown_makes_it_read_again'));
    expect((await ask('/api/log/head', withKey(apiKey))).statusCode).toBe(401);
  });
});

describe('problem documents', () => {
  test('a path that is not there', async () => {
    const answer = await ask('/nowhere');
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ code: 'not-found', status: 404 });
  });

  test('a body that cannot be read', async () => {
    const answer = await post('{"opportunityId":');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'unreadable-body' });
  });

  test('a body over the limit names the limit', async () => {
    const answer = await post(JSON.stringify({ name: 'x'.repeat(1_100_000) }));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ code: 'too-large', detail: expect.stringContaining('1 MB') });
  });

  test('a body of another type', async () => {
    const answer = await post('<opportunity/>', 'text/xml');
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ code: 'unsupported-media-type' });
  });

  test.each([
    ['POST', '/api/opportunities'],
    ['PATCH', '/api/opportunities/o-1'],
    ['POST', '/api/leads/email:ada@acme.example/merge'],
    ['POST', '/api/rejected/replay'],
  ] as const)('a body that is null, for %s %s', async (method, url) => {
    const headers = { ...withKey(app.keys.apiKey), 'content-type': 'application/json' };
    const answer = await app.app.inject({ method, url, headers, payload: 'null' });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'invalid']);
  });

  test('wrong and unknown fields are all named', async () => {
    const answer = await post(JSON.stringify({ opportunityId: 7, colour: 'red' }));
    expect(answer.statusCode).toBe(400);
    const { code, errors } = answer.json<{ code: string; errors: { path: string; message: string }[] }>();
    expect(code).toBe('invalid');
    expect(errors.map(({ path }) => path)).toEqual(expect.arrayContaining(['opportunityId', 'colour']));
  });

  const post = (payload: string, type = 'application/json') =>
    app.app.inject({
      method: 'POST',
      url: '/api/opportunities',
      headers: { ...withKey(app.keys.apiKey), 'content-type': type },
      payload,
    });
});

describe('a request that no route takes', () => {
  const origin = 'https://www.acme.example';

  test.each(['/v2/track', '/track', '/v1/batch/more', '/collect', '/'])(
    'POST %s is answered with CORS headers and names the collectors',
    async (url) => {
      const answer = await app.app.inject({ method: 'POST', url, headers: { origin }, payload: '{}' });
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.json()).toMatchObject({
        detail: expect.stringMatching(url === '/' ? /GET/ : /\/v1\/track, /),
      });
    },
  );

  test('is preflighted by a browser, which then reads the answer', async () => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    const answer = await app.app.inject({ method: 'OPTIONS', url: '/v2/track', headers });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });

  test('under /api is not for browsers of other sites', async () => {
    const answer = await ask('/api/nothing', { origin });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.json()).toMatchObject({ code: 'not-found', detail: expect.stringContaining('/docs') });
  });

  test.each([
    ['GET', '/v1/track', 'OPTIONS, POST'],
    ['PUT', '/touchpoints', 'OPTIONS, POST'],
    ['DELETE', '/health/live', 'GET, HEAD'],
    ['POST', '/api/leads', 'GET, HEAD'],
    ['PATCH', '/api/leads/email:ada@acme.example/journey?limit=1', 'GET, HEAD'],
  ] as const)('%s %s is answered 405 with what is allowed', async (method, url, allow) => {
    const answer = await app.app.inject({ method, url, headers: withKey(app.keys.apiKey) });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
    expect(answer.json()).toMatchObject({ code: 'method-not-allowed' });
  });

  test('GET / leads to the page of the API', async () => {
    const answer = await ask('/');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/docs']);
  });
});

describe('what no text may hold', () => {
  const headers = () => withKey(app.keys.apiKey);

  test.each([
    '/api/rejected?code=%00',
    '/api/rejected?%00=1',
    '/api/leads?email=%00',
    '/api/leads/email:%00',
    '/api/leads/%00/journey',
    '/api/opportunities/%00',
    '/api/accounts/a%00b',
    '/api/projections/%00',
  ])('GET %s is refused', async (url) => {
    const answer = await ask(url, headers());
    expect([400, 404]).toContain(answer.statusCode);
  });

  test.each([
    ['/api/rejected/replay', { code: '\u0000' }],
    ['/api/opportunities', { opportunityId: 'o\u0000', amount: '1.00', currency: 'USD' }],
    ['/api/opportunities', { opportunityId: 'o-1', name: '\ud800', amount: '1.00', currency: 'USD' }],
  ])('in a body for POST %s is refused', async (url, payload) => {
    const answer = await app.app.inject({ method: 'POST', url, headers: headers(), payload });
    expect([url, answer.statusCode]).toEqual([url, 400]);
  });

  test('null in a replay stands for what is left out', async () => {
    const payload = { ids: null, code: null, limit: null, cursor: null };
    const answer = await app.app.inject({
      method: 'POST',
      url: '/api/rejected/replay',
      headers: headers(),
      payload,
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ tried: 0, next: null });
  });
});

describe('caches and other sites', () => {
  test('never keep what the API answers, right or wrong', async () => {
    for (const headers of [withKey(app.keys.apiKey), withKey('ak_nobody'), {}])
      expect((await ask('/api/log/head', headers)).headers['cache-control']).toBe('no-store');
  });

  test('cannot put scripts into the page of the API, or the page into a frame', async () => {
    const policy = String((await ask('/docs')).headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});

describe('health and metrics', () => {
  test('live and ready', async () => {
    expect((await ask('/health/live')).json()).toEqual({ status: 'live' });
    const ready = await ask('/health/ready');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({ status: 'ready', database: 'reachable', migrations: 'done' });
  });

  test('a database that is behind this version is not ready', async () => {
    await app.database.pool.query(
      'CREATE TABLE kept AS TABLE touchline.migration; DELETE FROM touchline.migration',
    );
    const answer = await ask('/health/ready');
    await app.database.pool.query('INSERT INTO touchline.migration TABLE kept; DROP TABLE kept');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ status: 'not-ready', migrations: 'missing' });
  });

  test('metrics name routes by their pattern', async () => {
    await ask('/api/leads/email:ada@acme.example', withKey(app.keys.apiKey));
    const { body } = await ask('/metrics');
    expect(body).toMatch(
      /touchline_http_request_seconds_count\{method="GET",route="\/api\/leads\/:\w+",status="\d+"\} \d/,
    );
    expect(body).toMatch(/touchline_events_total\{outcome="appended"\} [1-9]/);
    expect(body).not.toContain('ada@acme');
  });
});

describe('the API document', () => {
  test('is served without a key, and the page that shows it loads nothing from elsewhere', async () => {
    expect((await ask('/openapi.json')).json()).toMatchObject({ openapi: expect.stringMatching(/^3\./) });
    const page = await ask('/docs');
    expect(page.statusCode).toBe(200);
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.filter((source) => /^(https?:)?\/\//.test(source))).toEqual([]);
    const script = sources.find((source) => source.includes('swagger-ui-bundle.js')) ?? '';
    const served = await ask(new URL(script, 'http://localhost/docs').pathname);
    expect(served.statusCode).toBe(200);
  });
});

describe('an empty body that is called JSON', () => {
  const empty = { 'content-type': 'application/json', 'content-length': '0' };

  test('changes nothing about the answer of any DELETE', async () => {
    const deletes = routes.filter(({ method }) => method === 'DELETE');
    expect(deletes.length).toBeGreaterThanOrEqual(4);
    for (const { url } of deletes) {
      const path = url.replaceAll(/:\w+/g, '019ca8c1-77aa-7c10-b3d4-52f1e09a6b3c');
      const answers = await Promise.all(
        [{}, empty].map((headers) =>
          app.app.inject({
            method: 'DELETE',
            url: path,
            headers: { ...withKey(app.keys.apiKey), ...headers },
          }),
        ),
      );
      const [plain, json] = answers.map((answer) => `${url} ${answer.statusCode} ${answer.body}`);
      expect(json).toBe(plain);
      expect(json).not.toMatch(/empty/);
    }
  });

  test('is refused where a body is needed', async () => {
    const headers = { ...withKey(app.keys.apiKey), ...empty };
    const answer = await app.app.inject({ method: 'POST', url: '/api/verdicts', headers });
    expect(answer.statusCode).toBe(400);
  });
});
