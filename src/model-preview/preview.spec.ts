import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { stringify } from 'yaml';
import { testApp, type TestApp } from '../../test/app.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { DATABASE } from '../database/database.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Change } from '../domain/model-comparison.js';

const DAY_MS = 86_400_000;
const AT = Date.UTC(2026, 2, 2, 9);

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
  await send(buyers());
  const published = await app.app.inject({
    ...{ method: 'PUT', url: '/api/model', payload: stringify(STRICT) },
    headers: { ...auth(), 'if-match': '*', 'content-type': 'application/yaml' },
  });
  expect(published.statusCode).toBe(200);
}, 60_000);
afterAll(() => app?.close());

const auth = () => ({ authorization: `Bearer ${app.keys.apiKey}` });

/** Ready is whoever asked for a demo. */
const STRICT: JourneyModel = {
  ...TEST_MODEL,
  leadDefinitions: [{ minScore: 30 }],
};
/** Ready is whoever looked at some pages, too. */
const LAX: JourneyModel = { ...STRICT, name: 'Lax', leadDefinitions: [{ minScore: 2 }] };

/** Ten who ask for a demo, of whom five buy, and ten who read pages. */
function buyers(): object[] {
  return Array.from({ length: 20 }, (_, nth) => nth).flatMap((nth) => {
    const email = `buyer-${nth}@company-${nth}.example`;
    const touch = (name: string, kind: string, day: number) => ({
      ...{ messageId: `${name}-${nth}`, kind, email, content: { url: `https://acme.example/${name}` } },
      occurredAt: new Date(AT + day * DAY_MS + nth * 60_000).toISOString(),
    });
    const pages = [1, 2, 3, 4].map((page) => touch(`page-${page}`, 'page_view', page / 10));
    return nth < 10 ? [...pages, touch('demo', 'demo_request', 2)] : pages;
  });
}

async function send(touchpoints: readonly object[]): Promise<void> {
  const sent = await app.app.inject({
    ...{ method: 'POST', url: '/touchpoints', payload: touchpoints as object },
    headers: { 'x-write-key': app.keys.writeKey },
  });
  expect(sent.statusCode).toBe(200);
  const opportunities = Array.from({ length: 5 }, (_, nth) => ({
    ...{ opportunityId: `opp-${nth}`, amount: '1000.00', currency: 'EUR', status: 'won' },
    openedAt: new Date(AT + 5 * DAY_MS).toISOString(),
    closedAt: new Date(AT + 9 * DAY_MS).toISOString(),
    occurredAt: new Date(AT + 9 * DAY_MS).toISOString(),
    contacts: [{ email: `buyer-${nth}@company-${nth}.example`, role: 'decision_maker' }],
  }));
  const put = await app.app.inject({
    ...{ method: 'PUT', url: '/api/opportunities', payload: opportunities, headers: auth() },
  });
  expect(put.statusCode).toBe(200);
}

interface Line {
  readonly type: string;
  readonly [part: string]: unknown;
}

async function preview(model: JourneyModel | string, query = ''): Promise<{ status: number; lines: Line[] }> {
  const answer = await app.app.inject({
    ...{ method: 'POST', url: `/api/model/preview${query}` },
    payload: typeof model === 'string' ? model : stringify(model),
    headers: { ...auth(), 'content-type': 'application/yaml' },
  });
  const lines = answer.body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  return { status: answer.statusCode, lines };
}

async function head(): Promise<string> {
  return (await app.app.inject({ url: '/api/log/head', headers: auth() })).json<{ position: string }>()
    .position;
}

