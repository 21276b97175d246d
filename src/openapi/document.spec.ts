import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { leadIdOf } from '../domain/identity/keys.js';
import { testApp, type TestApp } from '../../test/app.js';
import { EXAMPLE_HAND_OFFS } from '../../test/example-hand-offs.js';
import { EXAMPLE_OPEN_HAND_OFF } from '../../test/example-open-hand-off.js';
import { EXAMPLE_INVESTMENTS } from '../../test/example-investments.js';
import { EXAMPLE_READERS } from '../../test/example-readers.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { ANSWERS_FOLDER, answerFile, readRecordedAnswers, type RecordedAnswer } from './recorded-answers.js';

let app: TestApp;
let document: OpenAPIObject;
const served: string[] = [];
beforeAll(async () => {
  app = await testApp({}, (nest) => {
    nest
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }) => {
        for (const each of [method].flat()) served.push(`${each} ${url}`);
      });
  });
  document = (await app.app.inject({ url: '/openapi.json' })).json<OpenAPIObject>();
});
afterAll(() => app?.close());

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): [string, Operation][] => {
      const operation = item[method];
      return operation ? [[`${method.toUpperCase()} ${path}`, operation]] : [];
    }),
  );

/** Served beside the API: the document itself and its page; chunks of a script; answers to preflights; HEAD of each GET. */
const aside = (route: string): boolean =>
  /^(HEAD|OPTIONS) |^GET \/((docs|openapi|analytics-next\/bundles)\b|$)/.test(route);

describe('the OpenAPI document', () => {
  test('has every route that is served', () => {
    const told = operations().map(([route]) => route.replace(/\{\w+\}/g, ':'));
    const missing = served.filter((route) => !aside(route) && !told.includes(route.replace(/:\w+/g, ':')));
    expect(missing).toEqual([]);
  });

  test('has an example of every successful JSON response that matches its schema', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', ...document });
    const faults = operations().flatMap(([route, { responses }]) =>
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([status, response]) => faultsOf(ajv, `${route} ${status}`, response as Response)),
    );
    expect(faults).toEqual([]);
  });

  test('describes every parameter', () => {
    const silent = operations().flatMap(([route, { parameters }]) =>
      (parameters ?? []).flatMap((each) =>
        '$ref' in each || each.description ? [] : `${route} ${each.name}`,
      ),
    );
    expect(silent).toEqual([]);
  });

  test('declares the security of every operation with a declared scheme', () => {
    const schemes = Object.keys(document.components?.securitySchemes ?? {});
    const faults = operations().flatMap(([route, { security }]) => {
      if (security === undefined) return [`${route} declares none`];
      if (route.includes(' /api/') && security.length === 0) return [`${route} needs none`];
      return security.flatMap((each) => Object.keys(each)).filter((name) => !schemes.includes(name));
    });
    expect(faults).toEqual([]);
    expect(document.components?.securitySchemes?.['bearer']).toMatchObject({ bearerFormat: 'API key' });
  });

  test('declares the common statuses of every operation of the API', () => {
    const silent = operations().flatMap(([route, { responses }]) => {
      const [method, path] = route.split(' ') as [string, string];
      const common = [
        '400',
        '401',
        '408',
        '414',
        '429',
        '431',
        '503',
        ...(method === 'GET' ? [] : ['413', '415']),
      ];
      return path.startsWith('/api/') ? common.filter((status) => !(status in responses)) : [];
    });
    expect(silent).toEqual([]);
  });

  test('and its page are served without a key and load nothing from other hosts', async () => {
    const page = await app.app.inject({ url: '/docs' });
    expect(page.statusCode).toBe(200);
    const scripts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(scripts.length).toBeGreaterThan(2);
    for (const url of scripts) {
      expect(url).not.toMatch(/^(https?:)?\/\//);
      const { pathname } = new URL(url, 'http://host/docs');
      expect((await app.app.inject({ url: pathname })).statusCode).toBe(200);
    }
  });
});

interface Response {
  readonly content?: Record<
    string,
    { schema?: object; example?: unknown; examples?: Record<string, { value?: unknown }> }
  >;
}

function faultsOf(ajv: Ajv2020, route: string, response: Response): string[] {
  const media = response.content?.['application/json'];
  if (!media)
    return response.content && Object.keys(response.content).length > 0 ? [] : [`${route}: no content`];
  const values = [media.example, ...Object.values(media.examples ?? {}).map(({ value }) => value)];
  const given = values.filter((value) => value !== undefined);
  if (given.length === 0) return [`${route}: no example`];
  if (!media.schema) return [`${route}: no schema`];
  const text = JSON.stringify(media.schema).replaceAll('"#/', '"document#/');
  const validate = ajv.compile(JSON.parse(text) as object);
  return given.flatMap((value) => (validate(value) ? [] : [`${route}: ${ajv.errorsText(validate.errors)}`]));
}

