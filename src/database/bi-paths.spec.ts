import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  deleteReadModels,
  type Entry,
  entry,
  logOf,
  opportunityEvents,
  pageView,
  project,
  roles,
} from '../../test/sample-events.js';
import { inTransaction } from '../../test/project.js';
import { defaultModel } from '../commands/publish-model.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { DEFAULT_COMMITTEE } from '../domain/attribution/committee-rule.js';
import { computePaths } from '../read-models/attribution/gaps.js';

let db: TestDatabase;
let rows: <Row extends pg.QueryResultRow>(sql: string) => Promise<Row[]>;
beforeAll(async () => {
  db = await testDatabase();
  rows = async (sql) => (await db.pool.query(sql)).rows;
});
afterAll(() => db.drop());
beforeEach(() => deleteReadModels(db.pool));

const model = { ...(await defaultModel()), currency: 'USD', timeZone: 'UTC', rates: [], contents: [] };
const ada: IdentityKey = 'email:ada@acme.example';
const bob: IdentityKey = 'email:bob@acme.example';
const contacts = roles('ada@acme.example', 'bob@acme.example');
const opened = { amount: '100.00', openedAt: day(30), contacts };
const won = { status: 'won', closedAt: day(50) } as const;
const lost = { status: 'lost', closedAt: day(60) } as const;

const journeys: Entry[] = [
  entry('model of paths', 'model', 'JourneyModelPublished', 0, { document: model }),
  pageView('ad', 1, [ada], { channel: 'paid_search', campaign: 'spring', content: {} }),
  pageView('paper', 2, [ada], { channel: 'email' }),
  pageView('paper again', 3, [bob], { channel: 'email', content: { id: 'b', title: 'Bob’s > page' } }),
  pageView('price', 40, [ada], { channel: 'direct' }),
];

