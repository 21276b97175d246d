import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { wholeDocument } from '../../test/model-document.js';
import { testApp, type TestApp } from '../../test/app.js';

let server: TestApp;
beforeAll(async () => {
  server = await testApp();
});
afterAll(() => server?.close());

const headers = () => ({ authorization: `Bearer ${server.keys.apiKey}` });
const get = (url: string, accept = 'application/json') =>
  server.app.inject({ url, headers: { ...headers(), accept } });
const put = (payload: string, more: Readonly<Record<string, string>> = { 'if-match': '*' }, query = '') =>
  server.app.inject({
    method: 'PUT',
    url: `/api/model${query}`,
    headers: { ...headers(), 'content-type': 'application/yaml', ...more },
    payload,
  });
const named = (name: string) => stringify({ ...wholeDocument(), name });
const etagOf = async () => (await get('/api/model')).headers.etag!;

test('a model is published as YAML and as JSON, and read back in both', async () => {
  const before = await etagOf();
  expect(before).toBe('"1"');
  const yaml = await put(named('First'), { 'if-match': before }, '?by=ada');
  expect(yaml.json()).toEqual({
    modelVersion: 2,
    position: expect.stringMatching(/^\d+$/),
    changed: true,
    warnings: expect.arrayContaining([expect.objectContaining({ line: expect.any(Number) })]),
  });
  expect([yaml.statusCode, yaml.headers.etag]).toEqual([200, '"2"']);
  const json = JSON.stringify({ $schema: 'x', ...wholeDocument(), name: 'Second' });
  const second = await put(json, { 'if-match': '"2"', 'content-type': 'application/json' });
  const { position } = second.json<{ position: string }>();
  const read = await get(`/api/model?minPosition=${position}`);
  expect(read.json()).toMatchObject({
    modelVersion: 3,
    name: 'Second',
    document: wholeDocumentNamed('Second'),
  });
  const printed = await get(`/api/model?minPosition=${position}`, 'application/yaml');
  expect(printed.headers['content-type']).toBe('application/yaml; charset=utf-8');
  expect((await put(printed.body)).json()).toMatchObject({ modelVersion: 3, changed: false });
});

const wholeDocumentNamed = (name: string) => {
  const { attribution: _, ...document } = wholeDocument();
  return { ...document, name };
};

test('each version of a model is listed with who published it, and can be read', async () => {
  const { position } = (await put(named('Listed'), { 'if-match': '*' }, '?by=ada')).json<{
    position: string;
  }>();
  const list = (await get(`/api/model/versions?minPosition=${position}`)).json<{
    items: { version: number }[];
  }>();
  expect(list.items[0]).toMatchObject({ name: 'Listed', by: 'ada (API key ak_main_…)' });
  const { version } = list.items[0] ?? { version: 0 };
  expect((await get(`/api/model/versions/${version}`)).json()).toMatchObject({
    modelVersion: version,
    name: 'Listed',
  });
  expect((await get('/api/model/versions/1')).json()).toMatchObject({ modelVersion: 1, by: 'touchline' });
  expect((await get('/api/model/versions/99')).json()).toMatchObject({
    status: 404,
    code: 'model-not-found',
  });
  expect((await get('/api/model/versions/x')).json()).toMatchObject({ status: 404, code: 'model-not-found' });
});

test('of two publishers at once, the one that is refused gets the version that won', async () => {
  const before = (await put(named('Before'))).headers.etag!;
  const both = await Promise.all(
    ['Ada', 'Bob'].map((name) => put(named(name), { 'if-match': before }, `?by=${name}`)),
  );
  const [won, lost] = both.toSorted((a, b) => a.statusCode - b.statusCode);
  expect([won?.statusCode, lost?.statusCode]).toEqual([200, 412]);
  expect(lost?.headers.etag).toBe(won?.headers.etag);
  expect(lost?.json()).toMatchObject({
    code: 'model-changed',
    detail: expect.stringMatching(/published by (Ada|Bob)/),
  });
});

test('a publication that is sent again is not refused', async () => {
  const before = (await put(named('Sent once'))).headers.etag!;
  const sent = await put(named('Sent twice'), { 'if-match': before });
  const again = await put(named('Sent twice'), { 'if-match': before });
  expect(again.json()).toEqual({ ...sent.json<object>(), changed: false });
});

