import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { exponentOf } from '../domain/attribution/money.js';
import { readModelsPage } from './read-models.js';

const ROWS = join(import.meta.dirname, '../../test/bi-rows.sql');

let db: TestDatabase;
let rows: <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) => Promise<Row[]>;

beforeAll(async () => {
  db = await testDatabase();
  rows = async (sql, values) => (await db.pool.query(sql, values)).rows;
  await db.pool.query((await readFile(ROWS, 'utf8')).replaceAll('{w}', 'main'));
});
afterAll(() => db.drop());

describe('the documentation of schema bi', () => {
  test('describes every view and column with an example', async () => {
    const silent = await rows(`
      SELECT c.relname, a.attname, col_description(c.oid, a.attnum) AS meaning
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
       WHERE c.relnamespace = 'bi'::regnamespace
         AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL
              OR col_description(c.oid, a.attnum) !~ '.{8,} Example: \\S')`);
    expect(silent).toEqual([]);
  });

  test('lists no column of a type without a length, which ODBC drivers cannot size', async () => {
    const unsized = await rows(`
      SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
       WHERE c.relnamespace = 'bi'::regnamespace AND format_type(a.atttypid, a.atttypmod) IN ('text', 'numeric')`);
    expect(unsized).toEqual([]);
  });

  test('covers views only', async () => {
    const kinds = await rows(`SELECT DISTINCT relkind FROM pg_class WHERE relnamespace = 'bi'::regnamespace`);
    expect(kinds).toEqual([{ relkind: 'v' }]);
  });

  test('is generated into docs/read-models.md', async () => {
    const kept = await readFile(join(import.meta.dirname, '../../docs/read-models.md'), 'utf8');
    expect(kept).toBe(await readModelsPage(db.pool));
  });
});

describe('current views and history views', () => {
  test('a fact view has one row per fact', async () => {
    const facts = await rows(
      `SELECT touchpoint_key, count(*)::int FROM bi.fact_touchpoint GROUP BY 1 HAVING count(*) > 1`,
    );
    expect(facts).toEqual([]);
    expect(await rows('SELECT count(*)::int FROM bi.fact_touchpoint')).toEqual([{ count: 5 }]);
  });

  test('a history view has every version, distinguished by is_current and superseded_at', async () => {
    const versions = await rows(
      `SELECT known_from::int, superseded_at::int, is_current FROM bi.fact_touchpoint_history
        WHERE touchpoint_key = md5('main/touch1')::uuid ORDER BY 1`,
    );
    expect(versions).toEqual([
      { known_from: 2, superseded_at: 9, is_current: false },
      { known_from: 9, superseded_at: null, is_current: true },
    ]);
  });

  test.each([
    'touchpoint',
    'stage_transition',
    'score_change',
    'opportunity',
    'attribution_credit',
    'attribution_total',
    'investment',
  ])('the current rows of the history of fact_%s equal the fact view', async (fact) => {
    const [counts] = await rows(
      `SELECT (SELECT count(*) FROM bi.fact_${fact})::int AS now,
                (SELECT count(*) FROM bi.fact_${fact}_history WHERE is_current)::int AS current`,
    );
    expect(counts?.['now']).toBeGreaterThan(0);
    expect(counts?.['now']).toBe(counts?.['current']);
  });

  test('credits as of a position are those that were current then', async () => {
    const revenue = (position: number) =>
      rows(
        `SELECT sum(revenue)::text AS revenue FROM bi.fact_attribution_credit_history
          WHERE model = 'linear' AND known_from <= $1 AND (superseded_at IS NULL OR superseded_at > $1)`,
        [position],
      );
    expect(await revenue(15)).toEqual([{ revenue: '90.0000' }]);
    expect(await revenue(16)).toEqual([{ revenue: '100.0000' }]);
  });
});

