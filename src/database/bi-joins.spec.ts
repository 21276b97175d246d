import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(
    `INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'main'), ('main-none', 'other')`,
  );
});
afterAll(() => db.drop());

/** Labels that could be taken for the absence of one, for another, for a key, or that a collation might take for equal. */
const HOSTILE = [
  ...[
    '(none)',
    '(NONE)',
    '(direct)',
    '(not set)',
    '(no campaign)',
    'none',
    'null',
    'NULL',
    'undefined',
    '\\N',
    '',
  ],
  ...[
    'main',
    '/',
    '#none',
    '/(none)',
    'main#none',
    'main/(none)',
    'main-none#none',
    '/#none',
    '%00',
    '\\0',
    '\\u0000',
  ],
  ...[
    'ａ',
    'a',
    'а',
    'á',
    'a\u0301',
    'ß',
    'ss',
    'SS',
    'İ',
    'i̇',
    'ﬁ',
    'fi',
    'a\u200b',
    ' a',
    'a ',
    '\ta',
    '\u202ea',
  ],
  'x'.repeat(256),
  `${'x'.repeat(255)}y`,
  '💶'.repeat(128),
];
const label = fc.option(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
    },
  ),
  { nil: null },
);
const touch = fc.record({
  workspace: fc.constantFrom('main', 'main-none'),
  lead: fc.integer({ min: 1, max: 4 }),
  content: label,
  campaign: label,
  source: label,
  session: fc.constantFrom('start' as const, 'within' as const, 'within' as const, 'alone' as const),
  superseded: fc.boolean(),
});
const lead = fc.record({ account: label });
const opportunity = fc.record({ account: label, source: label, formerAccount: label, formerSource: label });

interface World {
  readonly touches: readonly (typeof touch extends fc.Arbitrary<infer T> ? T : never)[];
  readonly leads: readonly { readonly account: string | null }[];
  readonly opportunities: readonly (typeof opportunity extends fc.Arbitrary<infer T> ? T : never)[];
}

const world: fc.Arbitrary<World> = fc.record({
  touches: fc.array(touch, { minLength: 1, maxLength: 25 }),
  leads: fc.array(lead, { minLength: 4, maxLength: 4 }),
  opportunities: fc.array(opportunity, { minLength: 1, maxLength: 4 }),
});

const TABLES = [
  'journey', 'lead_profile', 'opportunity', 'stage_transition', 'score_change', 'attribution_path', 'attribution_share',
].map((table) => `touchline.${table}`); // prettier-ignore

/** Each opportunity is credited to all touches, of its former version as well as now. */
async function fill({ touches, leads, opportunities }: World): Promise<void> {
  await db.pool.query(TABLES.map((table) => `DELETE FROM ${table}`).join('; '));
  await db.pool.query(
    `INSERT INTO touchline.lead_profile (workspace, lead_id, known, account_id, traits, known_from)
     SELECT w, md5(w || n)::uuid, true, account, '{}', 1
       FROM unnest(ARRAY['main', 'main-none']) w, unnest($1::text[]) WITH ORDINALITY AS l (account, n)`,
    [leads.map(({ account }) => account)],
  );
  await db.pool.query(
    `INSERT INTO touchline.journey (workspace, lead_id, event_id, session, sets_origin, position, occurred_at, recorded_at, kind, channel,
       content_id, content_title, campaign, source, identity, verdict, known_from, superseded_at, occurred_date)
     SELECT workspace, md5(workspace || lead)::uuid, md5('t' || n)::uuid, session, session <> 'alone' AND (campaign IS NOT NULL OR source IS NOT NULL), n,
            '2026-03-01', '2026-03-01', 'page_view', 'direct', content, content, campaign, source, '{}', 'human', 1, CASE WHEN superseded THEN 2 END, '2026-03-01'
       FROM ROWS FROM (json_to_recordset($1) AS (workspace text, lead int, content text, campaign text, source text, session text, superseded boolean))
       WITH ORDINALITY AS t (workspace, lead, content, campaign, source, session, superseded, n)`,
    [JSON.stringify(touches)],
  );
  await db.pool.query(`
    INSERT INTO touchline.stage_transition (workspace, lead_id, event_id, to_stage, at, rule, known_from, superseded_at)
    SELECT workspace, lead_id, event_id, 'explore', occurred_at, 'r', 1, superseded_at FROM touchline.journey;
    INSERT INTO touchline.score_change (workspace, lead_id, event_id, rule, points, occurred_at, known_from, superseded_at)
    SELECT workspace, lead_id, event_id, 'r', 1, occurred_at, 1, superseded_at FROM touchline.journey`);
  await db.pool.query(
    `INSERT INTO touchline.opportunity (workspace, opportunity_id, account_id, source, amount_minor, currency, status, opened_at,
       event_id, occurred_at, version, known_from, superseded_at)
     SELECT w, 'o' || n, CASE v WHEN 1 THEN "formerAccount" ELSE account END, CASE v WHEN 1 THEN "formerSource" ELSE source END,
            100, 'USD', 'open', '2026-03-01', md5('o' || n || v)::uuid, '2026-03-01', v, v, CASE v WHEN 1 THEN 2 END
       FROM unnest(ARRAY['main', 'main-none']) w, generate_series(1, 2) v,
            ROWS FROM (json_to_recordset($1) AS (account text, source text, "formerAccount" text, "formerSource" text))
            WITH ORDINALITY AS o (account, source, "formerAccount", "formerSource", n)`,
    [JSON.stringify(opportunities)],
  );
  await db.pool.query(`
    INSERT INTO touchline.attribution_path (workspace, opportunity_id, metric, credited_at, currency, amount_minor, reported_currency,
      reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids, content_titles, channels, campaigns,
      sources, known_from, superseded_at)
    SELECT o.workspace, o.opportunity_id, 'pipeline', '2026-03-01', 'USD', 100, 'USD', 100, 'contacts', t.*, o.known_from, o.superseded_at
      FROM touchline.opportunity o
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(event_id), '{}'), coalesce(array_agg(lead_id), '{}'), coalesce(array_agg(occurred_at), '{}'),
               array_fill(NULL::text, ARRAY[count(*)::int]), coalesce(array_agg(content_id), '{}'), coalesce(array_agg(content_title), '{}'),
               coalesce(array_agg(channel), '{}'), coalesce(array_agg(campaign), '{}'), coalesce(array_agg(source), '{}')
          FROM touchline.journey j
         WHERE j.workspace = o.workspace AND (j.superseded_at IS NULL OR o.superseded_at IS NOT NULL)) t;
    INSERT INTO touchline.attribution_share (path_id, workspace, model, weights, amounts, reported, marks)
    SELECT path_id, workspace, 'linear', array_fill(0.1::float8, ARRAY[n]), array_fill(1::bigint, ARRAY[n]),
           array_fill(1::bigint, ARRAY[n]), array_fill(1::smallint, ARRAY[n])
      FROM (SELECT *, cardinality(event_ids) AS n FROM touchline.attribution_path) p`);
}

