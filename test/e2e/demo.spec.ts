import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createPool } from '../../src/database/database.js';
import { runningUrl } from '../../src/database/embedded.js';
import { readSecrets } from '../../src/workspaces/saved-secrets.js';
import { runBuilt, type ProcessResult } from './command.js';
import { API_KEY, freePort, SERVER_WRITE_KEY, ServerProcess } from './server-process.js';

const ROOT = join(import.meta.dirname, '..', '..');

let dataDir: string;
let server: ServerProcess;
let settings: Record<string, string>;
let bi: pg.Client;

const demo = (...args: string[]): Promise<ProcessResult> =>
  runBuilt('cli/main.js', ['demo', ...args], settings);

async function api<T>(path: string): Promise<T> {
  const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${API_KEY}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

const dbt = process.env['DBT_PATH'];
const withDbt = dbt ? test : test.skip;

/** Lines from the first question on: what the demo found out. */
const answers = ({ out }: ProcessResult): string => out.slice(out.indexOf('\n1. '));

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-demo-'));
  const port = await freePort();
  server = await ServerProcess.start({ dataDir, port });
  settings = {
    PORT: String(port),
    TOUCHLINE_DATA_DIR: dataDir,
    TOUCHLINE_SERVER_WRITE_KEY: SERVER_WRITE_KEY,
    TOUCHLINE_API_KEY: API_KEY,
  };
}, 120_000);

