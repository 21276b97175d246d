import { type ModelName, sharesOf as sharesOfModel } from '../domain/attribution/models.js';
import { dayOf, money } from '../domain/attribution/money.js';
import { type AttributionSettings, DEFAULT_ATTRIBUTION } from '../domain/attribution/settings.js';
import { type Milestone, MILESTONES, type Touch } from '../domain/attribution/touches.js';
import type { Channel } from '../domain/touchpoint.js';
import type { ReportScope } from './report-scope.js';
import { type PathRow, pathsById, type ShareRow, sharesOf } from './attribution-paths.js';
import type { CreditView } from './credit-ledger.js';
import type { ExplainedOpportunity, ExplainedTouch, RateItem, RuleItem, WhyItem } from './explain-items.js';
import { explainedPeople } from './explained-people.js';
import { moneyOf } from './money.js';
import { milestonesOf, roundWeight } from './opportunity-attribution.js';
import { committeesOf } from './opportunity.js';
import { opportunityItem, opportunityRows } from './opportunity-rows.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql } from './sql.js';

/** What an opportunity gives to a number, in minor units, and by which of its touches (1 is the first). */
export interface PartOfOpportunity {
  readonly pathId: string;
  readonly opportunityId: string;
  readonly value: bigint;
  readonly touches: readonly number[];
}

const settingsOf = ({ model }: View): AttributionSettings =>
  model?.data.document.attribution ?? DEFAULT_ATTRIBUTION;

/** Which setting of the journey model a model of attribution reads. */
const OWN_SETTING: Partial<Record<ModelName, keyof AttributionSettings>> = {
  position: 'position',
  u_shaped: 'uShaped',
  w_shaped: 'wShaped',
  full_path: 'fullPath',
  time_decay: 'timeDecay',
};

export function ruleOf(view: View, model: ModelName): RuleItem {
  const settings = settingsOf(view);
  const own = OWN_SETTING[model];
  const { lookbackDays, excludedKinds, excludedChannels } = settings;
  return {
    model,
    modelVersion: view.modelVersion,
    settings: { lookbackDays, excludedKinds, excludedChannels, ...(own && { [own]: settings[own] }) },
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

/** Opens the opportunities of a page down to touchpoints, events, rules and identity links. */
export async function explainedOpportunities(
  view: CreditView,
  scope: ReportScope,
  { model, parts }: { readonly model: ModelName; readonly parts: readonly PartOfOpportunity[] },
): Promise<ExplainedOpportunity[]> {
  const ids = parts.map(({ opportunityId }) => opportunityId);
  const pathIds = parts.map(({ pathId }) => pathId);
  const opportunities = await opportunityRows(view, sql`o.opportunity_id = ANY(${ids}::text[])`);
  const paths = await pathsById(view, pathIds);
  const shares = await sharesOf(view, pathIds, model);
  const contacts = await committeesOf(view, ids);
  const touchRows = await touchRowsOf(view, parts, paths);
  const explained: ExplainedOpportunity[] = [];
  for (const part of parts) {
    const opportunity = opportunities.find((row) => row.opportunity_id === part.opportunityId);
    const path = paths.get(part.pathId);
    const share = shares.find((row) => row.path_id === part.pathId);
    if (!opportunity || !path || !share) continue;
    const touches = touchesOf(view, { model, path, share, part, touchRows });
    explained.push({
      ...opportunityItem(opportunity),
      eventId: opportunity.event_id,
      creditedAt: path.credited_at,
      value: money(part.value, scope.currency),
      rate: rateOf(view, scope, path),
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
  const eventIds = parts.flatMap(({ pathId, touches }) =>
    touches.flatMap((touch) => paths.get(pathId)?.event_ids[touch - 1] ?? []),
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
  readonly model: ModelName;
  readonly path: PathRow;
  readonly share: ShareRow;
  readonly part: PartOfOpportunity;
  readonly touchRows: ReadonlyMap<string, TouchRow>;
}

function touchesOf(view: View, { model, path, share, part, touchRows }: Opened): ExplainedTouch[] {
  const reasonsOf = sharesOfModel(
    model,
    path.event_ids.map((_, index) => domainTouch(path, index)),
    settingsOf(view),
  );
  return part.touches.flatMap((touch) => {
    const index = touch - 1;
    const eventId = path.event_ids[index];
    const row = eventId === undefined ? undefined : touchRows.get(eventId);
    if (eventId === undefined || !row) return [];
    const why: WhyItem[] = reasonsOf
      .filter((each) => each.touch === index)
      .map(({ why, share }) => ({ why, share: roundWeight(share) }));
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
      weight: roundWeight(share.weights[index] ?? 0),
      why,
      amount: moneyOf(share.amounts[index] ?? '0', path.currency),
      value: moneyOf(share.reported?.[index] ?? '0', path.reported_currency ?? path.currency),
    };
  });
}

/** The touch as the model of attribution weighs it: by time, channel and milestones. */
function domainTouch(path: PathRow, index: number): Touch {
  const named = milestonesOf(path.milestones[index]);
  return {
    eventId: path.event_ids[index] ?? '',
    leadId: path.lead_ids[index] ?? '',
    occurredAt: path.occurred_at[index] ?? path.credited_at,
    kind: 'custom',
    channel: (path.channels[index] ?? 'other') as Channel,
    source: path.sources[index] ?? null,
    campaign: path.campaigns[index] ?? null,
    contentId: path.content_ids[index] ?? null,
    contentTitle: path.content_titles[index] ?? null,
    sessionId: '',
    verdict: 'human',
    milestones: MILESTONES.filter((milestone: Milestone) => named.includes(milestone)),
    repeats: [],
  };
}

function rateOf({ model }: View, { timeZone, currency }: ReportScope, path: PathRow): RateItem | null {
  if (path.currency === currency) return null;
  const day = dayOf(path.credited_at, timeZone);
  const rates = (model?.data.document.rates ?? []).filter(
    (rate) => rate.currency === path.currency && rate.date <= day,
  );
  const last = rates.toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
  return last ? { currency: last.currency, date: last.date, rate: last.rate } : null;
}
