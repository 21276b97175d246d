import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import { DATABASE } from '../database/database.js';
import { accept } from '../domain/lead-decisions.js';
import { currentModels } from '../read-models/model-versions.js';
import { DecideOnLead, DecideOnLeadHandler, type DecidedOnLead } from './decide-on-lead.js';

/** Somebody in sales takes a lead that was handed off. */
export class AcceptLead extends Command<DecidedOnLead> {
  constructor(
    readonly workspace: string,
    readonly lead: string,
    readonly by: string,
    readonly now: Date,
    readonly idempotencyKey: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(AcceptLead)
export class AcceptLeadHandler implements ICommandHandler<AcceptLead> {
  constructor(
    @Inject(DATABASE) private readonly database: pg.Pool,
    @Inject(DecideOnLeadHandler) private readonly decisions: DecideOnLeadHandler,
  ) {}

  async execute({ workspace, lead, by, now, idempotencyKey }: AcceptLead): Promise<DecidedOnLead> {
    const models = await withTransaction(this.database, currentModels, 'BEGIN READ ONLY');
    const current = models.find((each) => each.workspace === workspace);
    const isRecipient = current?.model.routing?.recipients.some(({ id }) => id === by) ?? false;
    return this.decisions.execute(
      new DecideOnLead(
        workspace,
        lead,
        (leadId, state) => accept({ leadId, now, by, isRecipient }, state),
        idempotencyKey,
        { unlessOptedOut: true },
      ),
    );
  }
}
