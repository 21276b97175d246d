import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { remove } from '../domain/opportunity-deletion.js';
import { Refused } from '../domain/refused.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { decideOnOpportunity, type Decided } from './decide-on-opportunity.js';

/** The CRM has an opportunity no more. */
export class DeleteOpportunity extends Command<Decided> {
  constructor(
    readonly workspace: string,
    readonly opportunityId: string,
    readonly occurredAt: Date | undefined,
    readonly now: Date,
  ) {
    super();
  }
}

@CommandHandler(DeleteOpportunity)
export class DeleteOpportunityHandler implements ICommandHandler<DeleteOpportunity> {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  /** @throws Refused opportunity-not-found, changed-in-future */
  execute({ workspace, ...command }: DeleteOpportunity): Promise<Decided> {
    const { opportunityId } = command;
    return decideOnOpportunity(this.store, { workspace, opportunityId }, (state) => {
      if (state.events.length > 0) return remove(command, state);
      throw new Refused('opportunity-not-found', `The opportunity ${opportunityId} does not exist`);
    });
  }
}