describe('paths in schema bi', () => {
  test('have the touches up to the close of won and lost opportunities, and up to the opening of open ones', async () => {
    await project(
      db.pool,
      logOf([
        ...journeys,
        ...opportunityEvents('won', opened, won),
        ...opportunityEvents('lost', opened, lost),
        ...opportunityEvents('open', opened),
        ...opportunityEvents('nobody', { amount: '7.00', openedAt: day(30), accountId: 'x.example' }, won),
      ]),
    );
    const early = 'paid_search > email > email';
    expect(
      await rows(`SELECT opportunity_id, channel_path, channel_transformed_path, touches, revenue::text, converted_date::text
                    FROM bi.path_to_conversion ORDER BY 1`).then((all) =>
        all.map((row) => Object.values(row)),
      ),
    ).toEqual([
      ['nobody', null, null, 0, '7.0000', '2026-02-20'],
      ['won', `${early} > direct`, 'paid_search > email > direct', 4, '100.0000', '2026-02-20'],
    ]);
    expect(
      await rows(`SELECT opportunity_id, outcome, path_until, lost_date::text, channel_path, people, amount_minor::int
                    FROM bi.path_to_non_conversion ORDER BY 1`).then((all) =>
        all.map((row) => Object.values(row)),
      ),
    ).toEqual([
      ['lost', 'lost', 'loss', '2026-03-02', `${early} > direct`, 2, 10_000],
      ['open', 'open', 'opening', null, early, 2, 10_000],
    ]);
  });

  test('write contents and campaigns as text and, where it is ambiguous, as arrays', async () => {
    await project(db.pool, logOf([...journeys, ...opportunityEvents('won', opened, won)]));
    expect(
      await rows(`SELECT campaign_path, campaigns, content_path, contents, first_touch_at, last_touch_at, first_channel,
                         last_channel, cardinality(touchpoint_keys) AS keys, cardinality(lead_keys) AS leads
                    FROM bi.path_to_conversion`),
    ).toEqual([
      {
        campaign_path: 'spring > (no campaign) > (no campaign) > (no campaign)',
        campaigns: ['spring', null, null, null],
        content_path: '(no content) > content-paper > Bob’s > page > content-price',
        contents: [null, 'content-paper', 'b', 'content-price'],
        first_touch_at: day(1),
        last_touch_at: day(40),
        first_channel: 'paid_search',
        last_channel: 'direct',
        keys: 4,
        leads: 4,
      },
    ]);
  });

  test('are summed up by their channels, over closed opportunities', async () => {
    await project(
      db.pool,
      logOf([
        ...journeys,
        ...opportunityEvents('won', opened, won),
        ...opportunityEvents('won for euros', { ...opened, currency: 'EUR' }, won),
        ...opportunityEvents('lost', opened, lost),
        ...opportunityEvents('lost early', opened, { ...lost, closedAt: day(35) }),
        ...opportunityEvents('open', opened),
      ]),
    );
    expect(
      await rows(`SELECT transformed_path, path_length, conversions::int, non_conversions::int, conversion_rate,
                         conversions_without_rate::int AS without_rate, revenue::text, currency
                    FROM bi.path_summary ORDER BY 2`).then((all) => all.map((row) => Object.values(row))),
    ).toEqual([
      ['paid_search > email', 2, 0, 1, 0, 0, null, 'USD'],
      ['paid_search > email > direct', 3, 2, 1, 2 / 3, 1, '100.0000', 'USD'],
    ]);
  });

  test('of lost opportunities are those that are computed from what they follow from', async () => {
    const log = logOf([
      ...journeys,
      ...opportunityEvents('lost', opened, lost),
      ...opportunityEvents('lost early', opened, { ...lost, closedAt: day(35) }),
    ]);
    await project(db.pool, log);
    const ids = ['lost', 'lost early'];
    const query = { metric: 'loss', rule: DEFAULT_COMMITTEE, most: 100 } as const;
    const paths = await inTransaction(db.pool, (tx) =>
      computePaths(tx, 'main', BigInt(log.length), ids, query),
    );
    const expected = (paths ?? []).map(({ touches }, index) => ({
      opportunity_id: ids[index],
      keys: touches.map(({ eventId }) => eventId),
    }));
    expect(expected.map(({ keys }) => keys.length)).toEqual([4, 3]);
    expect(
      await rows(
        'SELECT opportunity_id, touchpoint_keys AS keys FROM bi.path_to_non_conversion ORDER BY opportunity_id',
      ),
    ).toEqual(expected);
  });

  test('of lost opportunities earn no credit', async () => {
    await project(db.pool, logOf([...journeys, ...opportunityEvents('lost', opened, lost)]));
    expect(await rows(`SELECT DISTINCT metric FROM bi.fact_attribution_credit`)).toEqual([
      { metric: 'pipeline' },
    ]);
    expect(await rows(`SELECT metric FROM bi.fact_attribution_total`)).toEqual([{ metric: 'pipeline' }]);
    expect(await rows(`SELECT DISTINCT metric FROM bi.channel_attribution`)).toEqual([
      { metric: 'pipeline' },
    ]);
  });
});

describe('credit of channels in schema bi', () => {
  test('equals that of touchpoints, by model, metric and month of the reference date', async () => {
    await project(
      db.pool,
      logOf([
        ...journeys,
        ...opportunityEvents('won', opened, won),
        ...opportunityEvents('won later', { ...opened, amount: '0.01' }, { ...won, closedAt: day(70) }),
        ...opportunityEvents('won for euros', { ...opened, currency: 'EUR' }, won),
      ]),
    );
    const credit = await rows(`
      SELECT model, metric, channel, date_trunc('month', credited_date)::date::text AS month, sum(revenue_minor)::int AS revenue,
             sum(pipeline_minor)::int AS pipeline, count(DISTINCT opportunity_key)::int AS opportunities, count(*)::int AS touches
        FROM bi.fact_attribution_credit WHERE coalesce(revenue, pipeline) IS NOT NULL
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`);
    expect(credit.length).toBeGreaterThan(40);
    expect(
      await rows(`
        SELECT model, metric, channel, month_start::text AS month, revenue_minor::int AS revenue, pipeline_minor::int AS pipeline,
               opportunities, touches
          FROM bi.channel_attribution ORDER BY 1, 2, 3, 4`),
    ).toEqual(credit);
  });
});

