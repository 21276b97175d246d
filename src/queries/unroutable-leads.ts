import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { routeLead, UNROUTABLE_REASONS, type Route } from '../domain/routing/route-lead.js';
import { RoutingConditions } from '../domain/routing/routing-conditions.js';
import type { RecipientLoads } from '../domain/routing/strategies.js';
import { openLeads } from '../read-models/open-leads.js';
import { routingSnapshots } from '../read-models/routing-snapshots.js';
import { waitingLeads, type WaitingLead } from '../read-models/waiting-leads.js';
import { ANY_TEXT, UUID } from './cursor.js';
import { type HandOffLead, HandOffLeadItem, leadsOfHandOffs } from './hand-off-leads.js';
import { LIFECYCLE_PROJECTIONS } from './lead-rows.js';
import { PAGE_PARAMETERS, type PageRequest, pageOf, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { Enum, Instant, Integer, Nested, NestedList, PageAnswer, Text } from './response-fields.js';

/** `routable`: somebody is free now, and the lead is handed off within a minute. */
const REASONS = [...UNROUTABLE_REASONS, 'routable'] as const;

export class BusyRecipientItem {
  @Text('The recipient') recipient!: string;
  @Enum('Why it takes no lead now', ['out-of-office', 'at-capacity']) obstacle!: string;
}

export class UnroutableLeadItem {
  @Instant('Since when it waits') qualifiedAt!: Date;
  @Integer('The how manieth time it qualified') cycle!: number;
  @Enum(
    'no-recipients: the model has none; no-rule: no routing rule matches; no-candidate: nobody takes its persona and territory; nobody-free: whoever does is out of office or at capacity; routable: it is handed off within a minute',
    REASONS,
  )
  reason!: string;
  @NestedList('Who would take it', () => BusyRecipientItem) busy!: BusyRecipientItem[];
  @Nested('The lead as it is now', () => HandOffLeadItem) lead!: HandOffLead;
}

export class UnroutableLeadsAnswer extends PageAnswer {
  @Instant('The instant of the reasons') at!: Date;
  @NestedList('Qualified leads without a recipient, longest waiting first', () => UnroutableLeadItem)
  items!: UnroutableLeadItem[];
}

export class FindUnroutableLeads extends Query<UnroutableLeadsAnswer> {
  readonly at: Date | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['at', ...PAGE_PARAMETERS]);
    this.at = params.instant('at');
    this.request = pageRequestOf(workspace, params, {
      ...{ name: 'unroutable', given },
      shapes: [ANY_TEXT, UUID],
    });
  }
}

@QueryHandler(FindUnroutableLeads)
export class FindUnroutableLeadsHandler implements IQueryHandler<FindUnroutableLeads> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, ...query }: FindUnroutableLeads): Promise<UnroutableLeadsAnswer> {
    return this.models.view(request, LIFECYCLE_PROJECTIONS, async (view) => {
      const at = query.at ?? view.at;
      const { workspace, asOf } = view;
      const [position = '0', leadId = ''] = request.after ?? [];
      const after = request.after && { position, leadId };
      const found = await waitingLeads(view.tx, { workspace, asOf, after, limit: request.limit + 1 });
      const { page, next } = pageOf(request, view, found, (lead) => [lead.position, lead.leadId]);
      const leads = await leadsOfHandOffs(
        view,
        page.map((lead) => lead.leadId),
      );
      const routes = await routesOf(view, page, at);
      const items = page.flatMap((waiting) => {
        const lead = leads.get(waiting.leadId);
        return lead ? [itemOf(waiting, lead, routes.get(waiting.leadId))] : [];
      });
      return { asOf: String(asOf), modelVersion: view.modelVersion, at, items, next };
    });
  }
}

function itemOf(
  { qualifiedAt, cycle }: WaitingLead,
  lead: HandOffLead,
  route: Route | undefined,
): UnroutableLeadItem {
  const unroutable = route && 'unroutable' in route ? route : undefined;
  const reason = unroutable?.unroutable ?? (route ? 'routable' : 'no-recipients');
  return { qualifiedAt, cycle, reason, busy: [...(unroutable?.busy ?? [])], lead };
}

/** Where routing would send each lead at an instant, by lead; none where there is no model. */
export async function routesOf(
  view: View,
  leads: readonly WaitingLead[],
  at: Date,
): Promise<ReadonlyMap<string, Route>> {
  const model = view.model?.data.document;
  if (!model || leads.length === 0) return new Map();
  const conditions = new RoutingConditions(model);
  const snapshots = await routingSnapshots(
    view.tx,
    conditions,
    { workspace: view.workspace, leadIds: leads.map(({ leadId }) => leadId) },
    view,
  );
  const open = new Map(
    (await openLeads(view.tx, view.workspace, { asOf: view.asOf })).map((each) => [
      each.recipient,
      each.open,
    ]),
  );
  // Whose turn it is does not matter to whether there is anybody.
  const loads: RecipientLoads = {
    open: (recipient) => open.get(recipient) ?? 0,
    last: () => undefined,
    lastBy: () => undefined,
  };
  return new Map(
    leads.flatMap((lead) => {
      const snapshot = snapshots.get(lead.leadId);
      if (!snapshot) return [];
      const matches = conditions.matching(snapshot, +at);
      return [[lead.leadId, routeLead(model, { ...lead, matches }, loads, +at)] as const];
    }),
  );
}
