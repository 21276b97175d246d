import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { dayOf, distribute as shareOutExactly } from '../domain/attribution/money.js';
import { CHANNELS } from '../domain/touchpoint.js';
import { tagLabel } from '../domain/label.js';
import { defaultModel, publishModel } from '../commands/publish-model.js';
import { MemoryEventStore } from '../event-store/memory.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { AttributionAnswer, CreditItem } from './attribution.js';
import { linesOf, sumOf } from '../../test/credit-ledger.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { type Json, queryApi, type QueryApi } from '../../test/query-api.js';

// The report against a ledger of generated rows, added up here by hand.

const ZONE = 'Europe/Berlin';
const HEAD = 40;

interface Touch {
  readonly content: string | null;
  readonly title: string | null;
  readonly channel: string;
  readonly campaign: string | null;
  readonly source: string | null;
  readonly weight: number;
}
interface Path {
  readonly workspace: string;
  readonly opportunityId: string;
  readonly metric: string;
  readonly creditedAt: Date;
  readonly currency: string;
  readonly amount: number;
  readonly reported: number | null;
  readonly touches: readonly Touch[];
  readonly knownFrom: number;
  readonly supersededAt: number | null;
}

/** Labels that could be taken for the absence of one, for another, or for the seam between two. */
const HOSTILE_LABELS = ['(none)', '(NONE)', 'null', 'a | b', '["a","b"]', '[null]', '#none'];
/** As touchpoints have them. */
const HOSTILE_SOURCES = HOSTILE_LABELS.flatMap((text) => tagLabel(text) ?? []);

const some = (...values: string[]) => fc.constantFrom(...values);
const touches = fc.array(
  fc.record({
    content: fc.option(some('wp-1', 'https://acme.example/blog/ü', ...HOSTILE_LABELS), { nil: null }),
    title: fc.option(some('Guide', 'Guide, 2nd', 'Übersicht'), { nil: null }),
    channel: fc.constantFrom(...CHANNELS.slice(0, 4)),
    campaign: fc.option(some('spring', ...HOSTILE_LABELS), { nil: null }),
    source: fc.option(some('newsletter', ...HOSTILE_SOURCES), { nil: null }),
    weight: fc.constantFrom(0, 0.1, 0.25, 1),
  }),
  { maxLength: 6 },
);
const creditable = touches.filter((all) => all.length === 0 || all.some(({ weight }) => weight > 0));
const paths = fc.array(
  fc
    .record({
      opportunityId: some('o-1', 'o-2', 'o-3', 'o-4', 'ö-5'),
      metric: some('revenue', 'pipeline'),
      creditedAt: fc
        .integer({ min: Date.UTC(2026, 0, 30), max: Date.UTC(2026, 3, 2) })
        .map((at) => new Date(at)),
      currency: some('EUR', 'USD'),
      amount: fc.integer({ min: 0, max: 10 ** 9 }),
      convertible: fc.boolean(),
      touches: creditable,
      knownFrom: fc.integer({ min: 1, max: 20 }),
      life: fc.option(fc.integer({ min: 1, max: 15 }), { nil: null }),
    })
    .map(({ convertible, life, ...path }) => ({
      ...path,
      reported: path.currency === 'EUR' ? path.amount : convertible ? Math.round(path.amount * 0.9) : null,
      supersededAt: life === null ? null : path.knownFrom + life,
    })),
  { maxLength: 12 },
);

