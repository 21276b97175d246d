import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { type Answer, type Cells, EXPECTED } from '../../test/bi-metric-answers.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import type { Json } from '../../test/query-api.js';
import { eventsOfWorld, type SalesWorld, salesWorld } from '../../test/sales-worlds.js';
import type { HandOffItem } from '../queries/hand-offs.js';
import type { UnroutableLeadItem } from '../queries/unroutable-leads.js';
import { ensureBiRole } from './bi-role.js';

const page = await readFile(new URL('../../docs/how-to/bi-metrics.md', import.meta.url), 'utf8');
const statements = [...page.matchAll(/```sql\n-- GET (\S+)(.*)\n([^`]+)```/g)].map(
  ([, request = '', part = '', sql = '']) => ({ request, part: part.trim(), sql }),
);

/** Numbers of PostgreSQL are texts where they are longer than those of JavaScript. */
const plain = (cells: Cells): string[] =>
  cells
    .map((cell) =>
      JSON.stringify(
        Object.entries(cell)
          .map(([name, value]) => [
            name,
            typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
          ])
          .sort(),
      ),
    )
    .sort();

let api: ExampleApi;
const readers: pg.Client[] = [];
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.end()));
  const roles = await api.db.pool.query<{ role: string }>('SELECT role FROM touchline.bi_reader');
  for (const { role } of roles.rows) await api.db.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await api.close();
});

/** A workspace with the events of a world, and its BI login. */
async function workspaceOf(
  world: SalesWorld,
): Promise<{ readonly workspace: string; readonly reader: pg.Client }> {
  const workspace = `w-${randomBytes(4).toString('hex')}`;
  await api.db.pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', [workspace]);
  await api.add(workspace, eventsOfWorld(workspace, world));
  await api.runner.catchUp();
  const { role, password } = await ensureBiRole(api.db.pool, workspace);
  const url = Object.assign(new URL(api.db.url), { username: role, password: password ?? '' });
  const reader = new pg.Client({ connectionString: url.href });
  readers.push(reader);
  await reader.connect();
  return { workspace, reader };
}

describe('the statements of docs/how-to/bi-metrics.md', () => {
  test('are each compared with the API', () => {
    const named = statements.map(({ request, part }) => `${request} ${part}`.trim());
    expect(named.sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  test('give the figures of the query API on generated workspaces, to the login of each', async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(salesWorld, async (world) => {
      const { workspace, reader } = await workspaceOf(world);
      const [fromApi, fromSql]: Record<string, string[]>[] = [{}, {}];
      for (const { request, part, sql } of statements) {
        const { body } = await api.get<Answer>(
          `${request}${request.includes('?') ? '&' : '?'}limit=1000`,
          workspace,
        );
        const name = `${request} ${part}`.trim();
        const expected = plain(EXPECTED[name]?.(body) ?? []);
        if (expected.length > 0) seen.add(name);
        Object.assign(fromApi!, { [name]: expected });
        Object.assign(fromSql!, { [name]: plain((await reader.query<Record<string, unknown>>(sql)).rows) });
      }
      expect(fromSql).toEqual(fromApi);
    });
    await fc.assert(property, { numRuns: 15, endOnFailure: true });
    expect([...seen].sort()).toEqual(Object.keys(EXPECTED).sort());
  }, 240_000);

  test('hand-offs and leads without a recipient are those of the query API on generated workspaces', async () => {
    const worlds = fc.sample(salesWorld, { numRuns: 5, seed: 11 });
    for (const world of worlds) {
      const { workspace, reader } = await workspaceOf(world);
      const answer = async <T>(path: string): Promise<readonly Json<T>[]> =>
        (await api.get<{ items: T[] }>(path, workspace)).body.items;
      const handOffs = await answer<HandOffItem>('/api/handoffs?state=all&limit=100');
      const { rows } = await reader.query<Record<string, unknown>>(
        `SELECT handoff_key, lead_key, recipient, recipient_kind, routing_rule, cycle, model_version, handoff_state, clock, handed_off_at,
                due_by, warn_at, first_activity_at, first_activity_kind, first_activity_rep, accepted_at, accepted_by, ended_at, end_reason
           FROM bi.fact_handoff ORDER BY due_by, handoff_key`,
      );
      expect(JSON.parse(JSON.stringify(rows))).toEqual(
        handOffs.map((item) => ({
          ...{ handoff_key: item.eventId, lead_key: item.lead.leadId, routing_rule: item.rule },
          ...{ recipient: item.recipient.id, recipient_kind: item.recipient.kind, cycle: item.cycle },
          ...{ model_version: item.modelVersion, handoff_state: item.state, clock: item.clock },
          ...{ handed_off_at: item.handedOffAt, due_by: item.dueBy, warn_at: item.warnAt },
          first_activity_at: item.firstActivity?.at ?? null,
          first_activity_kind: item.firstActivity?.kind ?? null,
          first_activity_rep: item.firstActivity?.rep ?? null,
          ...{ accepted_at: item.acceptedAt, accepted_by: item.acceptedBy, ended_at: item.endedAt },
          end_reason: item.endReason,
        })),
      );
      const waiting = await answer<UnroutableLeadItem>('/api/handoffs/unroutable?limit=100');
      const unrouted = await reader.query<Record<string, unknown>>(
        'SELECT lead_key, qualified_at, cycle FROM bi.fact_unrouted_lead ORDER BY known_from',
      );
      expect(JSON.parse(JSON.stringify(unrouted.rows))).toEqual(
        waiting.map(({ lead, qualifiedAt, cycle }) => ({
          lead_key: lead.leadId,
          qualified_at: qualifiedAt,
          cycle,
        })),
      );
    }
  });

  test('go on giving the same to a session that reads all the time while the read models are rebuilt', async () => {
    const [world] = fc.sample(salesWorld, { numRuns: 1, seed: 7 });
    const { reader } = await workspaceOf(world!);
    const answers = async (): Promise<string[][]> => {
      const all: string[][] = [];
      // Named, so that the session keeps their plans.
      for (const [nr, { sql }] of statements.entries())
        all.push(plain((await reader.query<Record<string, unknown>>({ name: `s${nr}`, text: sql })).rows));
      return all;
    };
    const builds = async (): Promise<unknown[]> =>
      (await api.db.pool.query('SELECT name FROM touchline.build_schema WHERE is_live ORDER BY 1')).rows;
    const [before, live] = [await answers(), await builds()];
    for (const name of ['catalogue', 'opportunities', 'journey']) await api.runner.rebuild(name);
    let isRebuilt = false;
    const rebuilding = api.runner.catchUp().then(() => (isRebuilt = true));
    while (!isRebuilt) expect(await answers()).toEqual(before);
    await rebuilding;
    expect(await answers()).toEqual(before);
    const names = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row));
    expect(names(await builds()).filter((name) => names(live).includes(name))).toEqual([]);
  }, 240_000);
});
