import { countWaitingLeads, waitingLeads } from '../../read-models/waiting-leads.js';
import type { UrgentHandOff } from '../metrics/hand-offs.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';
import { routesOf } from '../unroutable-leads.js';
import { validAt } from '../valid-at.js';
import type { Found, FoundItem } from './attention-answer.js';
import { type AttentionRequest, localTime, recipientName } from './attention-view.js';

/** Hand-offs that rot, longest overdue first, and those that are about to, first due first. */
export async function handOffItems(
  view: View,
  request: AttentionRequest,
  found: readonly UrgentHandOff[],
): Promise<{ readonly rotten: Found; readonly aboutToRot: Found }> {
  const names = await leadNames(
    view,
    found.map(({ leadId }) => leadId),
  );
  const of = (isRotten: boolean): Found => {
    const own = found.filter((each) => each.isRotten === isRotten);
    const items = own.map((each) => handOffItem(view, each, names.get(each.leadId), request));
    return { count: own[0]?.total ?? 0, items };
  };
  return { rotten: of(true), aboutToRot: of(false) };
}

function handOffItem(
  view: View,
  { leadId, recipient, isRotten, beganAt, warnAt, rotsAt }: UrgentHandOff,
  name = 'A lead',
  { at, timeZone }: AttentionRequest,
): FoundItem {
  const [who, due] = [recipientName(view, recipient), localTime(rotsAt, timeZone)];
  const hours = Math.round(Math.abs(+at - +rotsAt) / 360_000) / 10;
  const figures = { handedOffAt: beganAt.toISOString(), dueBy: rotsAt.toISOString() };
  const about = { leadId, rep: recipient };
  const clock = isRotten ? 'rotten' : 'warning';
  const query = `/api/handoffs?${new URLSearchParams({ rep: recipient, clock, at: at.toISOString() }).toString()}`;
  if (isRotten)
    return {
      ...about,
      text: `${name} has waited for ${who} since ${localTime(beganAt, timeZone)}; a call was due by ${due}. Call now, or assign the lead to somebody else`,
      ...{ since: rotsAt, worseAt: null, figures: { ...figures, hoursOverdue: hours }, query },
    };
  return {
    ...about,
    text: `${name} will rot if ${who} does not call by ${due}`,
    ...{ since: warnAt, worseAt: rotsAt, figures: { ...figures, hoursLeft: hours }, query },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  'no-recipients': 'the journey model has no recipients: add them to its routing',
  'no-rule': 'no routing rule matches: add one, or assign the lead by hand',
  'no-candidate': 'nobody takes this persona and territory: add a recipient, or assign the lead by hand',
  'nobody-free':
    'whoever may take it is at capacity or out of office: assign it by hand, or raise a capacity',
  routable: 'somebody is free: it is handed off within a minute',
};

/** Qualified leads without a recipient, longest waiting first. They are nobody's, so none are about a recipient. */
export async function unroutableItems(
  view: View,
  { at, rep, perKind, timeZone }: AttentionRequest,
): Promise<Found> {
  if (rep !== undefined) return { count: 0, items: [] };
  const choice = { workspace: view.workspace, asOf: view.asOf };
  const waiting = await waitingLeads(view.tx, { ...choice, limit: perKind });
  const names = await leadNames(
    view,
    waiting.map(({ leadId }) => leadId),
  );
  const routes = await routesOf(view, waiting, at);
  const items = waiting.map(({ leadId, qualifiedAt, cycle }): FoundItem => {
    const route = routes.get(leadId);
    const reason = route ? ('unroutable' in route ? route.unroutable : 'routable') : 'no-recipients';
    return {
      leadId,
      text: `${names.get(leadId) ?? 'A lead'} has been ready for sales since ${localTime(qualifiedAt, timeZone)} and went to nobody; ${REASONS[reason] ?? reason}`,
      ...{ since: qualifiedAt, worseAt: null, figures: { reason, cycle } },
      query: `/api/handoffs/unroutable?at=${at.toISOString()}`,
    };
  });
  return { count: await countWaitingLeads(view.tx, choice), items };
}

/** How people call leads. */
async function leadNames(
  { tx, workspace, asOf }: View,
  leadIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ leadId: string; name: string | null }>(
    tx,
    sql`
    SELECT p.lead_id AS "leadId", coalesce(p.name, p.email) AS name FROM touchline.lead_profile p
    WHERE p.workspace = ${workspace} AND p.lead_id = ANY (${[...leadIds]}::uuid[]) AND ${validAt('p', asOf)}`,
  );
  return new Map(found.flatMap(({ leadId, name }) => (name === null ? [] : [[leadId, name]])));
}
