import { afterEach, describe, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';
import { until } from '../../test/until.js';
import { ROLES, type Role } from '../config.js';
import { QueueFull } from '../event-store/event-store.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const PATIENCE_MS = 20_000;
const NAMES = projections.map(({ name }) => name);

async function withRoles(...roles: Role[]): Promise<TestApp> {
  return (app = await testApp({ ROLES: roles.join() }));
}

interface Ready {
  readonly status: number;
  readonly checks: Readonly<Record<string, { ready: boolean; state: string; reason?: string }>>;
}

async function ready(): Promise<Ready> {
  const answer = await app!.app.inject({ url: '/health/ready' });
  return { status: answer.statusCode, checks: answer.json<Ready>().checks };
}

const becomes = (role: Role, state: string): Promise<boolean> =>
  until(async () => (await ready()).checks[role]?.state === state, PATIENCE_MS);

const sql = (text: string, values: unknown[] = []) => app!.database.pool.query(text, values);

/** What a process with the role `project` does. */
async function project(): Promise<void> {
  const { pool, store } = app!.runtime;
  await new SubscriptionRunner({ pool, store, subscriptions: projections }).catchUp();
}

async function send(): Promise<number> {
  const { statusCode } = await app!.app.inject({
    method: 'POST',
    url: '/touchpoints',
    headers: { 'x-write-key': app!.keys.writeKey },
    payload: { messageId: 'm-1', kind: 'page_view', anonymousId: 'a-1' },
  });
  return statusCode;
}

describe('a process serves what its roles name', () => {
  const ADDRESSES: readonly (readonly [Role, 'GET' | 'POST', string])[] = [
    ['collect', 'POST', '/touchpoints'],
    ['collect', 'POST', '/v1/batch'],
    ['query', 'GET', '/api/leads'],
    ['query', 'POST', '/api/opportunities'],
    ['query', 'GET', '/api/projections'],
    ['query', 'GET', '/api/rejected'],
    ['query', 'GET', '/openapi.json'],
  ];

  test.each(ROLES)('with the role %s alone', async (only) => {
    const { app: served } = await withRoles(only);
    for (const [role, method, url] of ADDRESSES) {
      const payload = method === 'POST' ? { payload: 'x', headers: { 'content-type': 'text/odd' } } : {};
      const { statusCode, body } = await served.inject({ method, url, ...payload });
      if (role === only) expect([url, statusCode === 404]).toEqual([url, false]);
      else
        expect([url, statusCode, JSON.parse(body)]).toMatchObject([
          url,
          404,
          {
            code: 'role-not-here',
            detail: `This process has the ROLES ${only}; one with ${role} answers here`,
          },
        ]);
    }
    for (const url of ['/health/live', '/metrics'])
      expect((await served.inject({ url })).statusCode).toBe(200);
    expect((await served.inject({ url: '/nowhere' })).json()).toMatchObject({ code: 'not-found' });
  });
});

describe('readiness of collect', () => {
  test('is there while the log can be reached, whatever became of the read models', async () => {
    await withRoles('collect');
    expect(await ready()).toEqual({ status: 200, checks: { collect: { ready: true, state: 'accepting' } } });
    await sql('ALTER TABLE touchline.log RENAME TO gone');
    expect(await ready()).toMatchObject({ status: 503, checks: { collect: { state: 'unknown' } } });
    await sql('ALTER TABLE touchline.gone RENAME TO log');
    expect((await ready()).status).toBe(200);
  });

  test('ends when the queue of the log is full, and comes back with the next event that is taken', async () => {
    const { runtime } = await withRoles('collect');
    const record = runtime.store.record.bind(runtime.store);
    runtime.store.record = () => Promise.reject(new QueueFull());
    expect(await send()).toBe(503);
    expect(await ready()).toMatchObject({ status: 503, checks: { collect: { state: 'full' } } });
    runtime.store.record = record;
    expect(await send()).toBe(200);
    expect((await ready()).status).toBe(200);
  });
});

describe('readiness of project', () => {
  test('is there while its runner takes part, whether it has projections or others have them', async () => {
    await withRoles('project');
    expect(await becomes('project', 'working')).toBe(true);
    expect(
      await until(
        async () => (await ready()).checks.project?.reason === `has ${NAMES.sort().join(', ')}`,
        PATIENCE_MS,
      ),
    ).toBe(true);
    await sql(
      `UPDATE touchline.projection SET owner = 'another/1/x/y', epoch = epoch + 1, lease_until = 'infinity'`,
    );
    expect(await becomes('project', 'waiting')).toBe(true);
    expect((await ready()).status).toBe(200);
  });

  test('ends when a projection cannot go on', async () => {
    await withRoles('project', 'collect');
    expect(await becomes('project', 'working')).toBe(true);
    await sql('ALTER TABLE touchline_journey_1.journey RENAME TO gone');
    expect(await send()).toBe(200);
    expect(await becomes('project', 'failed')).toBe(true);
    expect((await ready()).checks.project?.reason).toMatch(/^journey cannot go on/);
    // Taking the collector out would lose events for it.
    expect((await ready()).status).toBe(200);
    await sql('ALTER TABLE touchline_journey_1.gone RENAME TO journey');
    expect(await becomes('project', 'working')).toBe(true);
  });

  test('ends when its thread gives no sign of life, which is all there is where nothing is served', async () => {
    const { app: served } = await withRoles('project');
    expect(await becomes('project', 'working')).toBe(true);
    await served.get(SubscriptionRunner).stop();
    expect(await ready()).toMatchObject({ status: 503, checks: { project: { state: 'silent' } } });
  });
});

describe('readiness of query', () => {
  test('waits until somebody has made the read models, in this version', async () => {
    await withRoles('query');
    expect(await ready()).toMatchObject({ status: 503, checks: { query: { state: 'waiting' } } });
    await project();
    expect(await ready()).toEqual({ status: 200, checks: { query: { ready: true, state: 'answering' } } });
    await sql(`UPDATE touchline.projection SET version = version - 1 WHERE name = 'journey'`);
    expect(await ready()).toMatchObject({ status: 503, checks: { query: { state: 'waiting' } } });
    await sql(`UPDATE touchline.projection SET version = version + 2 WHERE name = 'journey'`);
    expect((await ready()).status).toBe(200);
  });

  test('stays while a read model is rebuilt, and says which', async () => {
    await withRoles('query');
    await project();
    await sql(`UPDATE touchline.projection SET status = 'rebuilding', rebuild_to = 7 WHERE name = 'journey'`);
    expect(await ready()).toEqual({
      status: 200,
      checks: {
        query: { ready: true, state: 'rebuilding', reason: 'questions to journey are answered 503' },
      },
    });
  });
});

test('the role react is ready without Kafka: leads qualify all the same', async () => {
  await withRoles('react');
  expect(await ready()).toMatchObject({ status: 200, checks: { react: { ready: true } } });
});
