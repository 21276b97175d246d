import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { decidedPairs, type DecidedPairs, pairStream, split } from '../domain/lead-pair.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { handle, type Handled } from '../event-store/handle.js';
import { LeadResolver } from './lead-resolver.js';

/** One lead is two people after all, or two leads that a refused claim names together are not one. */
export class SplitLeads extends Command<Handled<DecidedPairs>> {
  constructor(
    readonly workspace: string,
    readonly lead: string,
    readonly otherLead: string,
    readonly reason: string | undefined,
    readonly now: Date,
  ) {
    super();
  }
}

@CommandHandler(SplitLeads)
export class SplitLeadsHandler implements ICommandHandler<SplitLeads> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(LeadResolver) private readonly names: LeadResolver,
  ) {}

  async execute({ workspace, lead, otherLead, reason, now }: SplitLeads): Promise<Handled<DecidedPairs>> {
    const command = { ...(await this.names.pair(workspace, lead, otherLead)), reason, now };
    return handle(this.store, workspace, pairStream(command), decidedPairs, (pairs) => split(command, pairs));
  }
}