describe('joins of schema bi', () => {
  test.each([
    ['dim_content', 'content_key', '(no content)'],
    ['dim_campaign', 'campaign_key', '(no campaign)'],
    ['dim_source', 'source_key', '(no source)'],
    ['dim_account', 'account_key', '(no account)'],
  ])('every touchpoint joins one row of %s', async (dimension, key, none) => {
    const label = dimension.replace('dim_', '') + (dimension === 'dim_content' ? '_title' : '_name');
    const joined = await rows<{ label: string; touches: number }>(
      `SELECT d.${label} AS label, count(*)::int AS touches
         FROM bi.fact_touchpoint f JOIN bi.${dimension} d USING (${key}) GROUP BY 1`,
    );
    expect(joined.reduce((sum, { touches }) => sum + touches, 0)).toBe(5);
    expect(joined.map((row) => row.label)).toContain(none);
  });

  test('every dimension key is unique', async () => {
    const named = ['content', 'campaign', 'source', 'account', 'lead', 'rep', 'persona_stage'];
    for (const [dimension, key] of [
      ...named.map((name) => [`dim_${name}`, `${name}_key`]),
      ...['lead', 'opportunity', 'rep'].map((name) => [`${name}_current`, `${name}_key`]),
      ['dim_date', 'date'],
    ]) {
      expect(await rows(`SELECT ${key} FROM bi.${dimension} GROUP BY 1 HAVING count(*) > 1`)).toEqual([]);
    }
  });

  test('credits, opportunities and their lead sources join their dimensions', async () => {
    expect(
      await rows(`SELECT s.source_name, o.is_won, sum(c.revenue)::text AS revenue
                    FROM bi.fact_attribution_credit c
                    JOIN bi.fact_opportunity o USING (opportunity_key)
                    JOIN bi.dim_source s ON s.source_key = o.source_key
                    JOIN bi.dim_account a ON a.account_key = c.account_key
                   WHERE c.model = 'linear' GROUP BY 1, 2`),
    ).toEqual([{ source_name: 'fair', is_won: true, revenue: '100.0000' }]);
  });
});

describe('dimensions of schema bi', () => {
  test('content has the title of the catalogue, even without views, and pages have their own title', async () => {
    expect(
      await rows(
        `SELECT content_id, content_title, content_type, publisher, is_catalogued FROM bi.dim_content
          ORDER BY content_id COLLATE "C"`,
      ),
    ).toEqual([
      {
        content_id: '/blog/x',
        content_title: 'X',
        content_type: 'article',
        publisher: null,
        is_catalogued: false,
      },
      {
        content_id: 'guide',
        content_title: 'The new guide',
        content_type: 'guide',
        publisher: 'Analysts Ltd',
        is_catalogued: true,
      },
      {
        content_id: 'study',
        content_title: 'study',
        content_type: null,
        publisher: null,
        is_catalogued: false,
      },
      {
        content_id: 'unread',
        content_title: 'Nobody read it',
        content_type: 'report',
        publisher: null,
        is_catalogued: true,
      },
      {
        content_id: null,
        content_title: '(no content)',
        content_type: null,
        publisher: null,
        is_catalogued: false,
      },
    ]);
  });

  test('an account known only from its leads is listed beside described accounts', async () => {
    expect(
      await rows(
        'SELECT account_id, account_name, industry, employees::int, is_described FROM bi.dim_account ORDER BY 1',
      ),
    ).toEqual([
      { account_id: 'acme', account_name: 'Acme', industry: 'Steel', employees: 120, is_described: true },
      {
        account_id: 'beta.example',
        account_name: 'beta.example',
        industry: null,
        employees: null,
        is_described: false,
      },
      {
        account_id: null,
        account_name: '(no account)',
        industry: null,
        employees: null,
        is_described: false,
      },
    ]);
  });

  test('a lead lists its former ids', async () => {
    const [lead] = await rows(
      `SELECT aliases = ARRAY[md5('main/a-1')::uuid] AS right FROM bi.dim_lead WHERE email LIKE 'ada%'`,
    );
    expect(lead).toEqual({ right: true });
  });

  test('the calendar has every day from 1989 to 2049 and all days of opportunities and investments, with ISO weeks', async () => {
    const reach = () =>
      rows(
        `SELECT min(date)::text, max(date)::text, count(*) = max(date) - min(date) + 1 AS whole FROM bi.dim_date`,
      );
    expect(await reach()).toEqual([{ min: '1989-01-01', max: '2088-12-31', whole: true }]);
    await db.pool.query(
      `UPDATE touchline.opportunity SET opened_at = '1971-05-05' WHERE opportunity_id = 'd-open'`,
    );
    expect(await reach()).toEqual([{ min: '1971-01-01', max: '2088-12-31', whole: true }]);
    await db.pool.query(
      `UPDATE touchline.opportunity SET opened_at = '2026-03-05T00:00Z' WHERE opportunity_id = 'd-open'`,
    );
    expect(
      await rows(`SELECT iso_year_week, year_quarter, month_name, day_name, is_weekend, week_start::text
                    FROM bi.dim_date WHERE date = '2027-01-02'`),
    ).toEqual([
      {
        iso_year_week: '2026-W53',
        year_quarter: '2027-Q1',
        month_name: 'January',
        day_name: 'Saturday',
        is_weekend: true,
        week_start: '2026-12-28',
      },
    ]);
  });
});

