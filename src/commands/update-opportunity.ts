import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { update } from '../domain/opportunity-update.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { ContactKeys } from './contact-keys.js';
import { decideOnOpportunity, type Decided } from './decide-on-opportunity.js';
import type { UpdateOpportunityInput } from './opportunity.inputs.js';

/** The CRM reports a change of an opportunity: fields, won, lost or reopened. */
export class UpdateOpportunity extends Command<Decided> {
  constructor(
    readonly workspace: string,
    readonly opportunityId: string,
    readonly input: UpdateOpportunityInput,
    readonly now: Date,
    /** A later command with the same one is not decided again. */
    readonly idempotencyKey?: string,
  ) {
    super();
  }
}

@CommandHandler(UpdateOpportunity)
export class UpdateOpportunityHandler implements ICommandHandler<UpdateOpportunity> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ContactKeys) private readonly contacts: ContactKeys,
  ) {}

  async execute({
    workspace,
    opportunityId,
    input,
    now,
    idempotencyKey,
  }: UpdateOpportunity): Promise<Decided> {
    const contacts = await this.contacts.rolesOf(workspace, input.contacts);
    const closedAt = input.closedAt === undefined ? undefined : new Date(input.closedAt);
    const occurredAt = input.occurredAt === undefined ? undefined : new Date(input.occurredAt);
    const command = { ...input, opportunityId, contacts, closedAt, occurredAt, now };
    return decideOnOpportunity(this.store, { workspace, opportunityId, idempotencyKey }, (state) =>
      update(command, state),
    );
  }
}