afterAll(async () => {
  await bi?.end();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('npm run demo', () => {
  let first: ProcessResult;

  test('sends a company and prints five reports', async () => {
    first = await demo('--people', '60');
    expect([first.code, first.error]).toEqual([0, '']);
    expect(first.out).toContain('60 people');
    expect(first.out.match(/^\d\. .*\?/gm)).toHaveLength(5);
    expect(first.out.match(/^ {3}GET http/gm)).toHaveLength(5);
  }, 180_000);

  test('sends no input that is rejected', async () => {
    expect(await api('/api/rejected')).toMatchObject({ items: [] });
  });

  test.each(['markov&order=3', 'shapley&worth=revenue'])('reports by the model %s', async (model) => {
    const { total, attributed, unattributed, basis } = await api<{
      total: { minor: number };
      attributed: { minor: number };
      unattributed: { minor: number };
      basis: { players: unknown[] };
    }>(`/api/attribution?by=channel&model=${model}`);
    expect(attributed.minor).toBeGreaterThan(0);
    expect(attributed.minor + unattributed.minor).toBe(total.minor);
    expect(basis.players.length).toBeGreaterThan(2);
  });

  test('run again changes nothing', async () => {
    const before = await api('/api/log/head');
    const again = await demo('--people', '60');
    expect(again.out).toContain('nothing will change');
    expect(await api('/api/log/head')).toEqual(before);
    expect(answers(again)).toBe(answers(first));
  }, 180_000);

  test('reports faults in one line', async () => {
    const wrongKey = await runBuilt('cli/main.js', ['demo'], { ...settings, TOUCHLINE_API_KEY: 'ak_wrong' });
    expect([wrongKey.code, wrongKey.error]).toEqual([
      1,
      expect.stringMatching(/does not accept the API key.*\n$/),
    ]);
    const away = await runBuilt('cli/main.js', ['demo'], { ...settings, PORT: '1' });
    expect([away.code, away.error]).toEqual([
      1,
      expect.stringMatching(/No Touchline responds at .*npm start.*\n$/),
    ]);
    const usage = await demo('--people', '3');
    expect([usage.code, usage.error]).toEqual([1, expect.stringContaining('--people N')]);
  }, 120_000);
});

describe('SQL and the API', () => {
  beforeAll(async () => {
    const owner = (await runningUrl(dataDir)) ?? '';
    const login = (await readSecrets(dataDir)).bi;
    const url = Object.assign(new URL(owner), { username: login?.role, password: login?.password });
    bi = new pg.Client({ connectionString: url.href });
    await bi.connect();
  });

  interface Report {
    readonly asOf: string;
    readonly total: { readonly minor: number };
    readonly unattributed: { readonly minor: number };
    readonly rows: readonly { readonly key: string | null; readonly value: { readonly minor: number } }[];
  }

  test.each([
    ['linear', 'content', 'content_id', 'revenue'],
    ['time_decay', 'content', 'content_id', 'pipeline'],
    ['full_path', 'channel', 'channel', 'revenue'],
    ['first', 'campaign', 'campaign', 'pipeline'],
    ['last', 'source', 'source', 'pipeline'],
    ['w_shaped', 'month', "to_char(credited_date, 'YYYY-MM')", 'pipeline'],
  ])('give the same %s by %s', async (model, by, column, metric) => {
    const query = `model=${model}&by=${by}&metric=${metric}&limit=500`;
    const report = await api<Report>(`/api/attribution?${query}`);
    const { rows } = await bi.query<{ key: string | null; minor: string }>(
      `SELECT ${column} AS key, sum(${metric}_minor)::text AS minor
         FROM bi.fact_attribution_credit WHERE model = $1 AND metric = $2 GROUP BY 1 HAVING sum(${metric}_minor) IS NOT NULL`,
      [model, metric],
    );
    const sorted = (pairs: [string | null, number][]) =>
      pairs.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    expect(report.rows.length).toBeGreaterThan(0);
    expect(sorted(rows.map(({ key, minor }) => [key, Number(minor)]))).toEqual(
      sorted(report.rows.map(({ key, value }) => [key, value.minor])),
    );
    const totals = await bi.query<{ total: string; unattributed: string }>(
      `SELECT sum(${metric}_minor)::text AS total,
              coalesce(sum(${metric}_minor) FILTER (WHERE NOT is_attributed), 0)::text AS unattributed
         FROM bi.fact_attribution_total WHERE metric = $1`,
      [metric],
    );
    const [total] = totals.rows;
    expect([Number(total?.total), Number(total?.unattributed)]).toEqual([
      report.total.minor,
      report.unattributed.minor,
    ]);
  });

  test('give the same lifecycle of leads', async () => {
    const { items } = await api<{
      items: { leadId: string; lifecycle: string; stage: string | null; touchpoints: number }[];
    }>('/api/leads?sort=recent&limit=100');
    const { rows } = await bi.query<{
      lead: string;
      lifecycle: string;
      stage: string | null;
      touchpoints: number;
    }>(
      'SELECT lead_key AS lead, lifecycle, buying_stage AS stage, touchpoints FROM bi.lead_current WHERE lead_key = ANY ($1)',
      [items.map(({ leadId }) => leadId)],
    );
    const of = new Map(rows.map((row) => [row.lead, row]));
    expect(items.length).toBeGreaterThan(50);
    expect(
      items.map(({ leadId: lead, lifecycle, stage, touchpoints }) => ({
        lead,
        lifecycle,
        stage,
        touchpoints,
      })),
    ).toEqual(items.map(({ leadId }) => of.get(leadId)));
  });

  test('answer every query that is shown in the docs', async () => {
    const pages = await Promise.all(
      ['README.md', 'docs/how-to/bi.md'].map((page) => readFile(join(ROOT, page), 'utf8')),
    );
    const queries = pages.flatMap((page) =>
      [...page.matchAll(/^```sql\n(.*?)^```/gms)].map(([, query]) => query ?? ''),
    );
    expect(queries.length).toBeGreaterThanOrEqual(8);
    for (const query of queries) {
      const { rowCount } = await bi.query(query);
      expect([query, rowCount]).toEqual([query, expect.any(Number)]);
      expect(rowCount).toBeGreaterThan(0);
    }
  });
});

describe(`dbt${dbt ? '' : ' (skipped: DBT_PATH names no dbt to run)'}`, () => {
  /** Builds the package, or some of its models, and runs their tests. */
  async function build(cwd: string, port: string, ...args: string[]): Promise<void> {
    const { code, out } = await run(dbt ?? '', ['build', '--no-use-colors', '--profiles-dir', '.', ...args], {
      cwd,
      env: { ...process.env, DBT_PORT: port, DBT_USER: 'dbt_reports', DBT_PASSWORD: 'secret' },
    });
    expect([code, out]).toEqual([0, expect.stringMatching(/ERROR=0 SKIP=0 .*TOTAL=\d{2}/)]);
  }

  withDbt(
    'builds and tests the package in a schema of its own, and then what has changed',
    async () => {
      const computed = await runBuilt('cli/main.js', ['attribution', 'compute'], settings);
      expect([computed.code, computed.out]).toEqual([0, expect.stringMatching(/^shapley +pipeline +\d+/m)]);
      const database = (await runningUrl(dataDir)) ?? '';
      const owner = createPool(database, { max: 1 });
      await owner.query(`SELECT touchline.create_bi_builder('main', 'dbt_reports', 'secret')`);
      const project = join(dataDir, 'dbt');
      await cp(join(ROOT, 'dbt'), project, { recursive: true });
      await build(project, new URL(database).port);
      const { rows } = await owner.query<{ rows: number; revenue: number }>(
        'SELECT count(*)::int AS rows, sum(revenue)::float8 AS revenue FROM dbt_reports.revenue_by_month_and_content',
      );
      expect(rows[0]?.rows).toBeGreaterThan(5);
      expect(rows[0]?.revenue).toBeGreaterThan(0);
      const [won] = (await api<{ items: { opportunityId: string }[] }>('/api/opportunities?status=won'))
        .items;
      const path = `/api/opportunities/${won?.opportunityId}`;
      const reopened = await fetch(server.url + path, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'open' }),
      });
      const { position } = (await reopened.json()) as { position: string };
      await api(`${path}/attribution?minPosition=${position}`);
      // Tests of the package compare the incremental models with the views.
      await build(project, new URL(database).port, '--select', 'path:models/marts');
      const kept = await owner.query<{ outcome: string; changed: string }>(
        `SELECT outcome, changed_position AS changed FROM dbt_reports.touchline_paths WHERE opportunity_id = $1`,
        [won?.opportunityId],
      );
      expect(kept.rows).toEqual([{ outcome: 'open', changed: position }]);
      await owner.end();
    },
    240_000,
  );
});

async function run(
  command: string,
  args: string[],
  options: SpawnOptions,
): Promise<{ code: unknown; out: string }> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, out: Buffer.concat(chunks).toString() };
}
