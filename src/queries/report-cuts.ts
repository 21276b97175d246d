import { cataloguedContents } from './catalogue-rows.js';
import { profiles } from './metrics/buyer-touches.js';
import type { View } from './read-models.js';
import {
  CATALOGUE_CUTS,
  type CatalogueCut,
  type Cut,
  isOpportunityCut,
  JOINED_CUTS,
  type OpportunityCut,
  type ReportScope,
} from './report-scope.js';
import { segmentMembers } from './segments.js';
import { empty, raw, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

type JoinedCut = (typeof JOINED_CUTS)[number];
/** What touches are cut by. */
export type TouchCut = Exclude<Cut, OpportunityCut>;

/** Cuts by an array of the path whose first touches with each value of an opportunity are marked. */
export const MARKED_CUTS = { content: 2, channel: 4, campaign: 8, source: 16 } as const satisfies Partial<
  Record<Cut, number>
>;
export type MarkedCut = keyof typeof MARKED_CUTS;
export const isMarkedCut = (cut: Cut): cut is MarkedCut => Object.hasOwn(MARKED_CUTS, cut);

/** Columns of cataloguedContents. */
const CATALOGUE_COLUMNS: Readonly<Record<CatalogueCut, string>> = {
  contentType: 'type',
  author: 'author',
  publisher: 'publisher',
  publisherKind: 'publisher_kind',
};

const JOINED_COLUMNS: Readonly<Record<JoinedCut, string>> = {
  rep: 'j.rep',
  persona: 'l.persona',
  segment: 'g.segment_id',
};

const isJoinedCut = (cut: Cut): cut is JoinedCut => JOINED_CUTS.some((each) => each === cut);
const isCatalogueCut = (cut: Cut): cut is CatalogueCut => CATALOGUE_CUTS.some((each) => each === cut);

/** Whether the value of a cut is not in the path itself. */
export const isJoined = (cut: TouchCut): boolean => isJoinedCut(cut) || isCatalogueCut(cut);

/** The columns of touches `t` that cuts and the joins for them read, each as an array of the path `p`. */
export const touchArrays = (view: View, cuts: readonly Cut[]): Readonly<Record<string, Sql>> =>
  Object.fromEntries(cuts.flatMap((cut) => (isOpportunityCut(cut) ? [] : [touchArray(view, cut)])));

function touchArray(view: View, cut: TouchCut): [column: string, array: Sql] {
  if (cut === 'contentStage') return [cut, contentStages(view)];
  if (cut === 'rep') return ['event_id', raw('p.event_ids')];
  if (isJoinedCut(cut)) return ['lead_id', raw('p.lead_ids')];
  if (isCatalogueCut(cut) || cut === 'content') return ['content', raw('p.content_ids')];
  return [cut, raw(`p.${cut}s`)];
}

/** Those of paths that were written without them are looked up. */
const contentStages = ({ workspace, asOf }: View): Sql => sql`
  coalesce(p.content_stages, ARRAY(
    SELECT j.content_stage FROM unnest(p.event_ids) WITH ORDINALITY AS each (event_id, nr)
    LEFT JOIN touchline.journey j ON j.workspace = ${workspace} AND j.event_id = each.event_id AND ${validAt('j', asOf)}
    ORDER BY each.nr))`;

/** The value of a cut of a touch `t`, which has the columns of `touchArrays`, beside the rows of `joinsFor`. */
export const touchValue = (cut: TouchCut): Sql => {
  if (isJoinedCut(cut)) return raw(JOINED_COLUMNS[cut]);
  return raw(isCatalogueCut(cut) ? `d.${CATALOGUE_COLUMNS[cut]}` : `t.${cut}`);
};

/**
 * Joins what cuts need to touches `t`: what is catalogued of their contents as `d`, their rows of the journey as `j`, the profiles
 * of their leads as `l` and the first segments of these as `g`.
 */
export const joinsFor = (view: View, cuts: readonly Cut[]): Sql => {
  const catalogue = cuts.some(isCatalogueCut)
    ? sql`LEFT JOIN (${cataloguedContents(view)}) d ON d.content_id = t.content`
    : empty;
  const leads = cuts.includes('persona')
    ? sql`LEFT JOIN (${profiles(view)}) l ON l.lead_id = t.lead_id`
    : empty;
  const journey = cuts.includes('rep')
    ? sql`LEFT JOIN touchline.journey j ON j.workspace = ${view.workspace} AND j.event_id = t.event_id AND ${validAt('j', view.asOf)}`
    : empty;
  const segments = cuts.includes('segment')
    ? sql`LEFT JOIN (${firstSegments(view)}) g ON g.lead_id = t.lead_id`
    : empty;
  return sql`${catalogue} ${leads} ${journey} ${segments}`;
};

/** Of the segments that a lead is in, the first of the journey model. */
export const firstSegments = (view: View): Sql => sql`
  SELECT DISTINCT ON (m.lead_id) m.lead_id, m.segment_id
  FROM (${segmentMembers(view)}) m
  ORDER BY m.lead_id, ${inModelOrder(view)}`;

const inModelOrder = ({ model }: View): Sql => {
  const order = model?.data.document.segments?.map(({ id }) => id) ?? [];
  return sql`array_position(${order}::text[], m.segment_id), m.segment_id COLLATE "C"`;
};

/** Of the segments that people of the account of a path `p` are in, the first of the journey model. */
const accountSegment = (view: View): Sql => sql`
  (SELECT m.segment_id
   FROM touchline.opportunity o
   JOIN touchline.lead_profile l ON l.workspace = o.workspace AND l.account_id = o.account_id AND ${validAt('l', view.asOf)}
   JOIN touchline.segment_membership m ON m.workspace = l.workspace AND m.lead_id = l.lead_id AND ${validAt('m', view.asOf)}
   WHERE o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)}
   ORDER BY ${inModelOrder(view)} LIMIT 1)`;

/** The value of a cut of the opportunity whose path is `p`. */
export const opportunityColumn = (
  view: View,
  { timeZone }: Pick<ReportScope, 'timeZone'>,
  cut: OpportunityCut,
): Sql => {
  if (cut === 'accountSegment') return accountSegment(view);
  if (cut === 'month' || cut === 'week') return timeOf('p', cut, timeZone);
  return sql`(SELECT o.owner FROM touchline.opportunity o
              WHERE o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)})`;
};

export const timeOf = (alias: string, unit: 'month' | 'week', timeZone: string): Sql =>
  sql`to_char(${raw(alias)}.credited_at AT TIME ZONE ${timeZone}, ${raw(unit === 'month' ? `'YYYY-MM'` : `'IYYY-"W"IW'`)})`;
