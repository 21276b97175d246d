import { inScope } from '../paths-in-scope.js';
import { type CreditView, hasStoredPaths } from '../credit-ledger.js';
import { joinsFor, touchArrays } from '../report-cuts.js';
import { filteredCuts, touchFilter } from '../report-filters.js';
import type { ReportScope } from '../report-scope.js';
import { cursorPages, type TextRow } from '../server-cursor.js';
import { allOf, join, raw, sql, type Sql } from '../sql.js';
import type { CreditSource } from './credit-source.js';

/** Columns of the rows, in their order. */
export const CREDIT_LINE = {
  opportunityId: 0,
  creditedAt: 1,
  touch: 2,
  eventId: 3,
  leadId: 4,
  occurredAt: 5,
  milestones: 6,
  content: 7,
  title: 8,
  channel: 9,
  campaign: 10,
  source: 11,
  weight: 12,
  minor: 13,
} as const;

/** Opportunities whose touches are sorted at once. */
const OPPORTUNITIES = 100;
const ROWS = 5_000;

/**
 * A row for each touch that a model credits, by opportunity and touch. One query for all would sort every row with all its columns
 * before the first is sent, wherever statistics do not say what they are; here only the ids of opportunities are.
 */
export async function* creditPages(
  source: CreditSource,
  scope: ReportScope,
  model: string,
): AsyncGenerator<TextRow[], void> {
  const { view } = source;
  const opportunities = { name: 'opportunities', size: OPPORTUNITIES };
  for await (const page of cursorPages(view.tx, pathsOf(view, scope), opportunities)) {
    const opportunityIds = page.map(([id]) => id ?? '');
    const pathIds = page.map(([, id]) => id ?? '');
    const ledger = await source.ledgerOf(opportunityIds);
    const lines = creditLines(ledger, scope, { model, opportunityIds, pathIds });
    yield* cursorPages(view.tx, lines, { name: 'credits', size: ROWS });
  }
}

const pathsOf = (view: CreditView, scope: ReportScope): Sql => sql`
  SELECT p.opportunity_id, p.path_id FROM ${view.ledger.paths} p
  WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL
  ORDER BY p.opportunity_id COLLATE "C"`;

interface Asked {
  readonly model: string;
  readonly opportunityIds: readonly string[];
  /** Of the same, as they are stored. */
  readonly pathIds: readonly string[];
}

function creditLines(view: CreditView, scope: ReportScope, { model, ...asked }: Asked): Sql {
  const filtering = scope.filter ? filteredCuts(scope.filter) : [];
  const arrays = { ...touchArrays(view, filtering), ...LINE_ARRAYS };
  return sql`
  WITH p AS MATERIALIZED (${hasStoredPaths(view) ? lookedUp(view, asked.pathIds) : filtered(view, scope, asked.opportunityIds)})
  SELECT p.opportunity_id, p.credited_at, t.touch, t.event_id, t.lead_id, t.occurred_at, t.milestones, t.content, t.title,
         t.channel, t.campaign, t.source, t.weight, t.value
  FROM p
  JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}
  CROSS JOIN LATERAL unnest(${join(Object.values(arrays), ', ')}) WITH ORDINALITY
    AS t(${raw(Object.keys(arrays).join(', '))}, touch)
  ${joinsFor(view, filtering)}
  WHERE ${allOf([raw('t.mark > 0'), scope.filter && touchFilter(scope.filter)])}
  ORDER BY p.opportunity_id COLLATE "C", t.touch`;
}

const LINE_ARRAYS = {
  content: raw('p.content_ids'),
  channel: raw('p.channels'),
  campaign: raw('p.campaigns'),
  source: raw('p.sources'),
  lead_id: raw('p.lead_ids'),
  event_id: raw('p.event_ids'),
  occurred_at: raw('p.occurred_at'),
  milestones: raw('p.milestones'),
  title: raw('p.content_titles'),
  weight: raw('s.weights'),
  value: raw('s.reported'),
  mark: raw('s.marks'),
};

/** Each by its key alone: beside other conditions, a plan made without statistics reads all paths of the report for each. */
const lookedUp = (view: CreditView, pathIds: readonly string[]): Sql => sql`
  SELECT found.* FROM unnest(${pathIds}::bigint[]) AS asked(path_id)
  CROSS JOIN LATERAL (SELECT * FROM ${view.ledger.paths} path WHERE path.path_id = asked.path_id OFFSET 0) found`;

/** Of paths that are converted or computed, which are read as a whole. */
const filtered = (view: CreditView, scope: ReportScope, opportunityIds: readonly string[]): Sql => sql`
  SELECT p.* FROM ${view.ledger.paths} p
  WHERE ${inScope(view, { ...scope, opportunityIds })} AND p.reported_minor IS NOT NULL`;
