import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { NewEvent } from '../src/domain/events.js';
import { eventId } from '../src/domain/event-id.js';
import { defaultModel } from '../src/commands/publish-model.js';
import type { Append } from '../src/event-store/event-store.js';
import { API_KEY, poolOf, type ServerProcess } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { history, withLog } from './filled-log.js';
import type { Size } from './history-events.js';
import { leadHistory, RECIPIENTS } from './lead-history.js';
import { getJson } from './query-api.js';
import { salesHistory } from './sales-history.js';
import { fastest, timed } from './timing.js';

/** A million touchpoints, half of them of the buyers of 50,000 opportunities. */
const SIZE: Size = { opportunities: 50_000, touchesPerOpportunity: 10, strangers: 1, openedAfter: 0.6 };

const METRICS = '/api/metrics';
/** Each metric as it is requested first, and with the cuts that cost most. */
const PATHS = [
  `${METRICS}/hooks?by=content`,
  `${METRICS}/hooks?by=content,stage`,
  `${METRICS}/hooks?by=content,persona,stage,month`,
  `${METRICS}/content-influence`,
  `${METRICS}/content-gaps`,
  `${METRICS}/score-calibration?by=persona`,
  `${METRICS}/velocity?by=persona,campaign`,
  `${METRICS}/pipeline-per-dollar?by=source`,
  `${METRICS}/pipeline-per-dollar?by=content&model=linear`,
  `${METRICS}/funnel`,
  `${METRICS}/funnel?by=source,month`,
  `${METRICS}/nurture-lift`,
  `${METRICS}/nurture-lift?by=persona,month`,
  `${METRICS}/rotting-leads`,
  `${METRICS}/rotting-leads?from=${daysAgo(100)}&to=${daysAgo(0)}`,
  `${METRICS}/response-time`,
  `${METRICS}/response-time?by=recipient,persona,month`,
  `${METRICS}/rep-load`,
  `${METRICS}/rep-load?by=persona,source`,
  '/api/attention',
];

/** How long the metrics take, each beside a plain scan of the touchpoints in the same run. */
export async function metrics(report: Report, size = SIZE): Promise<void> {
  const work = async (server: ServerProcess, port: number, dataDir: string): Promise<void> => {
    const pool = await poolOf(dataDir);
    await watch(server, port);
    await untilJudged(pool);
    await watch(server, port);
    const handOffs = await pool.query<{ count: number }>(HAND_OFFS);
    report({ name: 'hand-offs', value: handOffs.rows[0]?.count ?? 0, unit: 'hand-offs' });
    report({ name: '  open', value: await openLeads(port), unit: 'hand-offs' });
    await pool.query('VACUUM ANALYZE');
    const scan = await fastest(() => pool.query(SCAN)).finally(() => pool.end());
    report({ name: 'plain scan of the touchpoints', value: scan, unit: 's' });
    const measure = async (name: string, request: () => Promise<unknown>): Promise<void> => {
      const seconds = await fastest(request);
      report({ name, value: seconds, unit: 's', atMost: 1 });
      report({ name: '  to the plain scan', value: seconds / scan, unit: 'times' });
    };
    // The first request reads what the next ones find in memory.
    const cold = await timed(() => getJson(port, `${METRICS}/hooks?by=content`));
    report({ name: `${METRICS}/hooks?by=content, the first request`, value: cold, unit: 's' });
    for (const path of PATHS) await measure(path, () => getJson(port, path));
    await measure('/api/planning/magic-number', () => plan(port));
  };
  await withLog(leadHistory(salesHistory(history(size))), work, [await salesModel()]);
}

/** Published after the default model, before the first touchpoint: who reaches some points is handed off to one of forty. */
async function salesModel(): Promise<Append> {
  const recipients = Array.from({ length: RECIPIENTS }, (_, nr) => ({
    ...{ id: `rep-${nr}`, name: `Rep ${nr}`, kind: 'rep' as const, capacity: 400 },
  }));
  const document = {
    ...(await defaultModel()),
    leadDefinitions: [{ minScore: 12 }],
    routing: { recipients },
    serviceLevels: [{ name: 'all', dueWithinHours: 8, warnHoursBefore: 1 }],
  };
  const id = eventId('main', 'bench', 'model');
  const event: NewEvent = {
    ...{ id, type: 'JourneyModelPublished', schemaVersion: 1, data: { document } },
    occurredAt: new Date(Date.now() - 300 * 86_400_000),
  };
  return { workspace: 'main', stream: 'model', expected: { exact: 1 }, events: [event] };
}

async function plan(port: number): Promise<void> {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ goal: '50000000', by: daysAgo(-180) });
  const url = `http://127.0.0.1:${port}/api/planning/magic-number`;
  const answer = await fetch(url, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${await answer.text()}`);
  await answer.text();
}

const HAND_OFFS = `SELECT count(*)::int AS count FROM touchline.lead_decision WHERE type = 'LeadHandedOff'`;
const OVERDUE = 'SELECT EXISTS (SELECT FROM touchline.handoff_deadline WHERE at <= now()) AS overdue';

/** The clock of hand-offs goes over the deadlines of half a year at its first start. */
async function untilJudged(pool: pg.Pool): Promise<void> {
  while ((await pool.query<{ overdue: boolean }>(OVERDUE)).rows[0]?.overdue) await sleep(200);
}

async function openLeads(port: number): Promise<number> {
  return (JSON.parse(await getJson(port, `${METRICS}/rep-load`)) as { openLeads: number }).openLeads;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

const SCAN = `
  SELECT count(content_url) FROM touchline.journey
  WHERE workspace = 'main' AND verdict IN ('human', 'unknown') AND superseded_at IS NULL`;
