import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ContactKeys } from './contact-keys.js';
import { DeleteOpportunityHandler } from './delete-opportunity.js';
import { LeadResolver } from './lead-resolver.js';
import { LeadCommandsController } from './leads.controller.js';
import { ModelCommandsController } from './model.controller.js';
import { MergeLeadsHandler } from './merge-leads.js';
import { OpenOpportunityHandler } from './open-opportunity.js';
import { OpportunityCommandsController } from './opportunities.controller.js';
import { SplitLeadsHandler } from './split-leads.js';
import { UpdateOpportunityHandler } from './update-opportunity.js';
import { UpsertOpportunityHandler } from './upsert-opportunity.js';
import { PublishVerdictRuleHandler, WithdrawVerdictRuleHandler } from './verdict-rules.js';
import { VerdictsController } from './verdicts.controller.js';

/** What may be decided through the API. */
@Module({
  imports: [CqrsModule],
  controllers: [
    OpportunityCommandsController,
    LeadCommandsController,
    ModelCommandsController,
    VerdictsController,
  ],
  providers: [
    ContactKeys,
    OpenOpportunityHandler,
    UpdateOpportunityHandler,
    UpsertOpportunityHandler,
    DeleteOpportunityHandler,
    LeadResolver,
    MergeLeadsHandler,
    SplitLeadsHandler,
    PublishVerdictRuleHandler,
    WithdrawVerdictRuleHandler,
  ],
})
export class CommandsModule {}