describe('investments in schema bi', () => {
  test('have a row a day, whose amounts add up, in the currency of reports where there is a rate', async () => {
    expect(
      await rows(
        `SELECT investment_id, invested_date::text, invested_minor::int, invested::text, original_minor::int,
                source_id, campaign_name, content_id, channel
           FROM bi.fact_investment JOIN bi.dim_source USING (source_key) JOIN bi.dim_campaign USING (campaign_key)
           JOIN bi.dim_content USING (content_key) JOIN bi.dim_date ON date = invested_date
          ORDER BY investment_id, invested_date`,
      ).then((all) => all.map((row) => Object.values(row))),
    ).toEqual([
      ['agency', '2026-03-01', 700, '7.0000', 700, 'newsletter', 'Spring launch', null, 'email'],
      ['authors', '2088-03-01', null, null, 5000, null, '(no campaign)', 'study', null],
      ['fair', '2026-03-30', 334, '3.3400', 334, 'fair', '(no campaign)', null, null],
      ['fair', '2026-03-31', 333, '3.3300', 333, 'fair', '(no campaign)', null, null],
      ['fair', '2026-04-01', 333, '3.3300', 333, 'fair', '(no campaign)', null, null],
    ]);
  });

  test('that were corrected are as they were at earlier positions', async () => {
    const sum = (position: number) =>
      rows(
        `SELECT sum(invested_minor)::int FROM bi.fact_investment_history
          WHERE investment_id = 'fair' AND known_from <= $1 AND (superseded_at IS NULL OR superseded_at > $1)`,
        [position],
      );
    expect([...(await sum(17)), ...(await sum(18))]).toEqual([{ sum: 500 }, { sum: 1000 }]);
  });
});

describe('days and amounts in schema bi', () => {
  test('a …_date is the day in the time zone of the journey model', async () => {
    expect(
      await rows(`SELECT closed_at = '2026-03-31T23:30Z' AS instant, closed_date::text, days_to_close::float8
                    FROM bi.fact_opportunity WHERE is_won`),
    ).toEqual([{ instant: true, closed_date: '2026-04-01', days_to_close: 26.98 }]);
  });

  test('amounts are decimals of a declared precision, as ODBC drivers need', async () => {
    expect(
      await rows(
        'SELECT opportunity_id, amount_minor::int, amount::text FROM bi.fact_opportunity ORDER BY 1',
      ),
    ).toEqual([
      { opportunity_id: 'd-open', amount_minor: 5000, amount: '5000.0000' },
      { opportunity_id: 'd-won', amount_minor: 10_000, amount: '100.0000' },
    ]);
  });

  test('SQL and TypeScript use the same number of decimals for every currency', async () => {
    const codes = Intl.supportedValuesOf('currency').concat('CLF', 'UYW', 'UYI');
    const digits = await rows<{ code: string; digits: number }>(
      'SELECT code, touchline.currency_exponent(code) AS digits FROM unnest($1::text[]) AS code',
      [codes],
    );
    expect(digits).toEqual(codes.map((code) => ({ code, digits: exponentOf(code) })));
  });

  test('totals include amounts without touchpoints and amounts without an exchange rate', async () => {
    expect(
      await rows(`SELECT opportunity_id, metric, pipeline::text, is_attributed, opportunity_amount::text, opportunity_currency, touches
                    FROM bi.fact_attribution_total WHERE metric = 'pipeline' ORDER BY 1`),
    ).toEqual([
      {
        opportunity_id: 'd-open',
        metric: 'pipeline',
        pipeline: null,
        is_attributed: false,
        opportunity_amount: '5000.0000',
        opportunity_currency: 'JPY',
        touches: 0,
      },
      {
        opportunity_id: 'd-won',
        metric: 'pipeline',
        pipeline: '100.0000',
        is_attributed: true,
        opportunity_amount: '100.0000',
        opportunity_currency: 'USD',
        touches: 2,
      },
    ]);
  });

  test('revenue and pipeline are separate columns that cannot be added up by mistake', async () => {
    expect(
      await rows(`SELECT sum(revenue)::text AS revenue, sum(pipeline)::text AS pipeline
                    FROM bi.fact_attribution_credit WHERE model = 'first'`),
    ).toEqual([{ revenue: '100.0000', pipeline: '100.0000' }]);
  });
});

