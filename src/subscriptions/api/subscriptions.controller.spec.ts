import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { append, tally, tallyTables, touch, touches } from '../../../test/sample-projections.js';
import { OPERATOR } from '../../../test/subscriptions-api.js';
import { CONFIG } from '../../config.js';
import { DATABASE } from '../../database/database.js';
import { EVENT_STORE } from '../../event-store/event-store.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { dressApp } from '../../http/app.js';
import { KeyStore } from '../../http/keys.js';
import { AuthGuard } from '../../http/auth.guard.js';
import { OperatorKey } from '../../http/operator-key.js';
import { Metrics } from '../../metrics.js';
import { Freshness } from './freshness.js';
import { LogController, SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionRunner } from '../runner.js';
import type { ProjectionsAnswer } from './subscriptions.answers.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let app: NestFastifyApplication;
let runner: SubscriptionRunner;
let poison = true;
const store = new MemoryEventStore();

beforeAll(async () => {
  db = await testDatabase();
  await tallyTables(db.pool, 'alpha', 'beta');
  await db.pool.query(
    `INSERT INTO touchline.workspace (slug, name) SELECT slug, slug FROM unnest('{main,other}'::text[]) slug`,
  );
  const sick = tally('alpha', {
    check: (event) => {
      if (poison && event.type === 'TouchpointRecorded' && event.data.properties?.poison)
        throw new Error('poison');
    },
  });
  const projections = [sick, tally('beta')];
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  const module = await Test.createTestingModule({
    controllers: [SubscriptionsController, LogController],
    providers: [
      AuthGuard,
      OperatorKey,
      { provide: CONFIG, useValue: { operatorKey: OPERATOR } },
      { provide: DATABASE, useValue: db.pool },
      { provide: EVENT_STORE, useValue: store },
      { provide: SubscriptionRunner, useValue: runner },
      { provide: KeyStore, useValue: { resolveApiKey: (key: string) => Promise.resolve(key) } },
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  dressApp(app, new Metrics());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();

  await append(store, touches(20));
  await append(store, [touch(['user:x'], { poison: true }), touch(['user:x']), touch(['user:x'])]);
  await append(store, [touch(['user:y'], { poison: true })], 'other');
  await runner.catchUp();
});
afterAll(async () => {
  await app.close();
  await runner.stop();
  await db.drop();
});

async function ask(method: 'GET' | 'POST', url: string, workspace = 'main') {
  const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${workspace}` } });
  return { status: answer.statusCode, body: JSON.parse(answer.body) as unknown };
}

const shown = async (name: string) => {
  const { projections } = (await ask('GET', '/api/projections', OPERATOR)).body as ProjectionsAnswer;
  return projections.find((one) => one.name === name);
};

test('the head of the log', async () => {
  expect(await ask('GET', '/api/log/head')).toEqual({ status: 200, body: { position: '24' } });
});

test('every projection with its position, lag and its dead letters of the workspace', async () => {
  await append(store, touches(5));
  expect(await ask('GET', '/api/projections')).toEqual({
    status: 200,
    body: {
      head: '29',
      projections: [
        {
          name: 'alpha',
          version: 1,
          position: '24',
          lag: 5,
          lagSeconds: expect.any(Number),
          status: 'running',
          rebuild: null,
          comparison: null,
          deadLetters: 3,
          error: null,
        },
        {
          name: 'beta',
          version: 1,
          position: '24',
          lag: 5,
          lagSeconds: expect.any(Number),
          status: 'running',
          rebuild: null,
          comparison: null,
          deadLetters: 0,
          error: null,
        },
      ],
    },
  });
});

test('dead letters by pages, of the own workspace only', async () => {
  const first = await ask('GET', '/api/projections/alpha/dead-letters?limit=2');
  expect(first.body).toMatchObject({
    items: [
      { position: '21', behind: null, error: 'Error: poison' },
      { position: '22', behind: '21' },
    ],
    next: '22',
  });
  const second = await ask('GET', '/api/projections/alpha/dead-letters?limit=2&cursor=22');
  expect(second.body).toMatchObject({ items: [{ position: '23' }], next: null });
  const other = await ask('GET', '/api/projections/alpha/dead-letters', 'other');
  expect(other.body).toMatchObject({ items: [{ position: '24' }], next: null });
});

test('bad parameters, unknown names and missing keys are told', async () => {
  expect(await ask('GET', '/api/projections/alpha/dead-letters?limit=0')).toMatchObject({ status: 400 });
  expect(await ask('GET', '/api/projections/alpha/dead-letters?cursor=x')).toMatchObject({ status: 400 });
  expect(await ask('POST', '/api/projections/gamma/rebuild', OPERATOR)).toMatchObject({
    status: 404,
    body: { code: 'projection-not-found' },
  });
  expect((await app.inject({ method: 'GET', url: '/api/log/head' })).statusCode).toBe(401);
});

const BEYOND_ONE_WORKSPACE = [
  ['POST', '/api/projections/alpha/rebuild'],
  ['POST', '/api/projections/alpha/rebuild?workspace=main'],
  ['POST', '/api/projections/alpha/dead-letters/retry'],
  ['POST', '/api/projections/alpha/dead-letters/retry?workspace=main'],
] as const;

test.each(BEYOND_ONE_WORKSPACE)(
  '%s %s refuses an API key and names the operator key',
  async (method, url) => {
    expect(await ask(method, url)).toMatchObject({
      status: 403,
      body: {
        code: 'operator-key-required',
        detail: expect.stringMatching(/TOUCHLINE_OPERATOR_KEY.*npx touchline/),
      },
    });
  },
);

test.each(BEYOND_ONE_WORKSPACE)('%s %s without a key is not authenticated', async (method, url) => {
  expect((await app.inject({ method, url })).statusCode).toBe(401);
});

test('the operator sees dead letters of every workspace, each with its workspace', async () => {
  expect((await ask('GET', '/api/projections', OPERATOR)).body).toMatchObject({
    projections: [{ name: 'alpha', deadLetters: 4 }, { deadLetters: 0 }],
  });
  const { body } = await ask('GET', '/api/projections/alpha/dead-letters', OPERATOR);
  const { items } = body as { items: { workspace: string }[] };
  expect(items.map(({ workspace }) => workspace)).toEqual(['main', 'main', 'main', 'other']);
  expect(await ask('GET', '/api/log/head', OPERATOR)).toEqual({ status: 200, body: { position: '29' } });
});

test('an API key does not see the error of a failed projection, which may quote an event of another workspace', async () => {
  const secret = 'invalid input: "someone@other.example"';
  await db.pool.query(`UPDATE touchline.projection SET status = 'failed', error = $1 WHERE name = 'beta'`, [
    secret,
  ]);
  expect(JSON.stringify(await ask('GET', '/api/projections'))).not.toContain('other.example');
  expect((await ask('GET', '/api/projections', OPERATOR)).body).toMatchObject({
    projections: [{}, { error: secret }],
  });
  await db.pool.query(`UPDATE touchline.projection SET status = 'running', error = NULL WHERE name = 'beta'`);
});

test('a retry of one workspace leaves those of others', async () => {
  expect(await ask('POST', '/api/projections/alpha/dead-letters/retry?workspace=main', OPERATOR)).toEqual({
    status: 200,
    body: { tried: 3, deadLetters: 3 },
  });
  poison = false;
  expect(await ask('POST', '/api/projections/alpha/dead-letters/retry?workspace=main', OPERATOR)).toEqual({
    status: 200,
    body: { tried: 3, deadLetters: 0 },
  });
  expect((await ask('GET', '/api/projections/alpha/dead-letters', 'other')).body).toMatchObject({
    items: [{ position: '24' }],
  });
});

test('a rebuild answers at once, readers are answered meanwhile, and it shows how far it is', async () => {
  const freshness = new Freshness(db.pool, runner.moved);
  expect(await ask('POST', '/api/projections/alpha/rebuild', OPERATOR)).toEqual({
    status: 202,
    body: { rebuilding: ['alpha'] },
  });
  expect(await freshness.asOf(['alpha'])).toBe(29n);
  expect(await shown('alpha')).toMatchObject({
    status: 'rebuilding',
    position: '29',
    rebuild: { version: 1, position: '0', target: '29', rate: null, secondsLeft: null, error: null },
  });
  await runner.catchUp();
  expect(await shown('alpha')).toMatchObject({
    status: 'running',
    rebuild: null,
    comparison: {
      position: '29',
      version: 1,
      // The dead letter of `other` is in the new rows, so they are not expected to be the same.
      isSame: null,
      tables: [
        { table: 'alpha_seen', rows: 29, rowsBefore: 28, isSame: null },
        { table: 'alpha_count', isSame: null },
      ],
    },
  });
  expect(await freshness.asOf(['alpha', 'beta'])).toBe(29n);
});

test('the operator rebuilds the rows of one workspace, which no other workspace sees', async () => {
  const path = '/api/projections/alpha/rebuild?workspace=other';
  expect(await ask('POST', path, OPERATOR)).toEqual({ status: 202, body: { rebuilding: ['alpha'] } });
  expect(await ask('POST', path, OPERATOR)).toMatchObject({
    status: 409,
    body: { code: 'rebuild-in-progress' },
  });
  for (const asker of ['other', OPERATOR])
    expect((await ask('GET', '/api/projections', asker)).body).toMatchObject({
      projections: [{ name: 'alpha', status: 'rebuilding', rebuild: { workspace: 'other' } }, {}],
    });
  expect((await ask('GET', '/api/projections', 'main')).body).toMatchObject({
    projections: [{ name: 'alpha', status: 'running', rebuild: null }, {}],
  });
  await runner.catchUp();
  expect(await shown('alpha')).toMatchObject({
    status: 'running',
    rebuild: null,
    comparison: { workspace: 'other' },
  });
  expect(await ask('POST', '/api/projections/alpha/rebuild?workspace=nobody', OPERATOR)).toMatchObject({
    status: 404,
    body: { code: 'workspace-not-found' },
  });
});

test('waiting for a position', async () => {
  const freshness = new Freshness(db.pool, runner.moved);
  expect(await freshness.waitFor(['alpha'], 30n, 30)).toBe(false);
  await append(store, touches(1));
  const waiting = freshness.waitFor(['alpha', 'beta'], 30n, 5_000);
  await runner.catchUp();
  expect(await waiting).toBe(true);
  await expect(freshness.asOf(['gamma'])).rejects.toMatchObject({ code: 'projection-rebuilding' });
});
