import { cataloguedContents } from './catalogue-rows.js';
import { profiles } from './metrics/buyer-touches.js';
import type { View } from './read-models.js';
import {
  CATALOGUE_CUTS,
  type CatalogueCut,
  type Cut,
  type OpportunityCut,
  type ReportScope,
} from './report-scope.js';
import { empty, raw, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

export type TouchCut = Exclude<Cut, OpportunityCut | CatalogueCut | 'persona'>;

/** Array of the path that a cut reads, and the mark of an opportunity's first touch with its value. */
export const TOUCH_CUTS: Readonly<Record<TouchCut, { readonly column: string; readonly mark: number }>> = {
  content: { column: 'content_ids', mark: 2 },
  channel: { column: 'channels', mark: 4 },
  campaign: { column: 'campaigns', mark: 8 },
  source: { column: 'sources', mark: 16 },
};

/** Columns of cataloguedContents. */
const CATALOGUE_COLUMNS: Readonly<Record<CatalogueCut, string>> = {
  contentType: 'type',
  author: 'author',
  publisher: 'publisher',
  publisherKind: 'publisher_kind',
};

const isCatalogueCut = (cut: Cut): cut is CatalogueCut => CATALOGUE_CUTS.some((each) => each === cut);
export const isTouchCut = (cut: Cut): cut is TouchCut => Object.hasOwn(TOUCH_CUTS, cut);

/** The value of a cut of a touch `t`, beside which are the rows of `joinsFor`. */
export const touchValue = (cut: Exclude<Cut, OpportunityCut>): Sql => {
  if (cut === 'persona') return raw('l.persona');
  return raw(isCatalogueCut(cut) ? `d.${CATALOGUE_COLUMNS[cut]}` : `t.${cut}`);
};

/** Joins what is catalogued of the contents of touches `t` as `d`, and the profiles of their leads as `l`, where a cut needs it. */
export const joinsFor = (view: View, cuts: readonly Cut[]): Sql => {
  const catalogue = cuts.some(isCatalogueCut)
    ? sql`LEFT JOIN (${cataloguedContents(view)}) d ON d.content_id = t.content`
    : empty;
  const leads = cuts.includes('persona')
    ? sql`LEFT JOIN (${profiles(view)}) l ON l.lead_id = t.lead_id`
    : empty;
  return sql`${catalogue} ${leads}`;
};

/** The value of a cut of the opportunity whose path is `p`. */
export const opportunityColumn = (
  view: View,
  { timeZone }: Pick<ReportScope, 'timeZone'>,
  cut: OpportunityCut,
): Sql => {
  if (cut === 'month') return monthOf('p', timeZone);
  if (cut === 'week') return sql`to_char(p.credited_at AT TIME ZONE ${timeZone}, 'IYYY-"W"IW')`;
  return sql`(SELECT o.owner FROM touchline.opportunity o
              WHERE o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)})`;
};

export const monthOf = (alias: string, timeZone: string): Sql =>
  sql`to_char(${raw(alias)}.credited_at AT TIME ZONE ${timeZone}, 'YYYY-MM')`;
