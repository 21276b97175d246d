import type { HookCut } from '../../domain/engagement/hook-counts.js';
import type { InfluenceCut } from '../../domain/engagement/influence-selection.js';
import type { TouchSelection } from '../../domain/engagement/touch-selection.js';
import { cataloguedContents } from '../catalogue-rows.js';
import { writeCursor } from '../cursor.js';
import { engagingKinds, type Period } from '../metrics/buyer-touches.js';
import type { PageRequest } from '../page-request.js';
import type { View } from '../read-models.js';
import { reportSettings } from '../report-settings.js';
import { firstRow, rows, sql } from '../sql.js';
import { microsOf } from './binary-values.js';
import type {
  CellRange,
  Engagement,
  EngagementScope,
  HookCell,
  InfluenceCell,
  RowRange,
} from './engagement.js';

/** Which leads and touches a report counts, besides its period. */
interface Asked {
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly segment: string | undefined;
}

export interface HookQuery extends Asked {
  readonly by: readonly HookCut[];
  /** Given, each lead counts only in the first segment of this order that it is in. */
  readonly segmentOrder?: readonly string[];
}

export interface InfluenceQuery extends Asked {
  readonly by: readonly InfluenceCut[];
  readonly withinDays: number;
}

const DAY_MICROS = 86_400_000_000;

/** Buyers by what hooked them. */
export const hookCells = async (
  view: View,
  engagement: Engagement,
  period: Period,
  asked: HookQuery,
  range: RowRange,
): Promise<CellRange<HookCell>> =>
  engagement.hooks({
    scope: await scopeOf(view),
    selection: {
      ...touchesOf(view, period, asked),
      by: asked.by,
      segmentOrder: asked.segmentOrder,
      offers: asked.by.includes('offer') ? await cataloguedTypes(view) : new Map<string, string>(),
    },
    range,
  });

/** How often leads advanced with and without each content. */
export async function influenceCells(
  view: View,
  engagement: Engagement,
  period: Period,
  asked: InfluenceQuery,
  range: RowRange,
): Promise<CellRange<InfluenceCell>> {
  const within = asked.withinDays * DAY_MICROS;
  const { personas, stages } = view.model?.data.document ?? { personas: [], stages: [] };
  const own = personas.flatMap((persona) =>
    persona.stages ? [[persona.id, persona.stages.map(({ id }) => id)] as const] : [],
  );
  return engagement.influence({
    scope: await scopeOf(view),
    selection: {
      ...touchesOf(view, period, asked),
      ...{ by: asked.by, within, until: microsOf(view.at) - within },
      processes: new Map(own),
      process: stages.map(({ id }) => id),
    },
    range,
  });
}

/** A page of a report, as `slice` makes it of all its rows. */
export async function cellPage<Cell>(
  { limit, question, after }: PageRequest,
  { asOf }: View,
  read: (range: RowRange) => Promise<CellRange<Cell>>,
): Promise<{ page: readonly Cell[]; next: string | null }> {
  const start = Number(after?.[0] ?? 0);
  const end = start + limit;
  const { cells, total } = await read({ start, end });
  return { page: cells, next: total > end ? writeCursor(question, { asOf, after: [String(end)] }) : null };
}

const touchesOf = (
  view: View,
  { from, to }: Period,
  { persona, stage, segment }: Asked,
): Omit<TouchSelection, 'by'> => ({
  kinds: engagingKinds(view),
  from: from && microsOf(from),
  to: to && microsOf(to),
  ...{ persona, stage, segment },
});

/**
 * The snapshot of the view's transaction. Rows of a position stay what they are, but for a rebuild, which is compared
 * with what it replaces, and dead letters that are applied late. Days of touchpoints do not (`moveDays` of the
 * journey projection), so months are those of the instants in the time zone of the position.
 */
async function scopeOf({ tx, workspace, asOf, model }: View): Promise<EngagementScope> {
  const { timeZone } = await reportSettings(tx, workspace, model);
  const found = await firstRow<{ snapshot: string; version: string }>(
    tx,
    sql`
    SELECT pg_export_snapshot() AS snapshot, concat_ws(' ', live.build, live.comparison ->> 'comparedAt',
      (SELECT concat_ws(' ', count(*), sum(d.position)) FROM touchline.dead_letter d
        WHERE d.projection = live.name AND d.build = live.build AND d.workspace = ${workspace})) AS version
    FROM touchline.projection live
    WHERE live.name = 'journey' AND live.is_live`,
  );
  return { workspace, asOf, timeZone, snapshot: found?.snapshot ?? '', version: found?.version ?? '' };
}

async function cataloguedTypes(view: View): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ id: string; type: string }>(
    view.tx,
    sql`SELECT content_id AS id, type FROM (${cataloguedContents(view)}) d WHERE type IS NOT NULL`,
  );
  return new Map(found.map(({ id, type }) => [id, type]));
}
