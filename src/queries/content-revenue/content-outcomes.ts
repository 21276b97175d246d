import { proportion } from '../../domain/calibration.js';
import { compareProportions } from '../../domain/proportion-comparison.js';
import type { CreditView } from '../credit-ledger.js';
import { estimateItem, rounded, shareItem } from '../estimates.js';
import { closed } from '../metrics/closed-cells.js';
import type { ReportScope } from '../report-scope.js';
import { rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import type { CloseItem, OutcomesItem } from './content-revenue-answer.js';

interface OutcomeRow {
  readonly has_content: boolean;
  readonly won: number;
  readonly lost: number;
  readonly days: readonly [p25: number, median: number, p75: number] | null;
}

/**
 * Opportunities closed in the period with touches before their opening, by whether the content is among them. Touches after the opening
 * do not count: an opportunity that takes longer has more time for them (immortal time bias).
 *
 * @param view with the pipeline paths in its ledger
 */
export async function contentOutcomes(
  view: CreditView,
  scope: ReportScope,
  contentId: string,
): Promise<OutcomesItem> {
  const found = await rows<OutcomeRow>(
    view.tx,
    sql`
    SELECT coalesce(${contentId} = ANY(p.content_ids), false) AS has_content, count(*) FILTER (WHERE o.status = 'won')::int AS won,
           count(*) FILTER (WHERE o.status = 'lost')::int AS lost,
           percentile_cont(ARRAY[0.25, 0.5, 0.75])
             WITHIN GROUP (ORDER BY extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400)
             FILTER (WHERE o.status = 'won') AS days
    FROM touchline.opportunity o
    JOIN ${view.ledger.paths} p
      ON p.workspace = ${view.workspace} AND p.opportunity_id = o.opportunity_id AND p.metric = 'pipeline'
     AND ${validAt('p', view.asOf)}
    WHERE ${closed(view, scope)} AND cardinality(p.event_ids) > 0
    GROUP BY 1`,
  );
  const groupOf = (hasContent: boolean): OutcomeRow =>
    found.find(({ has_content }) => has_content === hasContent) ?? {
      has_content: hasContent,
      won: 0,
      lost: 0,
      days: null,
    };
  const [withIt, without] = [groupOf(true), groupOf(false)];
  const { ratio, difference } = compareProportions(winRate(withIt), winRate(without));
  return {
    ...{ with: closeItem(withIt), without: closeItem(without) },
    ...{ ratio: estimateItem(ratio), difference: estimateItem(difference) },
  };
}

const winRate = ({ won, lost }: OutcomeRow) => proportion(won, won + lost);

const closeItem = (row: OutcomeRow): CloseItem => {
  const [p25 = null, median = null, p75 = null] = row.days ?? [];
  return {
    ...{ won: row.won, lost: row.lost, winRate: shareItem(winRate(row)) },
    ...{ daysP25: rounded(p25, 2), daysMedian: rounded(median, 2), daysP75: rounded(p75, 2) },
  };
};
