import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { upsert } from '../domain/opportunity-upsert.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { ContactKeys } from './contact-keys.js';
import { decideOnOpportunity, type Decided } from './decide-on-opportunity.js';
import type { UpsertOpportunityInput } from './upsert-opportunity.inputs.js';

/** The CRM reports an opportunity, whether it is known or not. */
export class UpsertOpportunity extends Command<Decided> {
  constructor(
    readonly workspace: string,
    readonly opportunityId: string,
    readonly input: UpsertOpportunityInput,
    readonly now: Date,
    /** A later command with the same one is not decided again. */
    readonly idempotencyKey?: string,
  ) {
    super();
  }
}

const dateOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

@CommandHandler(UpsertOpportunity)
export class UpsertOpportunityHandler implements ICommandHandler<UpsertOpportunity> {
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
  }: UpsertOpportunity): Promise<Decided> {
    const roles = input.contacts && (await this.contacts.rolesOf(workspace, input.contacts));
    const contacts = roles?.map(({ keys }, index) => ({ keys, role: input.contacts?.[index]?.role ?? '' }));
    const times = {
      openedAt: dateOf(input.openedAt),
      closedAt: dateOf(input.closedAt),
      occurredAt: dateOf(input.occurredAt),
    };
    const command = { ...input, opportunityId, contacts, ...times, now };
    return decideOnOpportunity(this.store, { workspace, opportunityId, idempotencyKey }, (state) =>
      upsert(command, state),
    );
  }
}
