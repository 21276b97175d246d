import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type DecideOnPair, mergedPairs, type MergedPairs, pairStream, split } from '../domain/lead-pair.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { handle, type Handled } from '../event-store/handle.js';
import { LeadNames } from './lead-names.js';

/** A merge was wrong: two leads are two people after all. */
export class SplitLeads extends Command<Handled<MergedPairs>> {
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
    @Inject(LeadNames) private readonly names: LeadNames,
  ) {}

  async execute({ workspace, lead, otherLead, reason, now }: SplitLeads): Promise<Handled<MergedPairs>> {
    const pair = await this.names.pair(workspace, lead, otherLead);
    const command = { ...(await this.#asMerged(workspace, pair)), reason, now };
    return handle(this.store, workspace, pairStream(command), mergedPairs, (pairs) => split(command, pairs));
  }

  /** They may be named otherwise than when they were merged. */
  async #asMerged(workspace: string, pair: Pick<DecideOnPair, 'lead' | 'other'>): Promise<typeof pair> {
    const { lead, other } = pair;
    if (lead.key === undefined || other.key === undefined || lead.leadId !== other.leadId) return pair;
    const merged = await this.names.mergeOf(workspace, lead.leadId, [lead.key, other.key]);
    return merged ? { lead: { ...lead, key: merged[0] }, other: { ...other, key: merged[1] } } : pair;
  }
}