/** A copy of a view that takes what has changed since, as an incremental model does. */
class Copy {
  private readonly kept = new Map<string, pg.QueryResultRow[]>();
  constructor(
    private readonly view: string,
    private readonly key: string,
  ) {}

  /** @returns how many rows it took */
  async update(): Promise<number> {
    const all = [...this.kept.values()].flat();
    const highest = all.reduce((most, row) => Math.max(most, Number(row['changed_position'])), 0);
    const { view, key } = this;
    const fresh = await rows(
      `SELECT ${key} AS key, v.* FROM bi.${view} v WHERE changed_position > ${highest}`,
    );
    for (const [of, group] of Map.groupBy(fresh, (row) => String(row['key']))) this.kept.set(of, group);
    const there = new Set(
      (await rows(`SELECT DISTINCT ${key} AS key FROM bi.${view}`)).map((row) => row['key']),
    );
    for (const of of this.kept.keys()) if (!there.has(of)) this.kept.delete(of);
    return fresh.length;
  }

  /** Rows as text, in order: what the copy has and what the view has. */
  async compared(): Promise<[unknown[], unknown[]]> {
    const text = (all: readonly pg.QueryResultRow[]): string[] =>
      all.map((row) => JSON.stringify(row)).sort();
    const all = await rows(`SELECT ${this.key} AS key, v.* FROM bi.${this.view} v`);
    return [text([...this.kept.values()].flat()), text(all)];
  }
}

describe('changed_position', () => {
  /** An opportunity that is won, reopened, lost and won again, among late touchpoints, merges and others that stay. */
  const story: readonly Entry[] = [
    ...journeys,
    ...opportunityEvents('still', { ...opened, openedAt: day(10) }, won),
    ...opportunityEvents('turns', opened, won, { status: 'open' }, lost, { status: 'open' }, { status: 'won', closedAt: day(80) }),
    ...opportunityEvents('grows', opened, { amount: '30.00' }, { ...won, closedAt: day(85) }),
    pageView('late', 20, [bob], { channel: 'event' }),
    entry('claim', 'identity-c', 'IdentityClaimed', 5, { identity: [bob, 'anonymous:c'] }),
    pageView('before', 4, ['anonymous:c'], { channel: 'referral' }),
    entry('merge', 'identity-m', 'IdentitiesMerged', 90, { leadId: '', otherLeadId: '', key: ada, otherKey: bob }),
    ...opportunityEvents('last', { ...opened, openedAt: day(95) }),
  ]; // prettier-ignore

  test('lets a copy that takes the rows above its highest one equal the view after each event', async () => {
    const copies = [
      new Copy('path_to_conversion', 'opportunity_key'),
      new Copy('path_to_non_conversion', 'opportunity_key'),
      new Copy('path_summary', 'path_key'),
      new Copy('channel_attribution', `concat_ws('/', workspace, metric, month_start)`),
    ];
    const log = logOf(story);
    const taken = new Map<Copy, number[]>(copies.map((copy) => [copy, []]));
    for (let end = 1; end <= log.length; end++) {
      await project(db.pool, log.slice(0, end), 1, 0, end - 1);
      for (const copy of copies) {
        taken.get(copy)?.push(await copy.update());
        const [kept, there] = await copy.compared();
        expect(kept).toEqual(there);
      }
    }
    // It is no copy of everything each time.
    for (const copy of copies) {
      const last = (await copy.compared())[1].length;
      expect(taken.get(copy)?.at(-1)).toBeLessThan(last);
    }
  }, 30_000);
});
