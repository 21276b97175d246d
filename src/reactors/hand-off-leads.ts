import { handOff, type HandOff } from '../domain/lead-decisions.js';
import { leadDecisionId } from '../domain/lead-events.js';
import type { LeadState } from '../domain/lead-lifecycle.js';
import type { LeadSnapshot } from '../domain/lead-snapshot.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { obstacleOf, routeLead, type LeadToRoute } from '../domain/routing/route-lead.js';
import { RoutingConditions } from '../domain/routing/routing-conditions.js';
import { handOffTerms } from '../domain/routing/service-level.js';
import { handleLeads, type LeadCommand } from '../event-store/handle-lead.js';
import { currentModels, type ModelVersion } from '../read-models/model-versions.js';
import { routingSnapshots } from '../read-models/routing-snapshots.js';
import { waitingLeads, workspacesThatWait, type WaitingLead } from '../read-models/waiting-leads.js';
import { laterIfAway } from '../subscriptions/decisions.js';
import type { Reactor, ReactorContext } from '../subscriptions/subscription.js';
import { OpenHandOffs } from './hand-off-leads/open-hand-offs.js';
import { WorkspaceLoads } from './hand-off-leads/workspace-loads.js';

/** Leads that are routed with one statement each for what they are. */
const PAGE = 200;

export interface HandOffOptions {
  readonly now?: () => Date;
  /** How long a lead waits at most after a recipient came back to the office. */
  readonly reviewEveryMs?: number;
}

/**
 * Hands qualified leads to the recipients that routing chooses, once a cycle. A lead that nobody can take waits; it is routed again
 * when another one is closed, a model is published, and at intervals. The leads of a workspace are routed one after the other, by
 * one process, so that two never take the last place of a recipient.
 */
export function handOffLeads({
  now = () => new Date(),
  reviewEveryMs = 60_000,
}: HandOffOptions = {}): Reactor {
  let reviewedAt = -Infinity;
  const handOffs = new OpenHandOffs();
  const routingOf = (context: ReactorContext, workspace: string): WorkspaceRouting =>
    new WorkspaceRouting(context, workspace, { now, handOffs });
  const reviewIfDue = async (context: ReactorContext): Promise<void> => {
    if (performance.now() - reviewedAt < reviewEveryMs) return;
    for (const workspace of await workspacesThatWait(context.tx))
      await routingOf(context, workspace).routeWaiting();
    reviewedAt = performance.now();
  };
  return {
    name: 'hand_off_leads',
    version: 1,
    handles: ['LeadQualified', 'LeadHandedOff', 'LeadRecycled', 'LeadDisqualified', 'JourneyModelPublished'],
    after: ['journey', 'opportunities', 'lifecycle'],
    startFrom: 'head',
    rebuild: 'never',
    async react(batch, context) {
      // What routing decided itself leaves nothing to route.
      const news = batch.filter((event) => event.type !== 'LeadHandedOff' || event.data.by !== undefined);
      for (const [workspace, events] of Map.groupBy(news, (event) => event.workspace)) {
        const isNew = events.flatMap((event) => (event.type === 'LeadQualified' ? [event.data.leadId] : []));
        const only = isNew.length === events.length ? isNew : undefined;
        await routingOf(context, workspace).routeWaiting(only);
      }
      await reviewIfDue(context);
    },
    onIdle: reviewIfDue,
  };
}

class WorkspaceRouting {
  constructor(
    private readonly context: ReactorContext,
    private readonly workspace: string,
    private readonly options: { readonly now: () => Date; readonly handOffs: OpenHandOffs },
  ) {}

  /** @param only leads by the ids of their decisions; absent: all that wait */
  async routeWaiting(only?: readonly string[]): Promise<void> {
    const { context, workspace } = this;
    const models = await currentModels(context.tx);
    const current = models.find((each) => each.workspace === workspace);
    if (!current?.model.routing) return;
    const { model } = current;
    const loads = await WorkspaceLoads.read(context, workspace, {
      ...{ routing: current.model.routing, handOffs: this.options.handOffs },
    });
    const rules = new RoutingConditions(model);
    let after: WaitingLead | undefined;
    do {
      if (!this.hasRoom(model, loads)) return;
      const page = await waitingLeads(context.tx, { workspace, only, after, limit: PAGE });
      const snapshots = await routingSnapshots(context.tx, rules, {
        workspace,
        leadIds: page.map(({ leadId }) => leadId),
      });
      const commands = page.flatMap(
        (lead) => this.route(lead, snapshots.get(lead.leadId), { current, loads, rules }) ?? [],
      );
      await context.assertLease();
      await handleLeads(context.store, commands).catch(laterIfAway);
      after = page.length === PAGE ? page.at(-1) : undefined;
    } while (after);
  }

  private hasRoom({ routing, timeZone }: JourneyModel, loads: WorkspaceLoads): boolean {
    const at = +this.options.now();
    return routing?.recipients.some((each) => !obstacleOf(each, { timeZone, loads, at })) ?? false;
  }

  /** Undefined: nobody can take it now. */
  private route(
    lead: WaitingLead,
    snapshot: LeadSnapshot | undefined,
    { current: { model, version }, loads, rules }: RoutingState,
  ): LeadCommand | undefined {
    if (!snapshot) return undefined;
    const now = this.options.now();
    const matches = rules.matching(snapshot, +now);
    const route = routeLead(model, { ...lead, matches } satisfies LeadToRoute, loads, +now);
    if ('unroutable' in route) return undefined;
    const { recipient, rule } = route;
    const command = {
      ...{ leadId: lead.decidedId, now, rule, modelVersion: version },
      recipient: { id: recipient.id, kind: recipient.kind },
      ...handOffTerms(model, matches, recipient, +now),
    };
    loads.add(recipient.id, rule);
    return this.commandOf(lead, command);
  }

  /** Whoever handed it off meanwhile, a person or this reactor before a crash, is left alone. */
  private commandOf({ decidedId, cycle, eventId }: WaitingLead, command: HandOff): LeadCommand {
    const { workspace } = this;
    const isWaiting = (state: LeadState): boolean => state.status === 'qualified' && state.cycle === cycle;
    return {
      ...{ workspace, leadIds: [decidedId] },
      decide: (state) => (isWaiting(state) ? handOff(command, state) : []),
      provenance: {
        id: leadDecisionId(workspace, decidedId, cycle, 'LeadHandedOff'),
        causationId: eventId,
      },
    };
  }
}

interface RoutingState {
  readonly current: ModelVersion;
  readonly loads: WorkspaceLoads;
  readonly rules: RoutingConditions;
}
