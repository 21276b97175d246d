import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AcceptLeadHandler } from './accept-lead.js';
import { AssignLeadHandler } from './assign-lead.js';
import { AssignLeadController } from './assign-lead.controller.js';
import { CatalogueCommandsController } from './catalogue.controller.js';
import { ContactKeys } from './contact-keys.js';
import { DecideOnLeadHandler } from './decide-on-lead.js';
import { DeleteOpportunityHandler } from './delete-opportunity.js';
import { LeadDecisionsController } from './lead-decisions.controller.js';
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
    LeadDecisionsController,
    ModelCommandsController,
    VerdictsController,
    CatalogueCommandsController,
    AssignLeadController,
  ],
  providers: [
    ContactKeys,
    OpenOpportunityHandler,
    UpdateOpportunityHandler,
    UpsertOpportunityHandler,
    DeleteOpportunityHandler,
    LeadResolver,
    DecideOnLeadHandler,
    AcceptLeadHandler,
    MergeLeadsHandler,
    AssignLeadHandler,
    SplitLeadsHandler,
    PublishVerdictRuleHandler,
    WithdrawVerdictRuleHandler,
  ],
})
export class CommandsModule {}