// The examples of the query API are answers to these questions about the example workspace.

const ADA = leadIdOf('main', 'anonymous:a-1');
const QUESTIONS: Readonly<Record<string, readonly [path: string, type?: string]>> = {
  'get /api/leads': ['/api/leads?limit=2'],
  'get /api/leads/{id}': ['/api/leads/email:ada@acme.example'],
  'get /api/leads/{id}/journey': [`/api/leads/${ADA}/journey?limit=2`],
  'get /api/leads/{id}/score': ['/api/leads/email:ada@acme.example/score'],
  'get /api/leads/{id}/stages': ['/api/leads/email:ada@acme.example/stages'],
  'get /api/leads/{id}/segments': ['/api/leads/email:ada@acme.example/segments'],
  'get /api/leads/{id}/explain': ['/api/leads/email:ada@acme.example/explain'],
  'get /api/segments': ['/api/segments'],
  'get /api/segments/overlap': ['/api/segments/overlap?ids=price_readers,customers'],
  'get /api/segments/{id}/members': ['/api/segments/price_readers/members?limit=2'],
  'get /api/identity-conflicts': ['/api/identity-conflicts?status=open'],
  'get /api/accounts/{id}': ['/api/accounts/acme'],
  'get /api/accounts/{id}/journey': ['/api/accounts/acme/journey?limit=2'],
  'get /api/opportunities': ['/api/opportunities?limit=2'],
  'get /api/opportunities/{id}': ['/api/opportunities/opp-1'],
  'get /api/opportunities/{id}/attribution': ['/api/opportunities/opp-1/attribution'],
  'get /api/attribution': ['/api/attribution?model=linear&by=content&from=2026-01-01&to=2026-07-01'],
  'get /api/attribution csv': ['/api/attribution?model=linear&by=content&format=csv', 'text/csv'],
  'get /api/attribution ndjson': [
    '/api/attribution?model=linear&by=content&format=ndjson',
    'application/x-ndjson',
  ],
  'get /api/attribution/credits ndjson': [
    '/api/attribution/credits?model=linear&channel=email',
    'application/x-ndjson',
  ],
  'get /api/attribution/credits csv': [
    '/api/attribution/credits?model=linear&channel=email&format=csv',
    'text/csv',
  ],
  'get /api/attribution/reports': ['/api/attribution/reports'],
  'get /api/attribution/reports/{id}': ['/api/attribution/reports/rep_example'],
  'get /api/attribution/compare': ['/api/attribution/compare?models=first,linear,last&by=channel'],
  'get /api/attribution/drift': ['/api/attribution/drift?from=10&by=channel&metric=pipeline'],
  'get /api/attribution/explain': [
    '/api/attribution/explain?model=w_shaped&content=buying-guide&currency=EUR',
  ],
  'get /api/metrics/velocity': ['/api/metrics/velocity?by=persona&from=2026-01-01&to=2026-07-01'],
  'get /api/metrics/hooks': ['/api/metrics/hooks?by=content,stage&to=2026-01-14'],
  'get /api/metrics/funnel': ['/api/metrics/funnel?by=source'],
  'get /api/metrics/nurture-lift': ['/api/metrics/nurture-lift?by=month'],
  'get /api/metrics/score-calibration': ['/api/metrics/score-calibration?by=source'],
  'get /api/model': ['/api/model'],
  'get /api/model/application': ['/api/model/application'],
  'get /api/model/versions': ['/api/model/versions'],
  'get /api/model/versions/{version}': ['/api/model/versions/1'],
};

/** Asked once the example workspace has investments and hand-offs. */
const LATER_QUESTIONS: Readonly<Record<string, readonly [path: string, type?: string]>> = {
  'get /api/contents': ['/api/contents'],
  'get /api/campaigns': ['/api/campaigns'],
  'get /api/metrics/content-gaps': ['/api/metrics/content-gaps'],
  'get /api/metrics/rotting-leads': [
    '/api/metrics/rotting-leads?at=2026-03-05&from=2026-03-03&to=2026-03-06',
  ],
  'get /api/metrics/content-influence': ['/api/metrics/content-influence?from=2026-01-01&to=2026-02-01'],
  'get /api/attribution/sequences': ['/api/attribution/sequences?minSupport=1&maxLength=2&limit=3'],
  'get /api/attribution/sequences csv': [
    '/api/attribution/sequences?minSupport=1&maxLength=2&limit=3&format=csv',
    'text/csv',
  ],
  'get /api/attribution/sequences ndjson': [
    '/api/attribution/sequences?minSupport=1&maxLength=2&limit=3&format=ndjson',
    'application/x-ndjson',
  ],
  'get /api/contents/{id}/revenue': ['/api/contents/buying-guide/revenue?limit=3'],
  'get /api/contents/next': ['/api/contents/next?persona=technical&stage=explore&limit=3'],
  'get /api/metrics/response-time': ['/api/metrics/response-time'],
  'get /api/metrics/rep-load': ['/api/metrics/rep-load?by=persona'],
  'get /api/investments': ['/api/investments?from=2026-01-01&to=2026-02-01'],
  'get /api/metrics/pipeline-per-dollar': [
    '/api/metrics/pipeline-per-dollar?by=source&from=2026-01-01&to=2026-02-01',
  ],
};