/** Which view joins which by what; every join of the star. */
async function joins(): Promise<{ fact: string; key: string; dimension: string; to: string }[]> {
  const { rows } = await db.pool.query<{ fact: string; key: string; dimension: string; to: string }>(`
    SELECT f.relname AS fact, a.attname AS key, d.dimension, coalesce(d.to, a.attname) AS to
      FROM pg_class f
      JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum > 0
      JOIN (VALUES ('account_key', 'dim_account', NULL), ('content_key', 'dim_content', NULL), ('campaign_key', 'dim_campaign', NULL),
                   ('source_key', 'dim_source', NULL), ('rep_key', 'dim_rep', NULL), ('lead_key', 'dim_lead', NULL), ('opportunity_key', 'fact_opportunity', NULL),
                   ('touchpoint_key', 'fact_touchpoint', NULL), ('occurred_date', 'dim_date', 'date'),
                   ('opened_date', 'dim_date', 'date'), ('credited_date', 'dim_date', 'date'), ('entered_date', 'dim_date', 'date'), ('reached_date', 'dim_date', 'date'),
                   ('cohort_date', 'dim_date', 'date'), ('handed_off_date', 'dim_date', 'date'), ('qualified_date', 'dim_date', 'date'))
             AS d (key, dimension, "to") ON d.key = a.attname
     WHERE f.relnamespace = 'bi'::regnamespace AND f.relname ~ '^(fact|bridge|[a-z]+_current|dim_lead)' AND f.relname <> d.dimension
       -- A superseded version of a touchpoint has no current one here.
       AND NOT (f.relname ~ '_history$' AND d.dimension = 'fact_touchpoint')`);
  return rows;
}

describe('the star schema', () => {
  test('the test queries below contain every join of the star schema', async () => {
    expect((await joins()).length).toBeGreaterThan(50);
  });

  test('every fact joins exactly one row of each dimension, whatever its labels are', async () => {
    const tried = (await joins()).map(
      ({ fact, key, dimension, to }) =>
        `SELECT '${fact}.${key}' AS join, (SELECT count(*) FROM bi.${fact})::int AS facts,
                (SELECT count(*) FROM bi.${fact} f JOIN bi.${dimension} d ON d.${to} = f.${key})::int AS joined,
                (SELECT count(*) FROM bi.${fact} f WHERE NOT EXISTS (SELECT FROM bi.${dimension} d WHERE d.${to} = f.${key}))::int AS lost`,
    );
    const differing = `SELECT * FROM (${tried.join(' UNION ALL ')}) j WHERE joined <> facts OR lost > 0`;
    const property = fc.asyncProperty(world, async (generated) => {
      await fill(generated);
      expect((await db.pool.query(differing)).rows).toEqual([]);
    });
    await fc.assert(property, { numRuns: 12 });
  }, 240_000);

  test('revenue of a campaign named (none) is not counted twice', async () => {
    const named = {
      workspace: 'main' as const,
      lead: 1,
      content: '(none)',
      campaign: '(none)',
      source: '(none)',
      session: 'start' as const,
      superseded: false,
    };
    const none = { ...named, content: null, campaign: null, source: null };
    await fill({
      touches: [named, none],
      leads: [{ account: '(none)' }, { account: null }, { account: null }, { account: null }],
      opportunities: [{ account: '(none)', source: '(none)', formerAccount: null, formerSource: null }],
    });
    for (const dimension of ['campaign', 'content', 'source', 'account']) {
      const { rows } = await db.pool.query(
        `SELECT count(*)::int AS rows, sum(f.pipeline_minor)::int AS minor
           FROM bi.fact_attribution_credit f JOIN bi.dim_${dimension} USING (${dimension}_key) WHERE f.workspace = 'main'`,
      );
      expect([dimension, rows]).toEqual([dimension, [{ rows: 2, minor: 2 }]]);
    }
  });
});
