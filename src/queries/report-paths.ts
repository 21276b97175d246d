import { type CommitteeRule, DEFAULT_COMMITTEE } from '../domain/attribution/committee-rule.js';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import type { ModelTouch, OpportunityPath } from '../domain/attribution/weigh-paths.js';
import type { Channel, TouchpointKind } from '../domain/touchpoint.js';
import { milestonesOf } from './attribution-paths.js';
import { inScope } from './paths-in-scope.js';
import { roleWeightsOf, type WeightOfPerson } from './committee-paths.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import type { View } from './read-models.js';
import type { PathScope, ReportScope } from './report-scope.js';
import { MAX_REPORT_TOUCHES, tooLarge } from './report-size.js';
import { raw, rows, sql } from './sql.js';
import { validAt } from './valid-at.js';

/** A path of a report with what its shares are stored by. */
export interface ReportPath extends OpportunityPath {
  readonly pathId: string;
  readonly opportunityId: string;
  readonly amountMinor: bigint;
  /** Null: no rate is published. */
  readonly reportedMinor: bigint | null;
  readonly sources: readonly (string | null)[];
}

interface ReportPathRow {
  path_id: string;
  opportunity_id: string;
  amount_minor: string;
  reported_minor: string | null;
  credited_at: Date;
  opened_at: Date | null;
  event_ids: string[];
  lead_ids: string[];
  occurred_at: Date[];
  milestones: (string | null)[];
  content_ids: (string | null)[];
  channels: Channel[];
  campaigns: (string | null)[];
  sources: (string | null)[];
}

/** Which paths of a report are read. */
interface PathQuery {
  /** With the kinds of touches, and the types and stages of their contents. */
  readonly details: boolean;
  /** By which touches weigh; whose they are is up to the view. */
  readonly rule: CommitteeRule;
  /** Of these opportunities only, also where they cannot be reported in its currency. */
  readonly opportunityIds?: readonly string[];
}

/**
 * The paths of the opportunities of a report, in an order that does not change.
 *
 * @throws Problem 400 `report-too-large`
 */
export async function reportPaths(
  view: CreditView,
  scope: PathScope,
  { details: withDetails, rule, opportunityIds }: PathQuery,
): Promise<ReportPath[]> {
  const asked = opportunityIds
    ? sql`p.opportunity_id = ANY(${opportunityIds}::text[])`
    : scope.metric === 'loss'
      ? raw('true')
      : raw('p.reported_minor IS NOT NULL');
  const from = sql`FROM ${view.ledger.paths} p WHERE ${inScope(view, scope)} AND ${asked}`;
  const [size] = await rows<{ touches: string }>(
    view.tx,
    sql`SELECT coalesce(sum(cardinality(p.event_ids)), 0)::text AS touches ${from}`,
  );
  if (Number(size?.touches) > MAX_REPORT_TOUCHES) throw tooLarge();
  const found = await rows<ReportPathRow>(
    view.tx,
    sql`
    SELECT path.*, o.opened_at
    FROM (SELECT p.path_id, p.opportunity_id, p.amount_minor, p.reported_minor, p.credited_at, p.event_ids, p.lead_ids, p.occurred_at,
                 p.milestones, p.content_ids, p.channels, p.campaigns, p.sources ${from}) path
    LEFT JOIN touchline.opportunity o
      ON o.workspace = ${view.workspace} AND o.opportunity_id = path.opportunity_id AND ${validAt('o', view.asOf)}
    ORDER BY path.opportunity_id COLLATE "C"`,
  );
  const eventIds = withDetails ? found.flatMap((row) => row.event_ids) : [];
  const details = await detailsOf(view, eventIds);
  const weightOf = await roleWeightsOf(view, rule, found.map((row) => row.opportunity_id)); // prettier-ignore
  return found.map((row) => reportPath(row, scope, { details, weightOf }));
}

/** What the journey knows of a touchpoint and the ledger does not. */
interface Details {
  readonly kind: TouchpointKind;
  readonly contentType: string | null;
  readonly contentStage: string | null;
}

const AT_ONCE = 20_000;

/** Of touchpoints by event. */
async function detailsOf(
  { tx, workspace, asOf }: View,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, Details>> {
  const details = new Map<string, Details>();
  for (let start = 0; start < eventIds.length; start += AT_ONCE) {
    const found = await rows<Details & { eventId: string }>(
      tx,
      sql`
      SELECT j.event_id AS "eventId", j.kind, j.content_type AS "contentType", j.content_stage AS "contentStage"
      FROM touchline.journey j
      WHERE j.workspace = ${workspace} AND j.event_id = ANY(${eventIds.slice(start, start + AT_ONCE)}::uuid[])
        AND ${validAt('j', asOf)}`,
    );
    for (const { eventId, ...each } of found) details.set(eventId, each);
  }
  return details;
}

/** Whether a model or a transform looks at what the ledger does not have. */
export const needsDetails = ({ model, player, transforms }: ModelRequest): boolean =>
  model === 'custom' || player === 'contentType' || 'kinds' in transforms || 'withoutKinds' in transforms;

const UNKNOWN: Details = { kind: 'custom', contentType: null, contentStage: null };

function reportPath(
  row: ReportPathRow,
  { metric }: PathScope,
  { details, weightOf }: { details: ReadonlyMap<string, Details>; weightOf: WeightOfPerson },
): ReportPath {
  const reference = row.credited_at;
  return {
    pathId: row.path_id,
    opportunityId: row.opportunity_id,
    amountMinor: BigInt(row.amount_minor),
    reportedMinor: row.reported_minor === null ? null : BigInt(row.reported_minor),
    revenue: Number(row.reported_minor ?? 0),
    sources: row.sources,
    dates: {
      reference,
      openedAt: row.opened_at ?? reference,
      ...(metric !== 'pipeline' && { closedAt: reference }),
    },
    touches: row.event_ids.map((eventId, index): ModelTouch => {
      const named = milestonesOf(row.milestones[index]);
      const leadId = row.lead_ids[index] ?? '';
      return {
        ...(details.get(eventId) ?? UNKNOWN),
        leadId,
        roleWeight: weightOf(row.opportunity_id, leadId),
        occurredAt: row.occurred_at[index] ?? reference,
        channel: row.channels[index] ?? 'other',
        campaign: row.campaigns[index] ?? null,
        contentId: row.content_ids[index] ?? null,
        milestones: MILESTONES.filter((milestone) => named.includes(milestone)),
      };
    }),
  };
}

export type LostPath = OpportunityPath & Pick<ReportPath, 'opportunityId'>;

/** The paths of lost opportunities, up to the loss, as those of won ones reach up to the close. @throws Problem 400 `report-too-large` */
export async function lostPaths(view: CreditView, scope: PathScope, details: boolean): Promise<LostPath[]> {
  // Paths without conversion get no credit: nobody weighs more than another.
  const paths = await reportPaths(view, scope, { details, rule: DEFAULT_COMMITTEE });
  return paths.map(({ opportunityId, dates, touches }) => ({ opportunityId, revenue: 0, dates, touches }));
}

/** The paths of opportunities lost in a period, in any currency. */
export async function lostLedger(
  view: View,
  { filter: _, ...scope }: ReportScope,
): Promise<{ readonly view: CreditView; readonly scope: PathScope }> {
  const metric = 'loss';
  return { view: await withLedger(view, { metric, models: [] }), scope: { ...scope, metric } };
}
