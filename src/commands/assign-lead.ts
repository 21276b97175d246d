import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import { DATABASE } from '../database/database.js';
import { assign, type Assign } from '../domain/lead-decisions.js';
import { Refused } from '../domain/refused.js';
import { RoutingConditions } from '../domain/routing/routing-conditions.js';
import { handOffTerms } from '../domain/routing/service-level.js';
import { currentModels } from '../read-models/model-versions.js';
import { routingSnapshots } from '../read-models/routing-snapshots.js';
import { DecideOnLead, DecideOnLeadHandler, type DecidedOnLead } from './decide-on-lead.js';
import { LeadResolver } from './lead-resolver.js';

/** The rule of hand-offs that a person decided. */
export const ASSIGNED = 'assigned';

/** A person gives a lead to a recipient of the model, whatever routing would do. */
export class AssignLead extends Command<DecidedOnLead> {
  constructor(
    readonly workspace: string,
    readonly lead: string,
    readonly assignment: { readonly to: string; readonly by: string; readonly reason?: string | undefined },
    readonly now: Date,
    readonly idempotencyKey: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(AssignLead)
export class AssignLeadHandler implements ICommandHandler<AssignLead> {
  constructor(
    @Inject(DATABASE) private readonly database: pg.Pool,
    @Inject(LeadResolver) private readonly names: LeadResolver,
    @Inject(DecideOnLeadHandler) private readonly decisions: DecideOnLeadHandler,
  ) {}

  async execute(command: AssignLead): Promise<DecidedOnLead> {
    const { workspace, lead, now, idempotencyKey } = command;
    const { by, reason } = command.assignment;
    const { leadId } = await this.names.find(workspace, lead);
    const handOff = await withTransaction(this.database, (tx) => this.#handOff(tx, command, leadId));
    const data = { ...handOff, now, by, ...(reason !== undefined && { reason }) };
    return this.decisions.execute(
      new DecideOnLead(
        workspace,
        lead,
        (id, state) => assign({ ...data, leadId: id }, state),
        idempotencyKey,
        { unlessOptedOut: true, by },
      ),
    );
  }

  /** @throws Refused `recipient-not-found` */
  async #handOff(
    tx: pg.PoolClient,
    { workspace, assignment, now }: AssignLead,
    leadId: string,
  ): Promise<Omit<Assign, 'leadId' | 'now' | 'by'>> {
    const current = (await currentModels(tx)).find((each) => each.workspace === workspace);
    const recipient = current?.model.routing?.recipients.find(({ id }) => id === assignment.to);
    if (!current || !recipient)
      throw new Refused('recipient-not-found', `The journey model has no recipient ${assignment.to}`, 'to');
    const { model, version } = current;
    const conditions = new RoutingConditions(model);
    const lead = (await routingSnapshots(tx, conditions, { workspace, leadIds: [leadId] })).get(leadId);
    if (!lead) throw new Refused('lead-not-found', `The lead ${leadId} does not exist`);
    const matches = conditions.matching(lead, +now);
    return {
      modelVersion: version,
      recipient: { id: recipient.id, kind: recipient.kind },
      rule: ASSIGNED,
      ...handOffTerms(model, matches, recipient, +now),
    };
  }
}
