import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ContactKeys } from './contact-keys.js';
import { OpenOpportunityHandler } from './open-opportunity.js';
import { OpportunityCommandsController } from './opportunities.controller.js';
import { UpdateOpportunityHandler } from './update-opportunity.js';

/** What may be decided through the API. */
@Module({
  imports: [CqrsModule],
  controllers: [OpportunityCommandsController],
  providers: [ContactKeys, OpenOpportunityHandler, UpdateOpportunityHandler],
})
export class CommandsModule {}