let db: TestDatabase;
let api: QueryApi;
beforeAll(async () => {
  db = await testDatabase();
  const store = new MemoryEventStore(() => new Date('2026-04-02T00:00:00Z'));
  const document = { ...(await defaultModel()), currency: 'EUR', timeZone: ZONE };
  await publishModel(store, 'main', document, { now: new Date('2026-01-01T00:00:00Z') });
  for (let position = 2; position <= HEAD; position++) {
    const account = {
      type: 'AccountObserved',
      schemaVersion: 1,
      occurredAt: new Date(0),
      data: { accountId: 'a' },
    } as const;
    const event = { id: randomUUID(), ...account };
    await store.record([{ workspace: 'main', stream: 'account-a', event }]);
  }
  const freshness = { checkpoint: async () => BigInt(HEAD), waitFor: async () => true };
  api = await queryApi({ pool: db.pool, store, freshness });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** One version of an opportunity and metric at a time, as the ledger keeps it. */
function withoutOverlaps(all: readonly Path[]): Path[] {
  const kept: Path[] = [];
  const end = ({ supersededAt }: Path) => supersededAt ?? Infinity;
  for (const path of all) {
    const rivals = kept.filter(
      (each) =>
        each.workspace === path.workspace &&
        each.opportunityId === path.opportunityId &&
        each.metric === path.metric,
    );
    if (rivals.every((each) => end(each) <= path.knownFrom || end(path) <= each.knownFrom)) kept.push(path);
  }
  return kept;
}

function marksOf(all: readonly Touch[]): number[] {
  const seen = new Set<string>();
  const cuts = ['content', 'channel', 'campaign', 'source'] as const;
  return all.map((touch) => {
    if (touch.weight <= 0) return 0;
    return cuts.reduce((marks, cut, index) => {
      const name = JSON.stringify([cut, touch[cut]]);
      if (seen.has(name)) return marks;
      seen.add(name);
      return marks | (2 << index);
    }, 1);
  });
}

/** By weights that have at most two decimals. */
const shareOut = (minor: number, weights: readonly number[]): number[] =>
  shareOutExactly(
    BigInt(minor),
    weights.map((weight) => BigInt(Math.round(weight * 100))),
  ).map(Number);

async function write(path: Path, model: string): Promise<void> {
  const of = <T>(read: (touch: Touch) => T): T[] => path.touches.map(read);
  const weights = of(({ weight }) => weight);
  const { rows } = await db.pool.query<{ path_id: string }>(
    `INSERT INTO touchline.attribution_path (workspace, opportunity_id, metric, credited_at, currency, amount_minor,
       reported_currency, reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids,
       content_titles, channels, campaigns, sources, known_from, superseded_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'EUR', $7, 'contacts', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     RETURNING path_id`,
    [
      path.workspace,
      path.opportunityId,
      path.metric,
      path.creditedAt,
      path.currency,
      path.amount,
      path.reported,
      of(() => randomUUID()),
      of(() => randomUUID()),
      of(() => path.creditedAt),
      of(() => null),
      of(({ content }) => content),
      of(({ title }) => title),
      of(({ channel }) => channel),
      of(({ campaign }) => campaign),
      of(({ source }) => source),
      path.knownFrom,
      path.supersededAt,
    ],
  );
  if (path.touches.length === 0) return;
  await db.pool.query(
    `INSERT INTO touchline.attribution_share (path_id, workspace, model, weights, amounts, reported, marks)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      rows[0]?.path_id,
      path.workspace,
      model,
      weights,
      shareOut(path.amount, weights),
      path.reported === null ? null : shareOut(path.reported, weights),
      marksOf(path.touches),
    ],
  );
}

const CUTS = ['content', 'channel', 'campaign', 'source', 'month'] as const;
type Cut = (typeof CUTS)[number];

/** The report by the definition of §8 and §10. */
function byHand(all: readonly Path[], by: readonly Cut[]) {
  const cells = new Map<string, { value: number; opportunities: Set<string>; touches: number }>();
  for (const path of all) {
    const weights = path.touches.map(({ weight }) => weight);
    const credits = path.reported === null || weights.length === 0 ? [] : shareOut(path.reported, weights);
    credits.forEach((value, index) => {
      const touch = path.touches[index];
      if (!touch || touch.weight <= 0) return;
      const month = dayOf(path.creditedAt, ZONE).slice(0, 7);
      const keys = by.map((cut) => (cut === 'month' ? month : touch[cut]));
      const cell = cells.get(JSON.stringify(keys)) ?? { value: 0, opportunities: new Set(), touches: 0 };
      cells.set(JSON.stringify(keys), cell);
      cell.value += value;
      cell.opportunities.add(path.opportunityId);
      cell.touches++;
    });
  }
  const rows = [...cells].map(([keys, { value, opportunities, touches }]) => [
    keys,
    value,
    opportunities.size,
    touches,
  ]);
  return rows.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

interface Asked {
  readonly all: readonly Path[];
  readonly model: string;
  readonly metric: string;
  readonly asOf: number;
}

test('a report equals the sums over the ledger at any position and by any dimensions', async () => {
  const several = fc.uniqueArray(fc.constantFrom(...CUTS), { minLength: 2, maxLength: 3 });
  const metrics = fc.constantFrom('revenue', 'pipeline');
  const positions = fc.integer({ min: 1, max: HEAD });
  const property = fc.asyncProperty(
    paths,
    paths,
    several,
    fc.constantFrom(...MODEL_NAMES),
    metrics,
    positions,
    async (ours, others, combination, model, metric, asOf) => {
      await db.pool.query('DELETE FROM touchline.attribution_path; DELETE FROM touchline.attribution_share');
      const all = withoutOverlaps([
        ...ours.map((path) => ({ ...path, workspace: 'main' })),
        ...others.map((path) => ({ ...path, workspace: 'other' })),
      ]);
      for (const path of all) await write(path, model);
      for (const cut of CUTS) await checkReport({ all, model, metric, asOf }, [cut]);
      await checkReport({ all, model, metric, asOf }, combination);
    },
  );
  await fc.assert(property, { numRuns: 40 });
}, 240_000);

test('a report row can be explained by its content id, even if the id is not a normalised label', async () => {
  await db.pool.query('DELETE FROM touchline.attribution_path; DELETE FROM touchline.attribution_share');
  const touch = { title: null, channel: 'email' as const, campaign: null, source: null, weight: 1 };
  const path = {
    ...{
      workspace: 'main',
      metric: 'revenue',
      creditedAt: new Date('2026-02-02T00:00:00Z'),
      currency: 'EUR',
    },
    ...{ amount: 100, reported: 100, knownFrom: 1, supersededAt: null },
  };
  const ids = ['White  Paper', 'E\u0301tude', `https://acme.example/${'x'.repeat(2028)}`];
  for (const [index, content] of ids.entries())
    await write({ ...path, opportunityId: `o-${index}`, touches: [{ ...touch, content }] }, 'linear');
  const { body } = await api.get<AttributionAnswer>('/api/attribution');
  expect(body.rows.map(({ key }) => key).sort()).toEqual([...ids].sort());
  for (const { key, value } of body.rows) {
    const content = encodeURIComponent(key ?? '');
    const explained = await api.get<AttributionExplanation>(`/api/attribution/explain?content=${content}`);
    expect(explained.body).toMatchObject({ value, opportunities: 1 });
  }
});

test('sums beyond 2^53 minor units are exact', async () => {
  await db.pool.query('DELETE FROM touchline.attribution_path; DELETE FROM touchline.attribution_share');
  const touch = {
    content: 'wp-1',
    title: 'Guide',
    channel: 'email',
    campaign: null,
    source: null,
    weight: 1,
  };
  const path = {
    workspace: 'main',
    metric: 'revenue',
    creditedAt: new Date('2026-02-02T00:00:00Z'),
    currency: 'EUR',
    knownFrom: 1,
    supersededAt: null,
  };
  const amounts = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 3];
  for (const [index, amount] of amounts.entries()) {
    await write(
      { ...path, opportunityId: `o-${index}`, amount, reported: amount, touches: [touch] },
      'linear',
    );
    await write(
      { ...path, opportunityId: `y-${index}`, currency: 'JPY', amount, reported: null, touches: [touch] },
      'linear',
    );
  }
  const exact = { amount: '180143985094819.85', minor: null, currency: 'EUR' };
  for (const by of ['content', 'month', 'campaign,channel']) {
    const { body } = await api.get<AttributionAnswer>(`/api/attribution?by=${by}`);
    expect([body.total, body.attributed, body.rows.map(({ value, share }) => ({ ...value, share }))]).toEqual(
      [exact, exact, [{ ...exact, share: 1 }]],
    );
    expect(body.unconverted[0]?.amount).toEqual({
      amount: '18014398509481985',
      minor: null,
      currency: 'JPY',
    });
    const compared = await api.get<CompareAnswer>(`/api/attribution/compare?models=linear&by=${by}`);
    expect(compared.body.rows[0]?.values['linear']?.value).toEqual(exact);
  }
  const explained = await api.get<AttributionExplanation>('/api/attribution/explain?content=wp-1');
  expect(explained.body.value).toEqual(exact);
  expect((await api.get('/api/attribution?format=csv')).text).toContain(',180143985094819.85,EUR,1,3,3,');
  const { rows } = await db.pool.query(
    `SELECT sum(revenue) AS revenue FROM bi.fact_attribution_credit WHERE workspace = 'main' AND model = 'linear'`,
  );
  expect(rows).toEqual([{ revenue: '180143985094819.8500' }]);
});

async function checkReport({ all, model, metric, asOf }: Asked, by: readonly Cut[]): Promise<void> {
  const [from, to] = [new Date('2026-01-31T23:00:00Z'), new Date('2026-03-28T23:00:00Z')];
  const opportunities = all.filter(
    (path) =>
      path.workspace === 'main' &&
      path.metric === metric &&
      path.knownFrom <= asOf &&
      (path.supersededAt ?? Infinity) > asOf &&
      path.creditedAt >= from &&
      path.creditedAt < to,
  );
  const question = `by=${by.join()}&metric=${metric}&from=2026-02-01&to=2026-03-29&asOf=${asOf}`;
  const { body } = await api.get<AttributionAnswer>(`/api/attribution?model=${model}&${question}`);
  expect([body.from, body.to]).toEqual([from.toISOString(), to.toISOString()]);
  const shown = body.rows.map((row) => [
    JSON.stringify(row.keys),
    row.value.minor,
    row.opportunities,
    row.touches,
  ]);
  expect(shown.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual(byHand(opportunities, by));
  expect(sum(body.rows.map((row) => Number(row.value.minor)))).toBe(body.attributed.minor);
  expect(Number(body.attributed.minor) + Number(body.unattributed.minor)).toBe(body.total.minor);
  expect(body.total.minor).toBe(sum(opportunities.map(({ reported }) => reported ?? 0)));
  expect(body.unconverted.flatMap((row) => row.opportunities).toSorted()).toEqual(
    opportunities
      .flatMap(({ reported, opportunityId }) => (reported === null ? [opportunityId] : []))
      .toSorted(),
  );
  const compared = await api.get<CompareAnswer>(`/api/attribution/compare?models=${model}&${question}`);
  expect(compared.body.rows.map(({ key, values }) => [key, values[model]?.value.minor])).toEqual(
    body.rows.map(({ key, value }) => [key, value.minor]),
  );
  await checkExplained(`model=${model}&${question}`, by, body.rows);
  if (by.join() === 'content')
    await checkExported(`model=${model}&${question.replace('by=content&', '')}`, body.rows);
}

/** The rows of an export are those of the report before they were added up. */
async function checkExported(question: string, rows: readonly Json<CreditItem>[]): Promise<void> {
  const lines = linesOf((await api.get(`/api/attribution/credits?${question}`)).text);
  const [value, touches] = [rows.map((row) => Number(row.value.minor)), rows.map((row) => row.touches)];
  expect([sumOf(lines), lines.length]).toEqual([sum(value), sum(touches)]);
  expect(new Set(lines.map(({ content }) => content))).toEqual(new Set(rows.map(({ key }) => key)));
}

/** Law 8: opened, each row of a report says the same. */
async function checkExplained(
  question: string,
  by: readonly Cut[],
  rows: readonly Json<CreditItem>[],
): Promise<void> {
  for (const row of rows.slice(0, 2)) {
    const cell = [
      ...by.flatMap((cut, index) => {
        const key = row.keys[index];
        return typeof key === 'string' ? [`${cut}=${encodeURIComponent(key)}`] : [];
      }),
      ...(row.without.length > 0 ? [`without=${row.without.join()}`] : []),
    ].join('&');
    const { body } = await api.get<AttributionExplanation>(
      `/api/attribution/explain?${question.replace(/&by=[^&]+/, '')}&${cell}`,
    );
    expect(body.value).toEqual(row.value);
    expect([body.opportunities, body.touches]).toEqual([row.opportunities, row.touches]);
  }
}
