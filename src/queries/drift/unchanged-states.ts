import { type ModelRequest } from '../../domain/attribution/model-request.js';
import { pathSteps } from '../../domain/attribution/weigh-paths.js';
import { inScope } from '../paths-in-scope.js';
import { joinsFor, opportunityColumn, touchArrays, touchValue } from '../report-cuts.js';
import { type Cut, isOpportunityCut } from '../report-scope.js';
import { raw, join, rows, sql } from '../sql.js';
import { attributionSettingsOf } from '../weighed-report.js';
import type { ReportAt } from './report-ends.js';
import { cellOf, type OpportunityState } from './state-cells.js';

/**
 * What opportunities are to a report at its position, but for those that changed; lost ones, too, where the model looks at them.
 *
 * @throws Problem 400 `report-too-large`
 */
export async function unchangedStates(
  { view, scope, source }: ReportAt,
  changed: readonly string[],
  { model, by }: { readonly model: ModelRequest; readonly by: readonly Cut[] },
): Promise<ReadonlyMap<string, OpportunityState>> {
  const isChanged = new Set(changed);
  const settings = attributionSettingsOf(view);
  const cells = await touchCells({ view, scope }, isChanged, by);
  const states = new Map<string, OpportunityState>();
  for (const path of await source.paths()) {
    const { opportunityId: id, reportedMinor } = path;
    if (isChanged.has(id) || reportedMinor === null) continue;
    states.set(id, { amount: reportedMinor, steps: pathSteps(model, path), cells: cells.get(id) ?? [], settings }); // prettier-ignore
  }
  for (const path of await source.pathsWithoutConversion(model)) {
    const { opportunityId: id } = path;
    if (!isChanged.has(id)) states.set(id, { amount: undefined, steps: pathSteps(model, path), cells: [], settings }); // prettier-ignore
  }
  return states;
}

/** The cells of touches, in the order of their path, by opportunity. */
async function touchCells(
  { view, scope }: Pick<ReportAt, 'view' | 'scope'>,
  without: ReadonlySet<string>,
  by: readonly Cut[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const columns = by
    .filter(isOpportunityCut)
    .map((cut) => sql`${opportunityColumn(view, scope, cut)} AS ${raw(cut)}`);
  const keys = by.map((cut) => (isOpportunityCut(cut) ? raw(`p.${cut}`) : touchValue(cut)));
  const arrays = { event_id: raw('p.event_ids'), ...touchArrays(view, by) };
  const found = await rows<{ id: string; keys: (string | null)[][] }>(
    view.tx,
    sql`
    SELECT p.opportunity_id AS id, json_agg(json_build_array(${join(keys, ', ')}) ORDER BY t.nr) AS keys
    FROM (SELECT ${join([raw('p.*'), ...columns], ', ')} FROM ${view.ledger.paths} p
          WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL OFFSET 0) p
    CROSS JOIN LATERAL unnest(${join(Object.values(arrays), ', ')}) WITH ORDINALITY
      AS t(${raw(Object.keys(arrays).join(', '))}, nr)
    ${joinsFor(view, by)}
    GROUP BY p.opportunity_id`,
  );
  // One text for all touches of a cell: there are many more touches.
  const texts = new Map<string, string>();
  const one = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  return new Map(
    found.flatMap(({ id, keys: ofTouches }) =>
      without.has(id) ? [] : [[id, ofTouches.map((each) => one(cellOf(each)))]],
    ),
  );
}
