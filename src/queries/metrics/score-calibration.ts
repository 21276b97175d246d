import { aucInterval } from '../../domain/auc-interval.js';
import {
  areaUnderCurve,
  proportion,
  type ScoredOutcome,
  type ScoreDecile,
  scoreDeciles,
  scoreGroups,
} from '../../domain/calibration.js';
import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { allOf, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { compareCells, cutColumns } from './cut-columns.js';
import { CUT_PARAMETERS, type CutRequest, cutRequestOf, cutsOf, resolveCuts } from './cut-request.js';
import { defineMetric } from './metric.js';
import {
  hasBuyerIn,
  OPPORTUNITY_CUTS,
  type OpportunityCut,
  opportunityColumns,
  opportunityJoins,
} from './opportunity-cuts.js';
import type { CalibrationItem, DecileItem, WinRateItem } from './score-calibration-answer.js';
import { ScoreCalibrationAnswer } from './score-calibration-answer.js';

type Asked = CutRequest<OpportunityCut>;

const parse = (workspace: string, given: RawParams): Asked =>
  cutRequestOf(workspace, given, { name: 'score-calibration', cuts: OPPORTUNITY_CUTS });

async function find(opened: View, asked: Asked): Promise<ScoreCalibrationAnswer> {
  const { by, request } = asked;
  const scope = await resolveCuts(opened, asked);
  const view = await withLedger(opened, { metric: 'pipeline', models: [] });
  const found = await outcomes(view, scope, asked);
  const cells = by.length === 0 ? [] : cellsOf(by, found.filter(isClosed));
  // Cut by segment an opportunity may be in several rows.
  const counted = [...new Map(found.map((row) => [row.opportunityId, row])).values()];
  const closed = counted.filter(isClosed);
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  const { rate } = proportion(closed.filter(({ success }) => success).length, closed.length);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ from: scope.from, to: scope.to, halfLifeDays: view.halfLifeDays },
    ...calibrationOf(closed),
    open: counted.length - closed.length,
    deciles: rate === null ? [] : scoreDeciles(scoreGroups(closed)).map(decileItem),
    ...cutsOf(asked),
    rows: page.map(({ keys, closed: own }) => ({ ...cellName({ keys }, by, names), ...calibrationOf(own) })),
    next,
  };
}

interface Outcome {
  readonly opportunityId: string;
  readonly keys: readonly (string | null)[];
  readonly score: number;
  /** Null: still open. */
  readonly success: boolean | null;
}

const isClosed = (row: Outcome): row is Outcome & ScoredOutcome => row.success !== null;

interface CalibrationCell {
  readonly keys: readonly (string | null)[];
  readonly closed: readonly ScoredOutcome[];
  readonly size: number;
}

function cellsOf(
  by: readonly OpportunityCut[],
  closed: readonly (Outcome & ScoredOutcome)[],
): CalibrationCell[] {
  const cells = [...Map.groupBy(closed, ({ keys }) => JSON.stringify(keys)).values()];
  return cells
    .map((own) => ({ keys: own[0]?.keys ?? [], closed: own, size: own.length }))
    .sort(compareCells(by));
}

type Calibration = Pick<CalibrationItem, 'won' | 'lost' | 'winRate' | 'auc'>;

function calibrationOf(closed: readonly ScoredOutcome[]): Calibration {
  const won = closed.filter(({ success }) => success).length;
  const lost = closed.length - won;
  const area = areaUnderCurve(scoreGroups(closed));
  const auc = area === null ? null : { area, ...aucInterval(area, { successes: won, failures: lost }) };
  return {
    ...{ won, lost, winRate: rateItem(won, closed.length) },
    auc: auc && { area: rounded(auc.area), low: rounded(auc.low), high: rounded(auc.high) },
  };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
const maybeRounded = (value: number | null): number | null => (value === null ? null : rounded(value));

function rateItem(successes: number, trials: number): WinRateItem {
  const { rate, low, high } = proportion(successes, trials);
  return { rate: maybeRounded(rate), low: maybeRounded(low), high: maybeRounded(high) };
}

const decileItem = ({
  decile,
  count,
  successes,
  lift,
  lowestScore,
  highestScore,
}: ScoreDecile): DecileItem => ({
  ...{ decile, highestScore, lowestScore, opportunities: rounded(count), won: rounded(successes) },
  winRate: rateItem(successes, count),
  lift: maybeRounded(lift),
});

const DESCRIPTION = `
Whether scores tell who buys: opportunities opened in the period that were won or lost, by the score at their opening. The score of an
opportunity is the highest one that a buyer with a touch of it had at that moment, 0 if nobody had touches. Each tenth has its win rate and
its lift, the win rate divided by that of all; \`auc\` is the chance that one that was won had a higher score than one that was lost. The
intervals hold the true value in 95 of 100 cases: with few opportunities they are wide. Open opportunities are in no figure.

Example: opp-1 was opened with a score of 55 points and won; two without touches, a score of 0, were won too, and a fourth with 0
lost. The first counts against the fourth as 1, the other two as ½: auc (1 + ½ + ½) ÷ 3 = 0.666667. The win rate is 0.75, with
an interval from 0.300642 to 0.954413.`;

/** Win rate and lift by tenths of the score at the opening of opportunities. */
export const scoreCalibration = defineMetric({
  name: 'score-calibration',
  summary: 'Get win rate and lift by score at the opening of opportunities',
  description: DESCRIPTION,
  answer: ScoreCalibrationAnswer,
  parameters: ['opportunityBy', ...CUT_PARAMETERS],
  projections: ['journey', 'opportunities', 'attribution', 'catalogue'],
  parse,
  find,
});

/** Sums are exact (numeric), so that no order of rows changes a digit. */
async function outcomes(
  view: CreditView,
  { timeZone, from, to }: ReportScope,
  { by, segment }: Asked,
): Promise<Outcome[]> {
  const { workspace, asOf, halfLifeDays } = view;
  const cut = cutColumns(by, opportunityColumns(timeZone, 'opened_at'));
  return rows<Outcome>(
    view.tx,
    sql`
    WITH opportunity AS MATERIALIZED (
      SELECT ${cut.select} o.opportunity_id, o.status, o.opened_at, q.lead_ids
      FROM touchline.opportunity o ${await opportunityJoins(view, { by, segment }, true)}
      WHERE ${allOf([
        sql`o.workspace = ${workspace} AND ${validAt('o', asOf)}`,
        from ? sql`o.opened_at >= ${from}` : undefined,
        to ? sql`o.opened_at < ${to}` : undefined,
        hasBuyerIn(view, segment),
      ])}),
    member AS (SELECT DISTINCT o.opportunity_id, o.opened_at, unnest(o.lead_ids) AS lead_id FROM opportunity o),
    scored AS (
      SELECT m.opportunity_id, sum(touchline.decay(c.points, c.occurred_at, m.opened_at, ${halfLifeDays})::numeric) AS score
      FROM member m
      JOIN touchline.score_change c ON c.lead_id = m.lead_id AND c.occurred_at <= m.opened_at
      WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)}
      GROUP BY m.opportunity_id, m.lead_id),
    best AS (SELECT opportunity_id, max(score) AS score FROM scored GROUP BY opportunity_id)
    SELECT o.opportunity_id AS "opportunityId", ${cut.keys} AS keys, round(coalesce(b.score, 0), 2)::float8 AS score,
           CASE o.status WHEN 'won' THEN true WHEN 'lost' THEN false END AS success
    FROM opportunity o
    LEFT JOIN best b ON b.opportunity_id = o.opportunity_id
    ORDER BY o.opportunity_id COLLATE "C"`,
  );
}
