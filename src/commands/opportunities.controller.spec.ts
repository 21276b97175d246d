import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Global, Logger, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { CONFIG, readConfig } from '../config.js';
import { DATABASE } from '../database/database.js';
import { replay, type DomainEvent } from '../domain/decider.js';
import { opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { EVENT_STORE } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { dressApp } from '../http/app.js';
import { AuthGuard } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { OperatorKey } from '../http/operator-key.js';
import { Metrics } from '../metrics.js';
import { CommandsModule } from './commands.module.js';
import { examples } from './opportunity.examples.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let app: NestFastifyApplication;
const store = new MemoryEventStore();

beforeAll(async () => {
  db = await testDatabase();
  const providers = [
    { provide: DATABASE, useValue: db.pool },
    { provide: EVENT_STORE, useValue: store },
    { provide: CONFIG, useValue: readConfig({ PLACEHOLDERS: 'test@example.com' }) },
    { provide: KeyStore, useValue: { resolveApiKey: (key: string) => Promise.resolve(key) } },
    AuthGuard,
    OperatorKey,
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Edge {}
  const module = await Test.createTestingModule({ imports: [Edge, CommandsModule] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  dressApp(app, new Metrics());
  await app.init();
});
afterAll(async () => {
  await app.close();
  await db.drop();
});

/** Every test has a workspace of its own. */
let workspace = '';
let tests = 0;
beforeEach(() => {
  workspace = `w${++tests}`;
});

async function send(
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) {
  const answer = await app.inject({
    method,
    url: `/api/opportunities${path}`,
    headers: {
      authorization: `Bearer ${workspace}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown> };
}
const events = async (id = 'opp-1') => store.readStream(workspace, `opportunity-${id}`);
const types = async (id?: string) => (await events(id)).map(({ type }) => type);
const opening = examples.open.webinar.value;

describe('POST /api/opportunities', () => {
  test('records the opportunity with its contacts and returns the position', async () => {
    const { status, body } = await send('POST', '', opening);
    const recorded = await events();
    expect(status).toBe(201);
    expect(body).toEqual({
      opportunityId: 'opp-1',
      status: 'open',
      changed: true,
      position: String(recorded.at(-1)?.position),
      eventIds: recorded.map(({ id }) => id),
    });
    expect(
      recorded.map(({ type, data, occurredAt }) => [type, data, occurredAt.toISOString()]),
    ).toMatchObject([
      [
        'OpportunityOpened',
        { amountMinor: 12_000_000, currency: 'USD', owner: 'rep-7' },
        '2026-03-01T09:30:00.000Z',
      ],
      [
        'ContactRoleAssigned',
        { contact: ['email:ada@acme.example'], role: 'decision_maker', accountId: 'acme' },
        expect.any(String),
      ],
    ]);
  });

  test('repeated with the same values changes nothing and returns the same position', async () => {
    const { body } = await send('POST', '', opening);
    expect(await send('POST', '', opening)).toEqual({
      status: 200,
      body: { ...body, changed: false, eventIds: [] },
    });
    expect(await events()).toHaveLength(2);
  });

  test('repeated with other values is a conflict', async () => {
    await send('POST', '', opening);
    expect(await send('POST', '', { ...opening, amount: '1.00' })).toMatchObject({
      status: 409,
      body: { code: 'opportunity-exists' },
    });
  });

  test('reports all invalid fields of the body', async () => {
    const { status, body } = await send('POST', '', {
      amount: 120000,
      openedAt: '2026-02-30T09:30:00Z',
      name: 'a\u0000b',
      owner: null,
      color: 'red',
      contacts: [{ role: 'user' }, { email: 'not an address', role: '' }, { userId: 'u-1' }],
    });
    expect(status).toBe(400);
    const faults = (body['errors'] as { path: string }[]).map(({ path }) => path);
    expect(new Set(faults)).toEqual(
      new Set([
        'opportunityId',
        'currency',
        'amount',
        'openedAt',
        'name',
        'owner',
        'color',
        'contacts.0.email',
        'contacts.1.email',
        'contacts.1.role',
        'contacts.2.role',
      ]),
    );
    expect(await store.readStream(workspace, 'opportunity-undefined')).toEqual([]);
  });

  test.each([
    [{ currency: 'XYZ' }, 'currency-unknown', 'currency'],
    [{ amount: '-1.00' }, 'amount-negative', 'amount'],
    [{ amount: '1.001' }, 'amount-decimals', 'amount'],
    [{ openedAt: '2190-01-01T00:00:00Z' }, 'opened-in-future', 'openedAt'],
    [
      { contacts: [{ leadId: '6a0f1c52-6c2e-8a11-a111-5d1f0a9b7c3e', role: 'user' }] },
      'contact-unknown',
      'contacts.0.leadId',
    ],
    [{ contacts: [{ email: 'null@null.com', role: 'user' }] }, 'contact-placeholder', 'contacts.0.email'],
    [{ contacts: [{ email: 'Test@Example.com', role: 'user' }] }, 'contact-placeholder', 'contacts.0.email'],
    [{ contacts: [{ crmId: '{!Contact.Id}', role: 'user' }] }, 'contact-placeholder', 'contacts.0.crmId'],
    [{ contacts: [{ userId: 'undefined', role: null }] }, 'contact-placeholder', 'contacts.0.userId'],
  ])('refuses %j with the code %s', async (more, code, path) => {
    expect(await send('POST', '', { ...opening, ...more })).toMatchObject({
      status: 422,
      body: { code, errors: [{ path }] },
    });
    expect(await events()).toEqual([]);
  });
});

describe('PATCH /api/opportunities/{id}', () => {
  beforeEach(async () => {
    await send('POST', '', opening);
  });

  test('records a win once, corrects it, reopens the opportunity and records a loss', async () => {
    const patches = [
      { status: 'won', closedAt: '2026-06-30T16:00:00Z', amount: '130000.00', stage: 'closed' },
      { status: 'won' },
      { status: 'won', amount: '125000.00' },
      { status: 'open', reason: 'signed by nobody' },
      { status: 'lost', reason: 'price', contacts: [{ email: 'ada@acme.example', role: null }] },
    ];
    const answers = [];
    for (const patch of patches) answers.push((await send('PATCH', '/opp-1', patch)).body);
    expect(answers.map((body) => [body['status'], body['changed']])).toEqual([
      ['won', true],
      ['won', false],
      ['won', true],
      ['open', true],
      ['lost', true],
    ]);
    expect((await types()).slice(2)).toEqual([
      'OpportunityChanged',
      'OpportunityWon',
      'OpportunityWon',
      'OpportunityReopened',
      'ContactRoleAssigned',
      'OpportunityLost',
    ]);
  });

  test.each([
    [{ status: 'lost', closedAt: '2026-01-01T00:00:00Z' }, 422, 'closed-before-opened'],
    [{ status: 'won', closedAt: '2190-01-01T00:00:00Z' }, 422, 'closed-in-future'],
    [{ stage: 'x', occurredAt: '2190-01-01T00:00:00Z' }, 422, 'changed-in-future'],
    [{ stage: 'x', occurredAt: 'yesterday' }, 400, 'invalid'],
    [{ closedAt: '2026-06-30T16:00:00Z' }, 422, 'not-closing'],
    [{ currency: 'EUR' }, 422, 'currency-fixed'],
    [{ status: 'closed' }, 400, 'invalid'],
    [{ openedAt: '2026-06-30T16:00:00Z' }, 400, 'invalid'],
  ])('refuses %j with %i %s', async (patch, status, code) =>
    expect(await send('PATCH', '/opp-1', patch)).toMatchObject({ status, body: { code } }),
  );

  test('refuses to change a closed opportunity', async () => {
    await send('PATCH', '/opp-1', { status: 'won' });
    for (const patch of [{ amount: '1.00' }, { stage: 'x' }, { status: 'lost' }]) {
      expect(await send('PATCH', '/opp-1', patch)).toMatchObject({
        status: 409,
        body: { code: 'opportunity-closed' },
      });
    }
  });

  test('returns 404 for an unknown opportunity', async () =>
    expect(await send('PATCH', '/opp-9', { status: 'won' })).toMatchObject({
      status: 404,
      body: { code: 'opportunity-not-found' },
    }));

  test('with an empty body records nothing', async () =>
    expect(await send('PATCH', '/opp-1', {})).toMatchObject({
      status: 200,
      body: { changed: false, position: String((await events()).at(-1)?.position) },
    }));

  test('with an idempotency key that is sent again late does not undo later changes', async () => {
    const key = { 'idempotency-key': 'crm-change-17' };
    const first = await send('PATCH', '/opp-1', { stage: 'proposal' }, key);
    await send('PATCH', '/opp-1', { stage: 'negotiation' });
    expect(await send('PATCH', '/opp-1', { stage: 'proposal' }, key)).toEqual(first);
    expect(await types()).toHaveLength(4);
  });

  test('called concurrently on one opportunity loses no change', async () => {
    const owners = Array.from({ length: 8 }, (_, index) => `rep-${index}`);
    const answers = await Promise.all(
      owners.map((owner) => send('PATCH', '/opp-1', { contacts: [{ userId: owner, role: 'user' }] })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await types()).filter((type) => type === 'ContactRoleAssigned')).toHaveLength(9);
  });

  test('accepts current and former lead ids as contacts', async () => {
    const insert = `INSERT INTO touchline.identity_key (workspace, key, own_lead_id, lead_id, known_from) VALUES ($1, $2, $3, $4, 1)`;
    const [lead, alias] = ['6a0f1c52-6c2e-8a11-a111-5d1f0a9b7c3e', '7b0f1c52-6c2e-8a11-a111-5d1f0a9b7c3e'];
    await db.pool.query(insert, [workspace, 'email:eve@acme.example', lead, lead]);
    await db.pool.query(insert, [workspace, 'user:u-2', alias, lead]);
    await db.pool.query(insert, [workspace, 'anonymous:a-1', '8b0f1c52-6c2e-8a11-a111-5d1f0a9b7c3e', lead]);
    await send('PATCH', '/opp-1', { contacts: [{ leadId: alias, role: 'champion' }] });
    expect((await events()).at(-1)?.data).toMatchObject({
      contact: ['user:u-2', 'email:eve@acme.example'],
      role: 'champion',
    });
  });
});

describe('PUT /api/opportunities', () => {
  const report = { currency: 'USD', amount: '100.00', stage: 'discovery', openedAt: '2026-03-01T09:30:00Z' };
  const late = (stage: string, occurredAt: string) => ({ ...report, stage, occurredAt });

  test('creates an opportunity, then updates it, then changes nothing', async () => {
    const answers = [];
    for (const body of [report, { stage: 'proposal' }, { stage: 'proposal' }]) {
      answers.push(await send('PUT', '/opp-1', body));
    }
    expect(answers.map(({ status, body }) => [status, body['changed'], body['status']])).toEqual([
      [201, true, 'open'],
      [200, true, 'open'],
      [200, false, 'open'],
    ]);
    expect(await types()).toEqual(['OpportunityOpened', 'OpportunityChanged']);
  });

  test('clears fields that are null and keeps absent fields', async () => {
    await send('PUT', '/opp-1', { ...report, name: 'Acme', owner: 'rep-7' });
    await send('PUT', '/opp-1', { name: null });
    expect((await events()).at(-1)?.data).toEqual({ opportunityId: 'opp-1', name: null });
  });

  test('reports all invalid fields of the body', async () => {
    const { status, body } = await send('PUT', '/opp-1', {
      currency: null,
      stage: '',
      status: 'none',
      contacts: [{ email: 'ada@acme.example', role: null }],
      opportunityId: 'opp-1',
    });
    const faults = (body['errors'] as { path: string }[]).map(({ path }) => path);
    expect([status, new Set(faults)]).toEqual([
      400,
      new Set(['currency', 'stage', 'status', 'contacts.0.role', 'opportunityId']),
    ]);
  });

  test('requires a currency for an unknown opportunity', async () =>
    expect(await send('PUT', '/opp-1', { stage: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'currency-missing', errors: [{ path: 'currency' }] },
    }));

  test('accepts or rejects each item of a batch individually, in order', async () => {
    const { status, body } = await send('PUT', '', [
      { opportunityId: 'opp-1', ...late('proposal', '2026-03-20T00:00:00Z') },
      { opportunityId: 'opp-2', ...report, amount: 'a lot' },
      { opportunityId: 'opp-1', ...late('discovery', '2026-03-10T00:00:00Z') },
      { opportunityId: 'opp-3', ...report, currency: 'XXD' },
      { opportunityId: 'opp-1', ...late('proposal', '2026-03-20T00:00:00Z') },
      ['no object'],
      { ...report },
      { opportunityId: 'opp-4', status: 'deleted' },
      { opportunityId: ' opp-5 ', ...report },
    ]);
    const receipts = body['receipts'] as Record<string, unknown>[];
    expect(status).toBe(200);
    expect(
      receipts.map(({ opportunityId, status: outcome, reason }) => [
        opportunityId,
        outcome,
        (reason as { code: string } | undefined)?.code,
      ]),
    ).toEqual([
      ['opp-1', 'created', undefined],
      ['opp-2', 'rejected', 'invalid'],
      ['opp-1', 'updated', undefined],
      ['opp-3', 'rejected', 'currency-unknown'],
      ['opp-1', 'unchanged', undefined],
      [null, 'rejected', 'invalid'],
      [null, 'rejected', 'invalid'],
      ['opp-4', 'unchanged', undefined],
      ['opp-5', 'created', undefined],
    ]);
    const recorded = await events();
    expect(receipts[2]).toMatchObject({ position: String(recorded.at(-1)?.position) });
    const state = replay(opportunity, recorded as readonly DomainEvent[] as readonly OpportunityEvent[]);
    expect(state).toMatchObject({ stage: 'proposal', status: 'open' });
  });

  test.each<[unknown, number, string]>([
    [{ opportunityId: 'opp-1' }, 400, 'invalid'],
    [Array.from({ length: 1_001 }, () => ({})), 413, 'too-large'],
  ])('refuses a body that is not an array', async (body, status, code) =>
    expect(await send('PUT', '', body)).toMatchObject({ status, body: { code } }),
  );

  test('with an empty batch returns no receipts', async () =>
    expect(await send('PUT', '', [])).toEqual({ status: 200, body: { receipts: [] } }));
});

describe('DELETE /api/opportunities/{id}', () => {
  test('records a deletion once, and a later report restores the opportunity', async () => {
    await send('POST', '', opening);
    const answers = [await send('DELETE', '/opp-1', undefined), await send('DELETE', '/opp-1', undefined)];
    expect(answers).toMatchObject([
      { status: 200, body: { status: 'deleted', changed: true } },
      { status: 200, body: { status: 'deleted', changed: false } },
    ]);
    expect(await send('PATCH', '/opp-1', { stage: 'x' })).toMatchObject({
      status: 404,
      body: { code: 'opportunity-not-found' },
    });
    expect(await send('POST', '', opening)).toMatchObject({
      status: 409,
      body: { code: 'opportunity-exists' },
    });
    expect(await send('PUT', '/opp-1', {})).toMatchObject({ status: 200, body: { status: 'open' } });
    expect((await types()).slice(2)).toEqual(['OpportunityDeleted', 'OpportunityChanged']);
  });

  test.each([
    ['/opp-9', 404, 'opportunity-not-found'],
    ['/opp-1?occurredAt=yesterday', 400, 'invalid'],
    ['/opp-1?occurredAt=2190-01-01T00:00:00Z', 422, 'changed-in-future'],
    ['/opp-1?when=now', 400, 'invalid'],
  ])('%s returns %i %s', async (path, status, code) => {
    await send('POST', '', opening);
    expect(await send('DELETE', path, undefined)).toMatchObject({ status, body: { code } });
  });
});

test('the opportunity commands refuse requests without an API key', async () => {
  const answer = await app.inject({ method: 'POST', url: '/api/opportunities', payload: opening });
  expect(answer.statusCode).toBe(401);
});

test('the examples of opportunity commands in the API document are accepted', async () => {
  await send('POST', '', examples.open.webinar.value);
  const { report, won: reportedWon } = examples.upsert;
  expect(await send('PUT', '/opp-2', report.value)).toMatchObject({ status: 201 });
  expect(await send('PUT', '/opp-2', reportedWon.value)).toMatchObject({ body: { status: 'won' } });
  const { stage, committee, won, reopened, lost } = examples.update;
  for (const { value } of [stage, committee, won, reopened, lost]) {
    expect(await send('PATCH', '/opp-1', value)).toMatchObject({ status: 200, body: { changed: true } });
  }
});