/** Asked as the later ones, with a body. */
const SAVED_REPORT = `
  INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main') ON CONFLICT DO NOTHING;
  INSERT INTO touchline.saved_report (id, workspace, name, parameters, resolved, as_of, created_at)
  VALUES ('rep_example', 'main', 'Channels', '{"model":"w_shaped","by":"channel"}',
          '{"model":"w_shaped","player":"channel","transforms":{},"by":["channel"],"metric":"revenue","currency":"USD"}', NULL, '2026-04-01 08:00Z')`;

const POSTED_QUESTIONS: Readonly<Record<string, readonly [path: string, body: object]>> = {
  'post /api/planning/magic-number': [
    '/api/planning/magic-number',
    { goal: '500000.00', by: '2026-12-31', from: '2026-01-01' },
  ],
};

const END =
  HEAD + [EXAMPLE_INVESTMENTS, EXAMPLE_READERS, EXAMPLE_HAND_OFFS, EXAMPLE_OPEN_HAND_OFF].flat().length;

/** Asked once it has hand-offs. */
const HAND_OFF_QUESTIONS: Readonly<Record<string, readonly [path: string, type?: string]>> = {
  'get /api/handoffs': ['/api/handoffs?state=all'],
  'get /api/handoffs/unroutable': ['/api/handoffs/unroutable'],
  // As of its end, so that nothing is reported of now.
  'get /api/attention': [`/api/attention?at=2026-03-05T12:00:00Z&asOf=${END}`],
};

describe('the examples of the query API in the OpenAPI document', () => {
  let api: ExampleApi;
  beforeAll(async () => {
    api = await exampleApi();
  });
  afterAll(() => api?.close());

  test('equal the responses for the example workspace (UPDATE_ANSWERS=1 records them)', async () => {
    const answers = new Map<string, Record<string, unknown>>();
    const ask = async (questions: typeof QUESTIONS): Promise<void> => {
      for (const [name, [path, type = 'application/json']] of Object.entries(questions)) {
        const [method, route] = name.split(' ');
        const { status, body } = await api.get(path);
        expect([path, status]).toEqual([path, 200]);
        const operation = `${method} ${route}`;
        answers.set(operation, { ...answers.get(operation), [type]: body });
      }
    };
    await api.db.pool.query(SAVED_REPORT);
    await ask(QUESTIONS);
    await api.add('main', [...EXAMPLE_INVESTMENTS, ...EXAMPLE_READERS, ...EXAMPLE_HAND_OFFS]);
    await api.runner.catchUp();
    await ask(LATER_QUESTIONS);
    for (const [operation, [url, payload]] of Object.entries(POSTED_QUESTIONS)) {
      const headers = { authorization: 'Bearer main' };
      const { statusCode, body } = await api.app.inject({ method: 'POST', url, payload, headers });
      expect([url, statusCode]).toEqual([url, 200]);
      answers.set(operation, { 'application/json': JSON.parse(body) as unknown });
    }
    await api.add('main', EXAMPLE_OPEN_HAND_OFF);
    await api.runner.catchUp();
    await ask(HAND_OFF_QUESTIONS);
    const recorded = [...answers].map(([operation, content]) => ({ operation, content }));
    if (process.env['UPDATE_ANSWERS']) await record(recorded);
    const byOperation = (a: RecordedAnswer, b: RecordedAnswer) => (a.operation < b.operation ? -1 : 1);
    expect(readRecordedAnswers().sort(byOperation)).toEqual(recorded.sort(byOperation));
  });
});

async function record(answers: readonly RecordedAnswer[]): Promise<void> {
  await rm(ANSWERS_FOLDER, { recursive: true, force: true });
  await mkdir(ANSWERS_FOLDER);
  const style = await resolveConfig(ANSWERS_FOLDER);
  for (const answer of answers) {
    const text = await format(JSON.stringify(answer), { ...style, parser: 'json' });
    await writeFile(`${ANSWERS_FOLDER}${answerFile(answer.operation)}`, text);
  }
}