test('an invalid model never replaces a working one', async () => {
  const before = (await put(named('Working'))).headers.etag;
  const response = await put(named('Broken').replace('halfLifeDays: 30', 'halfLifeDays: soon'));
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({
    code: 'model-invalid',
    errors: [
      {
        path: 'scoring.halfLifeDays',
        message: 'must be a number from 0.001 to 36500',
        line: expect.any(Number),
        column: 3,
      },
    ],
  });
  expect((await put(named('Working'))).headers.etag).toBe(before);
});

test.each<[title: string, path: string, change: (model: ReturnType<typeof wholeDocument>) => object]>([
  [
    'points that add up to more than a number holds',
    'scoring.rules[0].points',
    (model) => ({ scoring: { ...model.scoring, rules: [{ name: 'all', when: {}, points: 1e308 }] } }),
  ],
  [
    'points beyond any number',
    'scoring.rules[0].points',
    (model) => ({ scoring: { ...model.scoring, rules: [{ name: 'all', when: {}, points: Infinity }] } }),
  ],
  [
    'a score that nobody reaches',
    'leadDefinitions[0].minScore',
    () => ({ leadDefinitions: [{ minScore: 1e10 }] }),
  ],
  [
    'a half-life of nothing',
    'scoring.halfLifeDays',
    (model) => ({ scoring: { ...model.scoring, halfLifeDays: 1e-9 } }),
  ],
  [
    'a URL pattern that is slow to match',
    'contents[0].urls[0]',
    ({ contents: [content, ...others] }) => ({
      contents: [{ ...content, urls: ['/**a**a**a**a**b'] }, ...others],
    }),
  ],
  [
    'more rules than anybody reviews',
    'triggers',
    () => ({ triggers: Array.from({ length: 1_001 }, () => ({ id: 'a', when: {} })) }),
  ],
])('a model with %s is refused with its place, published or previewed', async (_, path, change) => {
  const model = wholeDocument();
  const text = stringify({ ...model, ...change(model) });
  const preview = { method: 'POST', url: '/api/model/preview', payload: text } as const;
  const yaml = { ...headers(), 'content-type': 'application/yaml' };
  for (const refused of [await put(text), await server.app.inject({ ...preview, headers: yaml })])
    expect(refused.json()).toMatchObject({
      ...{ status: 400, code: 'model-invalid' },
      errors: expect.arrayContaining([
        expect.objectContaining({ path, line: expect.any(Number) }),
      ]) as unknown,
    });
});

describe('a request to publish a model is refused', () => {
  test.each<
    [title: string, payload: () => string, headers: Record<string, string>, status: number, code: string]
  >([
    ['without If-Match', () => named('x'), {}, 428, 'if-match-missing'],
    ['with a weak or foreign ETag', () => named('x'), { 'if-match': 'W/"3"' }, 400, 'invalid'],
    [
      'with a version that is not in effect',
      () => named('x'),
      { 'if-match': '"9999"' },
      412,
      'model-changed',
    ],
    ['that is neither YAML nor JSON', () => 'name: "x', { 'if-match': '*' }, 400, 'model-unreadable'],
    ['over 512 KB', () => `# ${'x'.repeat(600_000)}`, { 'if-match': '*' }, 413, 'too-large'],
    ['of 5 MB', () => `# ${'x'.repeat(5_000_000)}`, { 'if-match': '*' }, 413, 'too-large'],
    [
      'of another type',
      () => '<model/>',
      { 'if-match': '*', 'content-type': 'text/xml' },
      415,
      'unsupported-media-type',
    ],
    [
      'with a wrong key',
      () => named('x'),
      { 'if-match': '*', authorization: 'Bearer ak_wrong' },
      401,
      'api-key-unknown',
    ],
    ['without a body', () => '', { 'if-match': '*' }, 400, 'model-invalid'],
  ])('%s', async (_, payload, more, status, code) => {
    const response = await put(payload(), more);
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
  });
});

test('other routes of the API do not take YAML', async () => {
  const response = await server.app.inject({
    method: 'POST',
    url: '/api/verdicts',
    headers: { ...headers(), 'content-type': 'application/yaml' },
    payload: 'match: {}',
  });
  expect(response.statusCode).toBe(415);
});

test('the JSON Schema of the model needs no key', async () => {
  const response = await server.app.inject({ url: '/api/model/schema.json' });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('application/schema+json; charset=utf-8');
  expect(response.json()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
  });
});
