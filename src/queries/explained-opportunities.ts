import type { ModelRequest } from '../domain/attribution/model-request.js';
import { MODEL_NAMES, type ModelName } from '../domain/attribution/models.js';
import { dayOf, money } from '../domain/attribution/money.js';
import { presetSettings } from '../domain/attribution/presets.js';
import type { AttributionSettings } from '../domain/attribution/settings.js';
import type { ReportScope } from './report-scope.js';
import { milestonesOf, type PathRow, pathsOf, roundWeight } from './attribution-paths.js';
import type { CreditView } from './credit-ledger.js';
import { conversionsOf } from './conversions.js';
import type { ExplainedOpportunity, ExplainedTouch, RuleItem, WhyItem } from './explain-items.js';
import { explainedPeople } from './explained-people.js';
import type { OpportunityCredit } from './opportunity-credits.js';
import { moneyOf } from './money.js';
import { committeesOf } from './opportunity.js';
import { opportunityItem, opportunityRows } from './opportunity-rows.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { attributionSettingsOf } from './weighed-report.js';
import { rows, sql } from './sql.js';

/** What an opportunity gives to a number, in minor units, and by which of its touches (1 is the first). */
export interface PartOfOpportunity {
  readonly opportunityId: string;
  readonly value: bigint;
  readonly touches: readonly number[];
}

/** Which setting of the journey model a model of attribution reads. */
const OWN_SETTING: Partial<Record<ModelName, keyof AttributionSettings>> = {
  position: 'position',
  u_shaped: 'uShaped',
  w_shaped: 'wShaped',
  full_path: 'fullPath',
  time_decay: 'timeDecay',
};

export function ruleOf(view: View, request: ModelRequest): RuleItem {
  const ofModel = attributionSettingsOf(view);
  const preset = 'preset' in request ? request.preset : undefined;
  const settings = preset === undefined ? ofModel : presetSettings(preset, ofModel);
  const own = MODEL_NAMES.flatMap((name) => (name === request.model ? (OWN_SETTING[name] ?? []) : []));
  const { lookbackDays, excludedKinds, excludedChannels } = settings;
  return {
    model: request.model,
    modelVersion: view.modelVersion,
    settings: {
      ...{ lookbackDays, excludedKinds, excludedChannels },
      ...Object.fromEntries(own.map((name) => [name, settings[name]])),
    },
  };
}

interface TouchRow {
  event_id: string;
  position: string;
  kind: string;
  occurred_at: Date;
  recorded_at: Date;
  identity: string[];
  linked_by: string | null;
}

/** What a model gives to the touches of opportunities, by opportunity. */
export type CreditsOfPaths = (
  view: CreditView,
  paths: readonly PathRow[],
) => Promise<ReadonlyMap<string, OpportunityCredit>>;

/** Opens the opportunities of a page down to touchpoints, events, rules and identity links. */
export async function explainedOpportunities(
  view: CreditView,
  scope: ReportScope,
  {
    parts,
    creditsOf,
  }: {
    readonly parts: readonly PartOfOpportunity[];
    readonly creditsOf: CreditsOfPaths;
  },
): Promise<ExplainedOpportunity[]> {
  const ids = parts.map(({ opportunityId }) => opportunityId);
  const opportunities = await opportunityRows(view, sql`o.opportunity_id = ANY(${ids}::text[])`);
  const paths = await pathsOf(view, scope.metric, ids);
  const credits = await creditsOf(view, [...paths.values()]);
  const contacts = await committeesOf(view, ids);
  const touchRows = await touchRowsOf(view, parts, paths);
  const conversionOn = await conversionsOf(view, scope);
  const explained: ExplainedOpportunity[] = [];
  for (const part of parts) {
    const opportunity = opportunities.find((row) => row.opportunity_id === part.opportunityId);
    const path = paths.get(part.opportunityId);
    const credit = credits.get(part.opportunityId);
    if (!opportunity || !path || !credit) continue;
    const touches = touchesOf({ path, credit, part, touchRows });
    explained.push({
      ...opportunityItem(opportunity),
      eventId: opportunity.event_id,
      creditedAt: path.credited_at,
      value: money(part.value, scope.currency),
      converted: moneyOf(path.reported_minor ?? '0', scope.currency),
      ...conversionOn(path.currency, dayOf(path.credited_at, scope.timeZone)),
      committee: path.committee,
      contacts: contacts.get(part.opportunityId) ?? [],
      touches,
      people: await explainedPeople(view, touches),
    });
  }
  return explained;
}

/** The rows of the journey behind the touches, by event. */
async function touchRowsOf(
  { tx, workspace, asOf }: View,
  parts: readonly PartOfOpportunity[],
  paths: ReadonlyMap<string, PathRow>,
): Promise<Map<string, TouchRow>> {
  const eventIds = parts.flatMap(({ opportunityId, touches }) =>
    touches.flatMap((touch) => paths.get(opportunityId)?.event_ids[touch - 1] ?? []),
  );
  const found = await rows<TouchRow>(
    tx,
    sql`
    SELECT j.event_id, j.position, j.kind, j.occurred_at, j.recorded_at, j.identity,
           touchline.linked_by(j.workspace, j.lead_id, j.identity, ${asOf}) AS linked_by
    FROM touchline.journey j
    WHERE j.workspace = ${workspace} AND j.event_id = ANY(${eventIds}::uuid[]) AND ${validAt('j', asOf)}`,
  );
  return new Map(found.map((row) => [row.event_id, row]));
}

interface Opened {
  readonly path: PathRow;
  readonly credit: OpportunityCredit;
  readonly part: PartOfOpportunity;
  readonly touchRows: ReadonlyMap<string, TouchRow>;
}

function touchesOf({ path, credit, part, touchRows }: Opened): ExplainedTouch[] {
  return part.touches.flatMap((touch) => {
    const index = touch - 1;
    const eventId = path.event_ids[index];
    const row = eventId === undefined ? undefined : touchRows.get(eventId);
    if (eventId === undefined || !row) return [];
    const why: WhyItem[] = credit.shares
      .filter((each) => each.touch === index)
      .map(({ why, share, sharedBy }) => ({ why, share: roundWeight(share), sharedBy }));
    return {
      eventId,
      position: row.position,
      leadId: path.lead_ids[index] ?? '',
      kind: row.kind,
      channel: path.channels[index] ?? 'other',
      source: path.sources[index] ?? null,
      campaign: path.campaigns[index] ?? null,
      content: path.content_ids[index] ?? null,
      title: path.content_titles[index] ?? null,
      occurredAt: row.occurred_at,
      recordedAt: row.recorded_at,
      identity: row.identity,
      linkedBy: row.linked_by,
      milestones: milestonesOf(path.milestones[index]),
      weight: roundWeight(credit.weights[index] ?? 0),
      why,
      amount: money(credit.amounts[index] ?? 0n, path.currency),
      value: money(credit.reported?.[index] ?? 0n, path.reported_currency ?? path.currency),
    };
  });
}
