import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { open } from '../domain/opportunity-opening.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { ContactKeys } from './contact-keys.js';
import { decideOnOpportunity, type Decided } from './decide-on-opportunity.js';
import type { OpenOpportunityInput } from './opportunity.inputs.js';

/** The CRM has a new opportunity. */
export class OpenOpportunity extends Command<Decided> {
  constructor(
    readonly workspace: string,
    readonly input: OpenOpportunityInput,
    readonly now: Date,
    /** A later command with the same one is not decided again. */
    readonly idempotencyKey?: string,
  ) {
    super();
  }
}

@CommandHandler(OpenOpportunity)
export class OpenOpportunityHandler implements ICommandHandler<OpenOpportunity> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ContactKeys) private readonly contacts: ContactKeys,
  ) {}

  async execute({ workspace, input, now, idempotencyKey }: OpenOpportunity): Promise<Decided> {
    const contacts = await this.contacts.rolesOf(workspace, input.contacts);
    const openedAt = input.openedAt === undefined ? undefined : new Date(input.openedAt);
    const command = { ...input, contacts, openedAt, now };
    const { opportunityId } = input;
    return decideOnOpportunity(this.store, { workspace, opportunityId, idempotencyKey }, (state) =>
      open(command, state),
    );
  }
}