test('a model that doubles the qualified leads and halves the win rate is seen before it is published', async () => {
  const position = await head();
  const { status, lines } = await preview(LAX, `?minPosition=${position}`);
  expect(status).toBe(200);
  expect(lines[0]).toMatchObject({ type: 'start', asOf: position, modelVersion: 2, candidate: 'Lax' });
  expect(lines.at(-1)).toMatchObject({
    ...{ type: 'result', leads: 20, knownLeads: 20, wonLeads: 5, touchpoints: 90, next: null },
    ...{ changedLeads: 10, qualificationGained: 10, qualificationLost: 0 },
    changes: { persona: 0, stage: 0, grade: 0, score: 0, qualification: 10 },
    current: {
      qualifiedLeads: 10,
      precision: { successes: 5, trials: 10, rate: 0.5 },
      recall: { successes: 5, trials: 5, rate: 1 },
      areaUnderCurve: 1 - (5 * 5 * 0.5) / (5 * 15),
    },
    candidate: {
      qualifiedLeads: 20,
      precision: { successes: 5, trials: 20, rate: 0.25 },
      recall: { rate: 1 },
    },
  });
  const leads = lines.filter(({ type }) => type === 'lead');
  expect(leads).toHaveLength(10);
  expect(leads.every(({ changes }) => (changes as Change[]).join() === 'qualification')).toBe(true);
  expect(await head()).toBe(position);
}, 60_000);

test('changed leads are listed from where the last list ended', async () => {
  const first = await preview(LAX, '?leads=6');
  const { next } = first.lines.at(-1) as unknown as { next: string };
  const second = await preview(LAX, `?leads=6&after=${next}`);
  const ids = [...first.lines, ...second.lines].flatMap(({ type, leadId }) =>
    type === 'lead' ? [leadId] : [],
  );
  expect(ids).toHaveLength(10);
  expect(ids).toEqual(ids.toSorted());
  expect(second.lines.at(-1)).toMatchObject({ next: null, changedLeads: 10 });
}, 60_000);

test('a preview of the model in effect changes nothing', async () => {
  const { lines } = await preview(STRICT);
  const { changedLeads, current, candidate } = lines.at(-1) as unknown as Record<string, unknown>;
  expect(changedLeads).toBe(0);
  expect(candidate).toEqual(current);
}, 60_000);

test('qualified leads are counted by the week in which they first met the lead definition', async () => {
  const { lines } = await preview(LAX, '?weeks=104');
  const { weeks } = lines.at(-1) as unknown as {
    weeks: { week: string; current: number; candidate: number }[];
  };
  expect(weeks).toHaveLength(104);
  expect(weeks.filter(({ candidate }) => candidate > 0)).toEqual([
    { week: '2026-03-02', current: 10, candidate: 20 },
  ]);
}, 60_000);

test.each([
  ['a text that is no YAML', 'name: [', '', 'model-unreadable'],
  ['a model without its parts', 'name: Only a name', '', 'model-invalid'],
  ['no weeks', stringify(LAX), '?weeks=0', 'weeks-invalid'],
  ['more leads than may be listed', stringify(LAX), '?leads=10001', 'leads-invalid'],
  ['a cursor that is no lead', stringify(LAX), '?after=x', 'after-invalid'],
  ['an unknown parameter', stringify(LAX), '?window=3', 'parameter-unknown'],
])('a preview with %s is refused with a stable code', async (_, text, query, code) => {
  const { status, lines } = await preview(text, query);
  expect(status).toBe(400);
  expect(lines).toEqual([expect.objectContaining({ code })]);
});

test('right after the first start a preview waits until the read models have the model', async () => {
  let locked: Promise<pg.PoolClient> | undefined;
  const first = await testApp({}, (starting) => {
    locked = lockModels(starting.get(DATABASE));
  });
  const client = await locked;
  const answer = first.app.inject({
    ...{ method: 'POST', url: '/api/model/preview', payload: stringify(LAX) },
    headers: { ...auth(), 'content-type': 'application/yaml' },
  });
  // Long enough for an answer that does not wait.
  await Promise.race([answer, delay(300)]);
  await client?.query('ROLLBACK');
  client?.release();
  expect((await answer).statusCode).toBe(200);
  await first.close();
}, 60_000);

/** Read models cannot take in a published model until the transaction ends. */
async function lockModels(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  await client.query('BEGIN; LOCK TABLE touchline.journey_model IN SHARE MODE');
  return client;
}
