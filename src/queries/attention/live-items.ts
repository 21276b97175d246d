import { isRising } from '../../domain/attention/rising.js';
import type { ProjectionState, ReadProjectionStates } from '../projection-states.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';
import type { Found, FoundItem } from './attention-answer.js';
import { type AttentionRequest, localTime, plural } from './attention-view.js';

// What the log does not have: it is reported as of now.

/** As the alert TouchlineProjectionLag. */
const LAG_SECONDS = 60;

const isBehind = ({ status, lagSeconds, deadLetters, error }: ProjectionState): boolean =>
  status === 'failed' || error !== null || lagSeconds > LAG_SECONDS || deadLetters > 0;

/** Projections and reactors that failed, are late or have dead letters: failed ones first, then those furthest behind. */
export async function projectionItems(
  read: ReadProjectionStates,
  { workspace }: View,
  { perKind }: AttentionRequest,
): Promise<Found> {
  const behind = (await read(workspace)).filter(isBehind).sort(byHarm);
  const items = behind.slice(0, perKind).map((state): FoundItem => {
    const { name, status, lagSeconds, deadLetters } = state;
    return {
      text: `${name} ${faultOf(state)}: what it makes is out of date. Ask the operator, who sees why in GET /api/projections`,
      ...{ since: null, worseAt: null, query: '/api/projections' },
      figures: { name, status, lagSeconds: Math.round(lagSeconds), deadLetters },
    };
  });
  return { count: behind.length, items };
}

const isFailed = ({ status, error }: ProjectionState): boolean => status === 'failed' || error !== null;

const byHarm = (a: ProjectionState, b: ProjectionState): number =>
  Number(isFailed(b)) - Number(isFailed(a)) || b.lagSeconds - a.lagSeconds || (a.name < b.name ? -1 : 1);

function faultOf(state: ProjectionState): string {
  if (isFailed(state)) return 'has failed and does not move';
  const late =
    state.lagSeconds > LAG_SECONDS
      ? [`is ${plural(Math.round(state.lagSeconds / 60), 'minute')} behind the log`]
      : [];
  const dead =
    state.deadLetters > 0 ? [`could not apply ${plural(state.deadLetters, 'event')} of this workspace`] : [];
  return [...late, ...dead].join(' and ');
}

interface FailingWebhook {
  readonly id: string;
  readonly url: string;
  readonly dead: number;
  readonly lastError: string | null;
  readonly lastAttemptAt: Date | null;
  readonly disabledReason: string | null;
  readonly total: number;
}

/** Endpoints with deliveries that were given up, or that answered that they are gone; most lost deliveries first. */
export async function webhookItems(
  { tx, workspace }: View,
  { perKind, timeZone }: AttentionRequest,
): Promise<Found> {
  const found = await rows<FailingWebhook>(
    tx,
    sql`
    SELECT e.id, e.url, e.disabled_reason AS "disabledReason", d.dead, last.last_error AS "lastError",
           last.last_attempt_at AS "lastAttemptAt", count(*) OVER ()::int AS total
    FROM touchline.webhook_endpoint e
    CROSS JOIN LATERAL (SELECT count(*)::int AS dead FROM touchline.webhook_delivery d WHERE d.endpoint = e.id AND d.state = 'dead') d
    LEFT JOIN LATERAL (SELECT l.last_error, l.last_attempt_at FROM touchline.webhook_delivery l
                       WHERE l.endpoint = e.id AND l.state = 'dead' ORDER BY l.id DESC LIMIT 1) last ON true
    WHERE e.workspace = ${workspace} AND (d.dead > 0 OR e.disabled_reason = 'gone')
    ORDER BY d.dead DESC, e.id
    LIMIT ${perKind}`,
  );
  const items = found.map(({ id, url, dead, lastError, lastAttemptAt, disabledReason }): FoundItem => {
    const gone = disabledReason === 'gone' ? ' It answered that it is gone and is disabled.' : '';
    const last = lastAttemptAt ? `, the last on ${localTime(lastAttemptAt, timeZone)}` : '';
    return {
      text: `${plural(dead, 'message')} to ${url} could not be delivered${last}.${gone} Correct the endpoint, then replay the messages`,
      ...{ since: lastAttemptAt, worseAt: null, figures: { webhook: id, dead, lastError, disabledReason } },
      query: `/api/webhooks/${id}/deliveries?state=dead`,
    };
  });
  return { count: found[0]?.total ?? 0, items };
}

interface RejectCounts {
  readonly collector: string;
  readonly lastDay: number;
  readonly before: number;
  readonly code: string;
}

/** Days before the last one that show what is usual. */
const DAYS_BEFORE = 7;
const DAY_MS = 86_400_000;

/** Collectors of which more input was rejected in the last 24 hours than in the seven days before, most first. */
export async function rejectItems(
  { tx, workspace }: View,
  { perKind }: AttentionRequest,
  now: Date,
): Promise<Found> {
  const dayAgo = new Date(+now - DAY_MS);
  const found = await rows<RejectCounts>(
    tx,
    sql`
    SELECT collector, sum(last_day)::int AS "lastDay", sum(before)::int AS before,
           (array_agg(code ORDER BY last_day DESC, code COLLATE "C"))[1] AS code
    FROM (
      SELECT r.collector, r.code, count(*) FILTER (WHERE r.received_at >= ${dayAgo}) AS last_day,
             count(*) FILTER (WHERE r.received_at < ${dayAgo}) AS before
      FROM touchline.rejected r
      WHERE r.workspace = ${workspace} AND r.received_at >= ${new Date(+dayAgo - DAYS_BEFORE * DAY_MS)} AND r.received_at < ${now}
      GROUP BY r.collector, r.code) r
    GROUP BY collector
    ORDER BY 2 DESC, collector COLLATE "C"`,
  );
  const rising = found.filter(({ lastDay, before }) => isRising(lastDay, { before, days: DAYS_BEFORE }));
  const period = `from=${dayAgo.toISOString()}&to=${now.toISOString()}`;
  const items = rising.slice(0, perKind).map(({ collector, lastDay, before, code }): FoundItem => {
    const perDay = Math.round((before / DAYS_BEFORE) * 10) / 10;
    return {
      text: `${collector}: ${plural(lastDay, 'item was', 'items were')} rejected in the last 24 hours, ${perDay} a day in the week before, most of them as ${code}. Correct the sender or the mapping, then replay them`,
      ...{ since: dayAgo, worseAt: null, figures: { collector, lastDay, perDayBefore: perDay, code } },
      query: `/api/rejected/counts?by=code&collector=${encodeURIComponent(collector)}&${period}`,
    };
  });
  return { count: rising.length, items };
}
