import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { pairOf } from '../domain/identity.js';
import { merge, mergedPairs, type DecideOnPair, type MergedPairs } from '../domain/lead-pair.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { handle, type Handled } from '../event-store/handle.js';
import { LeadNames } from './lead-names.js';

/** Somebody knows that two leads are one person. */
export class MergeLeads extends Command<Handled<MergedPairs>> {
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
    @Inject(LeadNames) private readonly names: LeadNames,
  ) {}

  async execute({ workspace, lead, otherLead, reason, now }: MergeLeads): Promise<Handled<MergedPairs>> {
    const pair = {
      lead: await this.names.find(workspace, lead),
      other: await this.names.find(workspace, otherLead),
    };
    const command = { ...pair, reason, now };
    return handle(this.store, workspace, pairStream(command), mergedPairs, (pairs) => merge(command, pairs));
  }
}

/** The stream of decisions about a pair: that of its lesser key, whoever is named first. */
export function pairStream({ lead, other }: DecideOnPair): string {
  const key = lead.key && other.key ? pairOf(lead.key, other.key)[0] : lead.leadId;
  return `identity-${key}`;
}
