import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { merge, decidedPairs, type DecidedPairs, pairStream } from '../domain/lead-pair.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { handle, type Handled } from '../event-store/handle.js';
import { LeadResolver } from './lead-resolver.js';

/** Somebody knows that two leads are one person. */
export class MergeLeads extends Command<Handled<DecidedPairs>> {
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

@CommandHandler(MergeLeads)
export class MergeLeadsHandler implements ICommandHandler<MergeLeads> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(LeadResolver) private readonly names: LeadResolver,
  ) {}

  async execute({ workspace, lead, otherLead, reason, now }: MergeLeads): Promise<Handled<DecidedPairs>> {
    const command = { ...(await this.names.pair(workspace, lead, otherLead)), reason, now };
    return handle(this.store, workspace, pairStream(command), decidedPairs, (pairs) => merge(command, pairs));
  }
}
