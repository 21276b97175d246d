import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { label, tagLabel } from '../domain/label.js';
import { CHANNELS } from '../domain/touchpoint.js';
import { inScope } from './attribution-rows.js';
import type { CreditView } from './credit-ledger.js';
import type { PartOfOpportunity } from './explained-opportunities.js';
import type { Params } from './params.js';
import { joinsFor, opportunityColumn, touchValue } from './report-cuts.js';
import { CATALOGUE_CUTS, type Cut, CUTS, isOpportunityCut, type ReportScope } from './report-scope.js';
import { allOf, rows, sql, type Sql } from './sql.js';

/** Cuts that a touch may have no value of. */
export const OPTIONAL_CUTS = [
  ...(['content', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...(['persona', 'owner'] as const),
] as const satisfies readonly Cut[];

/** The row of a report to explain; all of it without any cut. */
export interface ExplainedCell {
  readonly cut: Partial<Record<Cut, string>>;
  readonly without: readonly Cut[];
  /** Only what this opportunity gives to it. */
  readonly opportunityId: string | undefined;
}

export const CELL_PARAMETERS = [...CUTS, 'without', 'opportunityId'] as const;

export function cellOf(params: Params): ExplainedCell {
  const cut: ExplainedCell['cut'] = Object.fromEntries(CUTS.flatMap((name) => cutValue(params, name)));
  const without = params.someOf('without', OPTIONAL_CUTS, 'cut') ?? [];
  for (const name of without.filter((each) => each in cut))
    params.fault('cut-contradictory', 'without', `a row that is without ${name} has no ${name} to name`);
  return { cut, without, opportunityId: params.text('opportunityId') };
}

const TIMES = {
  month: { form: /^\d{4}-(0[1-9]|1[0-2])$/, example: '2026-01' },
  week: { form: /^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$/, example: '2026-W05' },
} as const;

/** The id of a content may be its address, which is longer than other labels. */
const CONTENT_LENGTH = 4096;

/** Journey models name content as they like, so its id is taken as it is. */
const CUT_VALUES: Readonly<Record<Cut, (params: Params) => string | undefined>> = {
  content: (params) => params.text('content', CONTENT_LENGTH),
  channel: (params) => params.oneOf('channel', CHANNELS),
  campaign: (params) => params.label('campaign'),
  source: (params) => params.label('source', tagLabel),
  contentType: (params) => params.text('contentType'),
  author: (params) => params.text('author'),
  publisher: (params) => params.text('publisher'),
  publisherKind: (params) => params.oneOf('publisherKind', PUBLISHER_KINDS),
  persona: (params) => params.text('persona'),
  owner: (params) => params.text('owner'),
  month: (params) => params.text('month'),
  week: (params) => params.text('week'),
};

function cutValue(params: Params, cut: Cut): [Cut, string][] {
  const value = CUT_VALUES[cut](params);
  if ((cut === 'month' || cut === 'week') && value !== undefined && !TIMES[cut].form.test(value)) {
    params.fault(`${cut}-invalid`, cut, `"${value}" is not a ${cut} such as ${TIMES[cut].example}`);
  }
  return value === undefined ? [] : [[cut, value]];
}

/** What each opportunity gives to the number, and by which of its touches. */
export async function partsOfCell(
  view: CreditView,
  scope: ReportScope,
  { model, cell }: { readonly model: string; readonly cell: ExplainedCell },
): Promise<PartOfOpportunity[]> {
  const found = await rows<Omit<PartOfOpportunity, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT p.opportunity_id AS "opportunityId", sum(t.value)::text AS value,
           array_agg(t.touch::int ORDER BY t.touch) AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}
    CROSS JOIN LATERAL unnest(p.content_ids, p.channels, p.campaigns, p.sources, p.lead_ids, s.reported, s.marks)
      WITH ORDINALITY AS t(content, channel, campaign, source, lead_id, value, mark, touch)
    ${joinsFor(view, [...cell.without, ...CUTS.filter((cut) => cut in cell.cut)])}
    WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL AND t.mark & 1 = 1
      AND ${conditionOf(view, scope, cell)}
    GROUP BY p.path_id, p.opportunity_id
    ORDER BY sum(t.value) DESC, p.opportunity_id COLLATE "C"`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}

function conditionOf(
  view: CreditView,
  scope: ReportScope,
  { cut, without, opportunityId }: ExplainedCell,
): Sql {
  const valueOf = (name: Cut): Sql =>
    isOpportunityCut(name) ? opportunityColumn(view, scope, name) : touchValue(name);
  return allOf([
    ...CUTS.map((name) => {
      const value = cut[name];
      if (value === undefined) return undefined;
      return name === 'content' ? isContent(value) : sql`${valueOf(name)} = ${value}`;
    }),
    opportunityId === undefined ? undefined : sql`p.opportunity_id = ${opportunityId}`,
    ...without.map((name) => sql`${valueOf(name)} IS NULL`),
  ]);
}

/** The content with that id, as given or as collectors normalise it. */
const isContent = (id: string): Sql =>
  sql`t.content = ANY(${[...new Set([id, label(id, CONTENT_LENGTH) ?? id])]}::text[])`;