describe('lead state in schema bi', () => {
  test('the lifecycle is customer or opportunity before what was decided, and raw for an anonymous lead', async () => {
    expect(
      await rows(
        `SELECT coalesce(email, 'anonymous') AS who, lifecycle, buying_stage, score::float8 FROM bi.lead_current ORDER BY 1`,
      ),
    ).toEqual([
      { who: 'ada@acme.example', lifecycle: 'customer', buying_stage: 'choose', score: 2 },
      { who: 'anonymous', lifecycle: 'raw', buying_stage: null, score: 1 },
      { who: 'bob@beta.example', lifecycle: 'handed_off', buying_stage: null, score: 2.5 },
      { who: 'dan@beta.example', lifecycle: 'qualified', buying_stage: null, score: 0 },
    ]);
  });

  test.each([
    [8, 'raw'],
    [10, 'engaged'],
    [11, 'opportunity'],
    [14, 'customer'],
  ])('as of position %i the lifecycle of ada is %s', async (position, lifecycle) => {
    expect(
      await rows(
        `SELECT lifecycle FROM touchline.lifecycle_at($1) WHERE workspace = 'main' AND lead_id = md5('main/ada')::uuid`,
        [position],
      ),
    ).toEqual([{ lifecycle }]);
  });

  test('a touchpoint has the buying stage after it', async () => {
    expect(
      await rows(`SELECT buying_stage_after, starts_session, is_human FROM bi.fact_touchpoint f
                    JOIN bi.dim_lead USING (lead_key) WHERE email LIKE 'ada%' ORDER BY f.occurred_at`),
    ).toEqual([
      { buying_stage_after: null, starts_session: true, is_human: true },
      { buying_stage_after: 'explore', starts_session: false, is_human: true },
      { buying_stage_after: 'choose', starts_session: false, is_human: false },
    ]);
  });

  test('an opportunity has its stages and the days in each', async () => {
    expect(
      await rows(`SELECT from_stage, to_stage, to_status, days_in_stage::float8 FROM bi.fact_opportunity_stage
                   WHERE opportunity_id = 'd-won' ORDER BY version`),
    ).toEqual([
      { from_stage: null, to_stage: 'discovery', to_status: 'open', days_in_stage: 5.5 },
      { from_stage: 'discovery', to_stage: 'proposal', to_status: 'open', days_in_stage: 21.48 },
      { from_stage: 'proposal', to_stage: 'proposal', to_status: 'won', days_in_stage: null },
    ]);
  });

  test('the committee has the current contacts', async () => {
    expect(
      await rows(
        `SELECT opportunity_key, email, role FROM bi.bridge_opportunity_contact JOIN bi.dim_lead USING (lead_key) ORDER BY 1`,
      ),
    ).toEqual([
      { opportunity_key: 'main/d-open', email: 'ada@acme.example', role: 'decision_maker' },
      { opportunity_key: 'main/d-won', email: 'ada@acme.example', role: 'decision_maker' },
    ]);
  });
});
